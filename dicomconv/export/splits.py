"""Which patient is for training, validation or test: drawn once, kept beside the containers, and the same ever after."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from dicomconv.container.inplace import complete_file
from dicomconv.errors import UsageError

NAME = "splits.json"
PARTS = ("train", "val", "test")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many parts of all patients are for training, validation and test."""

    train: Fraction
    val: Fraction
    test: Fraction

    def __str__(self) -> str:
        return "/".join(f"{float(part):g}" for part in (self.train, self.val, self.test))


def parse_ratio(text: str) -> Ratio:
    """`70/10/20`, or `80/20` without a test part. UsageError for what is none."""
    words = text.split("/")
    parts = [Fraction(word) for word in words] if all(map(_NUMBER, words)) else []
    if len(parts) not in (2, 3) or sum(parts) <= 0:
        raise UsageError(f"--split takes parts such as 70/10/20, for train, val and test, not {text!r}")
    return Ratio(parts[0], parts[1], parts[2] if len(parts) == 3 else Fraction(0))


@dataclass(frozen=True, slots=True)
class Split:
    """A split by patient. `subjects`: pseudonym to train, val or test."""

    ratio: str
    seed: int
    subjects: Mapping[str, str] = field(repr=False)


def read_split(folder: Path) -> Split | None:
    """The split that is kept in a folder of containers; None if there is none. UsageError if it is damaged."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        subjects = {str(key): str(value) for key, value in content["subjects"].items()}
        if not set(subjects.values()) <= set(PARTS):
            raise ValueError
        return Split(str(content["ratio"]), int(content["seed"]), subjects)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path} is damaged: bring it back from a copy, or remove it for a new split") from None


def one_split(splits: Iterable[tuple[Path, Split]]) -> Split | None:
    """The splits of several folders as one. UsageError if a patient is in two parts."""
    first: dict[str, tuple[Path, str]] = {}
    found: list[Split] = []
    for folder, split in splits:
        found.append(split)
        for subject, part in split.subjects.items():
            where, known = first.setdefault(subject, (folder, part))
            if known != part:
                raise UsageError(
                    f"patient {subject} is in {known} by {where / NAME} and in {part} by {folder / NAME}: a patient belongs "
                    "into one part; export the folders apart, or keep one of the two files"
                )
    if not found:
        return None
    return Split(found[0].ratio, found[0].seed, {subject: part for subject, (_, part) in first.items()})


def completed(known: Split | None, strata: Mapping[str, str], ratio: Ratio, seed: int) -> Split:
    """The split of these patients (pseudonym to stratum): known ones stay where they are, others are drawn.

    In each stratum patients come in an order that seed and pseudonym decide, each into the part that is furthest from
    what it should have by then. The same patients, strata and seed give the same split in any order.
    """
    subjects = dict(known.subjects) if known else {}
    by_stratum: defaultdict[str, list[str]] = defaultdict(list)
    for subject, stratum in strata.items():
        by_stratum[stratum].append(subject)
    for stratum in sorted(by_stratum):
        _draw(sorted(by_stratum[stratum], key=lambda one: _rank(seed, one)), subjects, ratio)
    return Split(str(ratio), seed, dict(sorted(subjects.items())))


def _rank(seed: int, subject: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{subject}".encode()).digest()


def _draw(stratum: list[str], subjects: dict[str, str], ratio: Ratio) -> None:
    """Give those of one stratum that have no part yet theirs."""
    shares = dict(zip(PARTS, (ratio.train, ratio.val, ratio.test), strict=True))
    total = sum(shares.values())
    counts = Counter(subjects[one] for one in stratum if one in subjects)
    for subject in (one for one in stratum if one not in subjects):
        size = sum(counts.values()) + 1
        part = max((name for name in PARTS if shares[name]), key=lambda name: shares[name] * size / total - counts[name])
        subjects[subject] = part
        counts[part] += 1


def write_split(folder: Path, split: Split) -> None:
    """Keep a split beside the containers that it is of."""
    content = {"version": 1, "ratio": split.ratio, "seed": split.seed, "subjects": dict(split.subjects)}
    with complete_file(folder / NAME) as file:
        file.write(json.dumps(content, indent=1).encode() + b"\n")


def tree_of(path: Path) -> Path:
    """The folder that a container's tree begins at: the one with a manifest above it, else the container's own."""
    folder = path.absolute().parent
    return next((one for one in (folder, *folder.parents) if (one / "manifest.jsonl").is_file()), folder)
