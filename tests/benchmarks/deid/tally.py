"""Counts of verdicts. No two kinds of figures are blended into one."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from tests.benchmarks.deid.policy import NOT_EVALUATED, policy_of
from tests.benchmarks.deid.records import Leak, Verdict
from tests.benchmarks.deid.score import MISSING, Score, is_retained

SHOWN = 400


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many."""

    passed: int
    total: int

    @property
    def percent(self) -> float:
        """The share that passed, in percent; all of nothing is all."""
        return 100.0 * self.passed / self.total if self.total else 100.0

    def __str__(self) -> str:
        return f"{self.percent:.2f} % ({self.passed}/{self.total})"


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one program, preset and seed."""

    tool: str
    preset: str
    seed: int
    midi: Count
    by_category: dict[str, Count]
    hard: Count
    retained: Count
    hard_retained: Count
    blanks: int
    missing: int
    leaks: int
    leaked_secrets: int
    extra: dict[str, Count]
    leak_places: dict[str, int] = field(repr=False)
    findings: dict[str, int] = field(repr=False)
    policy: dict[str, int] = field(repr=False)
    not_evaluated: tuple[str, ...] = field(repr=False)
    notes: dict[str, str] = field(repr=False)

    @property
    def over_removal(self) -> float:
        """Failed of all checks that ask for something to stay, in percent."""
        return 100.0 - self.retained.percent

    def as_json(self) -> dict[str, object]:
        """Everything, for a machine."""
        return {**asdict(self), "midi_percent": self.midi.percent, "over_removal_percent": self.over_removal}


def count(verdicts: Iterable[Verdict]) -> Count:
    """How many passed; a blank has not."""
    found = list(verdicts)
    return Count(sum(one.passed is True for one in found), len(found))


def tally(score: Score, names: tuple[str, str, int], run: dict[str, tuple[bool, str]]) -> Tally:
    """The figures of a score; `names`: tool, preset, seed; `run`: what was asked of the whole run."""
    tool, preset, seed = names
    hard = {entry.row for entry in score.key.entries if entry.hard}
    judged = [one for one in score.verdicts if one.passed or not policy_of(one.check, preset)]
    main, harder = [one for one in judged if one.row not in hard], [one for one in judged if one.row in hard]
    kept = [one for one in main if is_retained(one.check)]
    categories = sorted({one.check.category for one in main})
    return Tally(
        tool, preset, seed, count(main),
        {name: count(one for one in main if one.check.category == name) for name in categories},
        count(harder), count(kept), count(one for one in harder if is_retained(one.check)),
        sum(one.passed is None for one in score.verdicts), len(score.missing),
        len(score.leaks), len({one.secret.text for one in score.leaks}),
        _extras(score, run), dict(Counter(_place(one) for one in score.leaks).most_common(SHOWN)),
        _grouped(one for one in judged if not one.passed), _grouped(_chosen(score, preset)),
        (*NOT_EVALUATED, *(f"row {row}: refused" for row in score.refused)), _notes(score, run),
    )  # fmt: skip


def _chosen(score: Score, preset: str) -> list[Verdict]:
    return [one for one in score.verdicts if not one.passed and policy_of(one.check, preset)]


def _extras(score: Score, run: dict[str, tuple[bool, str]]) -> dict[str, Count]:
    found = {}
    for action in sorted({extra.action for extra, _, _ in score.extras}):
        answers = [passed for extra, passed, _ in score.extras if extra.action == action]
        found[action] = Count(sum(one is True for one in answers), len(answers))
    secrets = len(score.key.secrets())
    found["bytes_absent"] = Count(secrets - len({one.secret.text for one in score.leaks}), secrets)
    return {**found, **{action: Count(int(passed), 1) for action, (passed, _) in run.items()}}


def _notes(score: Score, run: dict[str, tuple[bool, str]]) -> dict[str, str]:
    notes = {action: note for action, (_, note) in run.items()}
    for extra, passed, note in score.extras:
        if not passed and note != MISSING:
            notes.setdefault(f"{extra.action} {note[:160]}", f"row {extra.row}")
    return notes


def _place(leak: Leak) -> str:
    return f"{leak.secret.kind} | {'; '.join(leak.secret.carriers) or '-'} | {re.sub(r'[0-9]{4,}', 'n', leak.place)}"[
        :220
    ]


def _grouped(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Failures by what was asked, where it was planted, and of which attribute."""
    groups = Counter(
        f"{one.check.action} | {MISSING}"
        if one.found == MISSING
        else f"{one.check.action} | {one.check.carrier} | {one.check.tag_name}"
        for one in verdicts
    )
    return dict(groups.most_common(SHOWN))
