"""An original beside what came of it: which attributes were kept, changed, removed, emptied (PS3.15 E.1.1)."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from dicomconv.declared import as_declared
from dicomconv.deid.profile import Profile, iod_of
from dicomconv.header import Header
from dicomconv.part10 import Parts, split_headers
from dicomconv.pipeline.audit.examine import UNREADABLE
from dicomconv.pipeline.audit.match import Place
from dicomconv.pipeline.audit.remaining import MARKS, is_nobodys, whole_header
from dicomconv.pipeline.audit.report import Tally
from dicomconv.pipeline.audit.suspects import Suspects, suspects_in, suspects_of_patient
from dicomconv.pipeline.audit.unpacked import headers_at
from dicomconv.pipeline.audit.values import Reader, Value, side_by_side
from dicomconv.pipeline.instances import quiet
from dicomconv.stored import Where

Outcome = Literal["kept", "changed", "removed", "emptied", "added"]
PROTECTS = frozenset("XZDUPS")
HIDDEN = "(hidden)"
_WORD = re.compile(r"\w{4,}")


class Fate(NamedTuple):
    """What became of one value: `value` is the original one, or the one that was added."""

    outcome: Outcome
    value: Value
    after: Value | None

    @property
    def before(self) -> Value | None:
        """The original value; None if it was added."""
        return None if self.outcome == "added" else self.value

    @property
    def is_kept_though_protected(self) -> bool:
        """Whether the output still has the original's value of an attribute whose value the profile takes away."""
        code = self.value.rule.code
        is_time = code == "S" and self.value.vr not in ("DA", "DT")
        return self.outcome == "kept" and code in PROTECTS and not is_time and not is_nobodys(self.value)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of comparing some pairs: tallies by path; by pair the paths that it has, and those it kept.

    `chance`: by pair the paths and kinds of hits in values that the profile keeps, that stand in the original too, and
    that are another patient's.
    """

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict, repr=False)
    kept: dict[int, frozenset[str]] = field(default_factory=dict)
    known: dict[int, frozenset[str]] = field(default_factory=dict)
    chance: dict[int, frozenset[tuple[str, str]]] = field(default_factory=dict)


class PairOfFiles(NamedTuple):
    """The file of an original, and where what came of it is; `seen` numbers the latter.

    `of_patient`: the files of all originals of its patient.
    """

    original: Where
    output: Place
    seen: int
    of_patient: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """How pairs are compared; picklable, for worker processes."""

    profile: Profile
    originals: tuple[Where, ...] = field(repr=False)
    show_before: bool = False

    def __call__(self, batch: tuple[PairOfFiles, ...]) -> Compared:
        """The tallies of a batch of pairs; a pair that cannot be read is in none of them."""
        suspects = suspects_in(self.originals, self.profile)
        found = Compared()
        with quiet():
            for pair in batch:
                with suppress(*UNREADABLE):
                    found = merged([found, self._compared(pair, suspects)])
        return found

    def _compared(self, pair: PairOfFiles, suspects: Suspects) -> Compared:
        """One pair, a value at a time."""
        tallies: dict[tuple[str, str], Tally] = {}
        kept, known, chance = set[str](), set[str](), set[tuple[str, str]]()
        has_others = len(pair.of_patient) < len(self.originals)
        for fate in self._fates(pair):
            self._count(tallies, fate, suspects)
            kept |= {fate.value.path} if fate.is_kept_though_protected else set()
            known |= {fate.value.path} if fate.before is not None else set()
            chance |= self._by_chance(fate, pair, suspects) if has_others else set()
        of_pair = (frozenset(kept), frozenset(known), frozenset(chance))
        return Compared(tallies, *({pair.seen: found} for found in of_pair))  # type: ignore[arg-type]  # three kinds

    def _by_chance(self, fate: Fate, pair: PairOfFiles, suspects: Suspects) -> set[tuple[str, str]]:
        """The hits in a kept value that say nothing of the patient whose it is."""
        value = fate.value
        if fate.outcome != "kept" or value.rule.code != "K" or not value.is_text:
            return set()
        text = value.header.decode(value.element)
        kinds = suspects.in_text(text)
        own = suspects_of_patient(pair.of_patient, self.profile).in_text(text) if kinds else set()
        return {(value.path, kind) for kind in kinds - own - {"uid"}}

    def _fates(self, pair: PairOfFiles) -> Iterator[Fate]:
        original = as_declared(split_headers(pair.original))
        output = as_declared(headers_at(*pair.output))
        yield from fates(_reader(self.profile, original), whole_header(original), whole_header(output))

    def _count(self, tallies: dict[tuple[str, str], Tally], fate: Fate, suspects: Suspects) -> None:
        value = fate.value
        key = value.path, value.rule.code
        tally = tallies.get(key) or Tally(value.path, value.rule.code, value.rule.source)
        tally = replace(tally, **{fate.outcome: getattr(tally, fate.outcome) + 1})
        if not tally.after and fate.outcome in ("changed", "added"):
            tally = replace(tally, after=shown_after(fate, suspects, show_all=self.show_before))
        if self.show_before and not tally.before and fate.before is not None:
            tally = replace(tally, before=fate.before.shown())
        tallies[key] = tally


def _reader(profile: Profile, parts: Parts) -> Reader:
    header = parts.header()
    return Reader(profile, iod_of(header.text("SOPClassUID") or parts.meta.sop_class_uid))


def fates(reader: Reader, original: Header, output: Header) -> Iterator[Fate]:
    """What became of every value of an original, and what the output has beside; values that were empty aside."""
    for value, other in side_by_side(reader.values(original), reader.values(output)):
        if value and not value.is_empty:
            yield Fate(_outcome(value, other), value, other)
        elif other and not value and not other.is_empty:
            yield Fate("added", other, other)


def _outcome(value: Value, other: Value | None) -> Outcome:
    if other is None:
        return "removed"
    if other.is_empty:
        return "emptied"
    return "kept" if value.same_as(other) else "changed"


def shown_after(fate: Fate, suspects: Suspects, *, show_all: bool = False) -> str:
    """The new value as the report may show it: hidden if anything of the original is in it."""
    if fate.after is None:
        return ""
    text = fate.after.shown()
    if show_all or fate.after.place[0] in MARKS:
        return text
    before = fate.before.header.decode(fate.before.element) if fate.before is not None else ""
    shares = set(_WORD.findall(text.casefold())) & set(_WORD.findall(before.casefold()))
    whole = fate.after.header.decode(fate.after.element) if fate.after.is_text else ""
    return HIDDEN if shares or suspects.in_text(whole) or suspects.in_text(text) else text


def merged(parts: list[Compared]) -> Compared:
    """Several of them as one."""
    whole = Compared()
    for part in parts:
        whole.kept.update(part.kept)
        whole.known.update(part.known)
        whole.chance.update(part.chance)
        for key, tally in part.tallies.items():
            whole.tallies[key] = _sum(whole.tallies[key], tally) if key in whole.tallies else tally
    return whole


def _sum(one: Tally, other: Tally) -> Tally:
    return replace(
        one,
        kept=one.kept + other.kept,
        changed=one.changed + other.changed,
        removed=one.removed + other.removed,
        emptied=one.emptied + other.emptied,
        added=one.added + other.added,
        before=one.before or other.before,
        after=one.after or other.after,
    )
