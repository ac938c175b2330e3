"""What labels are called, and which values they have, in data sets that have their own idea of that."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dicomconv.annotation import Label
from dicomconv.annotations.labels import read_labels
from dicomconv.errors import UsageError

BACKGROUND, IGNORE = "background", "ignore"


@dataclass(frozen=True, slots=True)
class Scheme:
    """`names`: by the value in files, without background. `value_of`: what a label has there; 0 for what has no place."""

    names: Mapping[int, str]
    value_of: Callable[[Label], int] = field(repr=False)

    def values(self, labels: Iterable[Label]) -> tuple[tuple[int, int], ...]:
        """Of each label that has a place, its value in the annotation set and in files."""
        return tuple((one.value, value) for one in labels if (value := self.value_of(one)))


def kept(labels: Iterable[Label]) -> Scheme:
    """Every label with the value that it has. UsageError if one value is two things."""
    names: dict[int, str] = {}
    for one in labels:
        if names.setdefault(one.value, one.name) != one.name:
            raise UsageError(
                f"label {one.value} is {names[one.value]} in one annotation set and {one.name} in another of the same name; "
                "export the series apart"
            )
    return Scheme(dict(sorted(names.items())), lambda label: label.value)


def consecutive(labels: Iterable[Label]) -> Scheme:
    """Values from 1 without gaps, in the order that the labels had; labels of one name are one.

    A label called background is that; one called ignore comes last, as nnU-Net asks.
    """
    first: dict[str, int] = {}
    for one in labels:
        first[one.name] = min(one.value, first.get(one.name, one.value))
    names = sorted(first, key=lambda name: (name == IGNORE, first[name], name))
    numbers = {name: value for value, name in enumerate((n for n in names if n.casefold() != BACKGROUND), 1)}
    return Scheme({value: name for name, value in numbers.items()}, lambda label: numbers.get(label.name, 0))


ORGANS = (
    "spleen", "right kidney", "left kidney", "gall bladder", "esophagus", "liver", "stomach", "aorta", "postcava", "pancreas",
    "right adrenal gland", "left adrenal gland", "duodenum", "bladder", "prostate/uterus",
)  # fmt: skip
OTHER_ORGANS = {
    "kidney right": 2, "kidney left": 3, "gallbladder": 4, "oesophagus": 5, "arota": 8, "inferior vena cava": 9, "ivc": 9,
    "adrenal gland right": 11, "adrenal gland left": 12, "right adrenal": 11, "left adrenal": 12, "urinary bladder": 14,
    "prostate": 15, "uterus": 15, "prostate or uterus": 15,
}  # fmt: skip


def organs() -> Scheme:
    """The 15 organs of AMOS, known by their names or by the codes of its preset."""
    names = {name: value for value, name in enumerate(ORGANS, 1)} | OTHER_ORGANS
    codes = {_codes(one): one.value for one in read_labels("amos") if one.value != len(ORGANS)}
    return Scheme(dict(enumerate(ORGANS, 1)), lambda label: names.get(_word(label.name)) or codes.get(_codes(label), 0))


def _codes(label: Label) -> tuple[str, ...]:
    return tuple(part for code in (label.type, label.modifier) if code for part in (code.scheme, code.value))


def _word(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


NECROTIC = (
    "ncr", "netc", "ncr/net", "ncr net", "necrosis", "necrotic core", "necrotic tumor core", "necrotic tumour core",
    "non enhancing tumor core", "non enhancing tumour core",
)  # fmt: skip
EDEMA = (
    "ed", "snfh", "edema", "oedema", "peritumoral edema", "peritumoural oedema",
    "surrounding non enhancing flair hyperintensity",
)  # fmt: skip
ENHANCING = ("et", "enhancing", "enhancing tumor", "enhancing tumour", "gd enhancing tumor", "gd enhancing tumour")
CAVITY = ("rc", "resection cavity")


def tumour(*, is_of_2021: bool) -> Scheme:
    """The parts of a glioma as BraTS numbers them: enhancing tumour is 4 up to 2021, later 3, and 4 the resection cavity."""
    if is_of_2021:
        words, names = {1: NECROTIC, 2: EDEMA, 4: ENHANCING}, {1: "NCR", 2: "ED", 4: "ET"}
    else:
        words = {1: NECROTIC, 2: EDEMA, 3: ENHANCING, 4: CAVITY}
        names = {1: "NETC", 2: "SNFH", 3: "ET", 4: "RC"}
    known = {word: value for value, found in words.items() for word in found}
    return Scheme(names, lambda label: known.get(_word(label.name), 0))
