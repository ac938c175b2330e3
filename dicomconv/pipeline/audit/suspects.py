"""What identifies the patients of the originals, ready to be looked for in what came of them (decisions 10, 19)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from dicomconv.deid.options import FULL_DATES, MODIFIED_DATES, UIDS
from dicomconv.deid.profile import Profile
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.forms import matcher_of
from dicomconv.deid.text.match import Matcher
from dicomconv.deid.text.search import ResidualSearch
from dicomconv.pipeline.audit.runs import END, text_runs
from dicomconv.pipeline.context import collected
from dicomconv.pipeline.instances import quiet
from dicomconv.stored import Where

SHORTEST, SHORTEST_NUMBER = 4, 6
SHORTEST_AMONG_MANY, FEW_BYTES = 8, 1 << 16
SHIFTED = "a shifted date may equal another original date"
RETAINED = "the profile keeps it: a value that is protected elsewhere is the same"
ORDINARY = f"a figure of fewer than {SHORTEST_NUMBER} digits is an ordinary number more often than somebody's"
DATES, FIGURES = frozenset({"DA", "DT", "TM"}), frozenset({"DS", "IS"})


@dataclass(frozen=True, slots=True)
class Suspects:
    """What is looked for. `is_known`: whether there were originals to learn it from; without, nothing is found."""

    search: ResidualSearch = field(repr=False)
    identifiers: Identifiers = field(repr=False)
    is_known: bool
    whole: frozenset[str] = field(repr=False)

    def in_text(self, text: str) -> set[str]:
        """The kinds of what identifies somebody in a text."""
        return {hit.kind for hit in self.search.in_text(text)}

    def in_data(self, data: bytes) -> set[str]:
        """The kinds of what identifies somebody in bytes of any encoding."""
        return {hit.kind for hit in self.search.in_bytes(data + END)}

    def in_binary(self, data: bytes) -> set[str]:
        """The same in bytes that are mostly no text: in runs of letters only, in many bytes long spellings only."""
        return self._in_runs(data, SHORTEST) if len(data) <= FEW_BYTES else self.in_pixels(data)

    def in_pixels(self, data: bytes) -> set[str]:
        """The same in pixels, among which short spellings stand by chance."""
        return self._in_runs(data, SHORTEST_AMONG_MANY)

    def _in_runs(self, data: bytes, least: int) -> set[str]:
        if not self.is_known:
            return set()
        runs = text_runs(data)
        hits = self.search.in_bytes(runs)
        return {hit.kind for hit in hits if hit.kind == "uid" or self._length(runs, hit.offset) >= least}

    def _length(self, runs: bytes, offset: int) -> int:
        """How many letters and digits the longest spelling has that begins at a place."""
        text = runs[offset : offset + 256].split(END)[0].replace(b"\0", b"").decode("utf-8", "replace")
        found = (one for one in _matcher(self.identifiers).find(text) if one.start == 0)
        return max((sum(map(str.isalnum, text[: one.end])) for one in found), default=0)

    def is_original(self, uid: str) -> bool:
        """Whether a UID is one of the originals'; without originals, whether it may be."""
        return uid in self.identifiers.uids if self.is_known else not uid.startswith("2.25.")

    def counts(self) -> Mapping[str, int]:
        """How many values of each kind are looked for."""
        return {kind: len(values) for kind, values in _by_kind(self.identifiers).items()}

    def too_short(self) -> int:
        """How many values are too short to be looked for alone."""
        values = _by_kind(self.identifiers).values()
        return sum(len(folded(value)) < SHORTEST for found in values for value in found)


def suspects_of(identifiers: Identifiers, *, is_known: bool = True) -> Suspects:
    """What to look for, from what was collected."""
    whole = frozenset(map(folded, identifiers.phrases | identifiers.numbers))
    return Suspects(ResidualSearch(identifiers), identifiers, is_known, whole)


@lru_cache(maxsize=1)
def suspects_in(originals: tuple[Where, ...], profile: Profile) -> Suspects:
    """What identifies the patients in these files; each process reads them for itself, as nothing of it travels."""
    if not originals:
        return suspects_of(Identifiers(), is_known=False)
    with quiet():
        return suspects_of(collected(originals, profile))


@lru_cache(maxsize=1)
def _matcher(identifiers: Identifiers) -> Matcher:
    return matcher_of(identifiers)


@lru_cache(maxsize=4)
def suspects_of_patient(originals: tuple[Where, ...], profile: Profile) -> Suspects:
    """What identifies the one patient of these files."""
    return suspects_of(collected(originals, profile))


def reason_not_counted(kind: str, value: str, place: tuple[str, str], suspects: Suspects, profile: Profile) -> str:
    """Why a hit in an attribute is none; empty if it is one. `place`: its VR and the code of the profile there."""
    vr, code = place
    if kind == "uid" and (code == "K" or UIDS in profile.options):
        return RETAINED
    if kind == "date" and vr in DATES and code in ("S", "K"):
        return SHIFTED if code == "S" else RETAINED
    if kind == "number" and vr in FIGURES and sum(map(str.isdigit, value)) < SHORTEST_NUMBER:
        return ORDINARY
    if kind in ("phrase", "number") and code == "K" and folded(value) in suspects.whole:
        return RETAINED
    return ""


def reason_outside(kind: str, profile: Profile) -> str:
    """The same for a hit where no attribute says what it is: in a table, a manifest, a name."""
    if kind == "uid" and UIDS in profile.options:
        return RETAINED
    if kind == "date" and {FULL_DATES, MODIFIED_DATES} & profile.options:
        return SHIFTED if MODIFIED_DATES in profile.options else RETAINED
    return ""


def _by_kind(identifiers: Identifiers) -> dict[str, frozenset[str]]:
    found = (identifiers.names, identifiers.numbers, identifiers.phrases, identifiers.dates, identifiers.uids)
    return dict(zip(("name", "number", "phrase", "date", "uid"), found, strict=True))
