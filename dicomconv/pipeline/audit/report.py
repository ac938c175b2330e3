"""What an audit found: places, kinds and counts. A value of an original is in it only where it was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["clean", "found", "incomplete"]

KINDS = {
    "name": "a name of somebody in the originals",
    "number": "an ID or another number of the originals",
    "phrase": "a place, an address or another phrase of the originals",
    "date": "a date of the originals",
    "uid": "a UID of the originals, or one that nobody knows to be a new one",
    "profile": "a value that the profile would still remove or replace",
    "kept": "a value that the profile protects, the same as in the original",
    "private": "a private element that the profile would remove",
    "graphics": "an overlay or a curve, which may hold writing",
    "file meta": "an element of File Meta Information that says who sent the file, or a preamble that is not empty",
    "trailing": "bytes behind the data set",
    "frames": "something beside the picture in the pixel value",
    "burned in": "an image of a kind that shows text in its pixels",
    "marker": "a missing or contradicting mark of de-identification",
    "document": "a document that may say anything",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be there: the file by its path in OUT, the place in it, the kind, how often.

    `reason`: why it is not counted as a hit; empty for those that are.
    """

    file: str
    place: str
    kind: str
    count: int = 1
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file that could not be looked into, wholly or in part, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How often an attribute came out how, over all pairs of original and output; one example of it.

    `code`, `rule`: what the profile asks for at this path. `before` is hidden unless it was asked for.
    """

    path: str
    code: str
    rule: str
    kept: int = 0
    changed: int = 0
    removed: int = 0
    emptied: int = 0
    added: int = 0
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)

    @property
    def over_removed(self) -> int:
        """How often the output lost or changed what the profile keeps."""
        return self.changed + self.removed + self.emptied if self.code == "K" else 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing an output with its originals.

    `matched`: how many originals were found again, by the way it was done. `missing`: those that were not; their paths
    are for the operator alone. `extra`: instances of OUT that belong to no original. `quarantine`: reasons of the
    manifest for what is not in OUT, with counts.
    """

    originals: int = 0
    patients: int = 0
    matched: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0
    missing_paths: tuple[str, ...] = field(default=(), repr=False)
    extra: tuple[str, ...] = ()
    attributes: tuple[Tally, ...] = ()
    searched: Mapping[str, int] = field(default_factory=dict)
    too_short: int = 0


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found in a folder."""

    out: str
    profile: tuple[str, ...]
    files: Mapping[str, int]
    instances: int
    findings: tuple[Finding, ...] = ()
    not_counted: tuple[Finding, ...] = ()
    unreadable: tuple[NotRead, ...] = ()
    in_part: tuple[NotRead, ...] = ()
    quarantine: Mapping[str, int] = field(default_factory=dict)
    comparison: Comparison | None = None
    notes: tuple[str, ...] = ()
    shows_before: bool = False

    @property
    def verdict(self) -> Verdict:
        """Clean only if everything was read and nothing was found."""
        if self.findings:
            return "found"
        return "incomplete" if self.unreadable else "clean"

    def by_place(self) -> list[tuple[str, str, int, int]]:
        """Of each place and kind of hit, in how many files it is and how often, the most frequent first."""
        files: dict[tuple[str, str], set[str]] = {}
        counts: dict[tuple[str, str], int] = {}
        for one in self.findings:
            key = one.place, one.kind
            files.setdefault(key, set()).add(one.file)
            counts[key] = counts.get(key, 0) + one.count
        rows = [(place, kind, len(files[place, kind]), count) for (place, kind), count in counts.items()]
        return sorted(rows, key=lambda row: (-row[3], row[:2]))

    @property
    def over_removal(self) -> tuple[int, int]:
        """How many values that the profile keeps were lost or changed, and how many there were."""
        kept = [one for one in self.comparison.attributes if one.code == "K"] if self.comparison else []
        return sum(one.over_removed for one in kept), sum(one.kept + one.over_removed for one in kept)
