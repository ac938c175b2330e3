"""What is chosen for a set that comes in: its name, the pseudonym of who drew, the labels."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from dicomconv.annotation import Label
from dicomconv.annotations.colors import color_of
from dicomconv.annotations.labels import read_labels
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import Container
from dicomconv.errors import UsageError
from dicomconv.pipeline.annotate.records import Misfit, quoted

LABELS = "labels.toml"
LONGEST_STEM = 40
KNOWN_SHOWN = 20
_PSEUDONYM = re.compile(r"[A-Za-z0-9_-]{0,32}")
_UNSAFE = re.compile(r"[^a-z0-9]+")
NO_LABELS = (
    "nobody has said what the labels are: give --labels with a preset, or with a file labels.toml like this:\n"
    '[[label]]\nname = "liver"\nvalue = 1\ntype = "SCT:10200004"\n(docs/annotations.md says more)'
)


def checked_annotator(annotator: str) -> str:
    """A pseudonym as it is. UsageError if it may be a name or an address."""
    if not _PSEUDONYM.fullmatch(annotator):
        raise UsageError("--annotator is a pseudonym: up to 32 letters, digits, - and _, no spaces, no address")
    return annotator


def default_name(file: Path, annotator: str) -> str:
    """A name for a set, from its file and who drew: small letters, digits and hyphens."""
    stem = file.name.split(".")[0] if not file.is_dir() else file.resolve().name
    parts = (_UNSAFE.sub("-", part.casefold()).strip("-") for part in (stem[:LONGEST_STEM], annotator))
    return "-".join(part for part in parts if part) or "annotations"


def free_name(name: str, digests: Sequence[str], containers: Iterable[Container]) -> str:
    """The name, with a number behind it where other files have it already.

    UsageError if these very files came in under it before.
    """
    taken: dict[str, StoredSet] = {}
    for container in containers:
        taken |= container.annotations
    number, free = 1, name
    while free in taken:
        if taken[free].source_sha256 == tuple(digests):
            raise UsageError(
                f"these files are there already, as the set {free}; sets are never changed: --set NAME adds them again"
            )
        number += 1
        free = f"{name}-{number}"
    return free


def labels_for(choice: str | Path | None, containers: Iterable[Container]) -> tuple[Label, ...]:
    """The labels asked for, else those of the set that came last into the containers; none if there is none."""
    if choice is not None:
        return read_labels(choice)
    latest = [max(sets, key=lambda one: one.number) for c in containers if (sets := list(c.annotations.values()))]
    found = {label.name: label for one in latest for label in one.labels}
    if len({label.value for label in found.values()}) < len(found):
        raise UsageError("the containers' earlier sets have different labels of the same value; give --labels")
    return tuple(found.values())


def labels_in(folders: Iterable[Path]) -> tuple[Label, ...]:
    """Those of the first labels.toml in some folders. UsageError if there is none, which says how one is written."""
    beside = next((path for one in folders if (path := one / LABELS).is_file()), None)
    if beside is None:
        raise UsageError(NO_LABELS)
    return read_labels(beside)


class Labels:
    """Labels by what annotation files call them: name, value or colour."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.all = tuple(labels)
        self._by_name = {label.name: label for label in labels}
        self._by_folded: dict[str, list[Label]] = {}
        self._by_value = {label.value: label for label in labels}
        self._by_color = {label.color: label for label in labels}
        for label in labels:
            self._by_folded.setdefault(_folded(label.name), []).append(label)

    def find(self, said: str | int, coded: Label | None = None) -> Label:
        """The label that is meant; of one that DICOM describes, by its codes too. Misfit if there is none."""
        if not isinstance(said, str):
            found = self._by_value.get(said)
        else:
            alike = self._by_folded.get(_folded(said), [])
            found = self._by_name.get(said) or (alike[0] if len(alike) == 1 else None) or self._of_color(said)
            found = found or (self._of_codes(coded) if coded else None)
        if found is None:
            raise Misfit(f"there is no label {quoted(str(said))}; there are {self._told()}")
        return found

    def _of_color(self, said: str) -> Label | None:
        color = color_of(said) if said.startswith("#") else None
        return self._by_color.get(color) if color else None

    def _of_codes(self, coded: Label) -> Label | None:
        """The only label of these codes."""
        alike = [one for one in self.all if _codes(one) == _codes(coded)]
        return alike[0] if len(alike) == 1 else None

    def _told(self) -> str:
        names = [f"{label.name} ({label.value})" for label in self.all[:KNOWN_SHOWN]]
        return ", ".join(names) + (", …" if len(self.all) > KNOWN_SHOWN else "")


def _codes(label: Label) -> tuple[tuple[str, str], ...]:
    return tuple((code.value, code.scheme) for code in (label.type, label.modifier) if code)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip().casefold())
