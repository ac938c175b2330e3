"""Scores what a program made of a corpus, against the answer key alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import md5
from pathlib import Path

from tests.benchmarks.deid.actions import ACTIONS, RETAINED, Output
from tests.benchmarks.deid.answers import AnswerKey, Entry, Extra
from tests.benchmarks.deid.artefacts import RAW, pieces, pixel_value
from tests.benchmarks.deid.extra_actions import OF_A_FILE, Run, learn
from tests.benchmarks.deid.pairing import Written, pair, written
from tests.benchmarks.deid.records import Check, Leak, Verdict
from tests.benchmarks.deid.residue import Residue

MISSING = "no output"
MAY_BE_REFUSED = ("1.2.840.10008.5.1.4.1.1.104.",)  # encapsulated documents: blanked or refused, as one chooses


@dataclass(frozen=True, slots=True)
class Score:
    """Everything that is known of one program on one corpus."""

    key: AnswerKey = field(repr=False)
    verdicts: tuple[Verdict, ...] = field(repr=False)
    extras: tuple[tuple[Extra, bool | None, str], ...] = field(repr=False)
    leaks: tuple[Leak, ...] = field(repr=False)
    refused: tuple[int, ...]
    missing: tuple[int, ...]
    shifts: Mapping[int, int]


def score(key: AnswerKey, folder: Path, scanned: tuple[Path, ...] = ()) -> Score:
    """The score of what stands in a folder; other folders are searched for secrets only."""
    outputs = pair(key.entries, written(folder))
    run = learn(key, outputs)
    missing = [entry for entry in key.entries if entry.row not in outputs]
    refused = tuple(one.row for one in missing if one.sop_class_uid.startswith(MAY_BE_REFUSED))
    verdicts = [one for entry in key.entries if entry.row not in refused for one in _verdicts(key, entry, run)]
    extras = [_answered(extra, run) for extra in key.extras if extra.action in OF_A_FILE and extra.row not in refused]
    leaks = _leaks(key, (folder, *scanned), run)
    rows = tuple(one.row for one in missing if one.row not in refused)
    return Score(key, tuple(verdicts), tuple(extras), leaks, refused, rows, run.shifts)


def _verdicts(key: AnswerKey, entry: Entry, run: Run) -> list[Verdict]:
    checks = key.checks.get(entry.row, ())
    one = run.outputs.get(entry.row)
    if one is None:
        return [Verdict(entry.row, check, False, 0.0, MISSING) for check in checks]
    output = _output(one, run)
    return [judge(entry.row, check, output) for check in checks]


def _output(one: Written, run: Run) -> Output:
    value = pixel_value(one.dataset)
    return Output(one.elements, run.uids, run.patients, md5(value).hexdigest() if value else "")


def judge(row: int, check: Check, output: Output) -> Verdict:
    """The answer to one check; one that breaks down has none, and that counts as failed."""
    try:
        points, found = ACTIONS[check.action](check, output)
    except Exception as fault:  # noqa: BLE001 - MIDI-B: a check that raises is blank
        return Verdict(row, check, None, 0.0, type(fault).__name__)
    return Verdict(row, check, points >= 1, points, found)


def _answered(extra: Extra, run: Run) -> tuple[Extra, bool | None, str]:
    output = run.outputs.get(extra.row if extra.row is not None else -1)
    if output is None:
        return extra, False, MISSING
    try:
        return extra, *OF_A_FILE[extra.action](extra, output, run)
    except Exception as fault:  # noqa: BLE001 - as above
        return extra, None, type(fault).__name__


def _leaks(key: AnswerKey, folders: tuple[Path, ...], run: Run) -> tuple[Leak, ...]:
    """Every secret that is anywhere in what was written. Pixels that are as they were are not searched."""
    clean = {
        check.action_text for checks in key.checks.values() for check in checks if check.action == "pixels_retained"
    }
    residue = Residue(key.secrets())
    rows = {one.relative: row for row, one in run.outputs.items()}
    found = [leak for folder in folders for leak in residue.leaks(pieces(folder, clean))]
    leaks = [replace(leak, row=rows.get(leak.artefact)) for leak in found]
    return tuple(leak for leak in leaks if not _is_shifted_by_chance(leak, leaks, key))


def _is_shifted_by_chance(leak: Leak, leaks: Sequence[Leak], key: AnswerKey) -> bool:
    """Whether a birth date is what another date became by being shifted: then it tells nothing.

    So it is where the original had another date at that place; and in the raw bytes of a file that has it there only.
    """
    if not leak.secret.kind.startswith("birth date") or leak.row is None:
        return False
    same = [one.place for one in leaks if (one.secret, one.artefact) == (leak.secret, leak.artefact)]
    original = {check.path: check.value for check in key.checks[leak.row] if check.action == "date_shifted"}
    places = [place for place in same if place != RAW] if leak.place == RAW else [leak.place]
    return bool(places) and all(leak.secret.text not in original.get(place, leak.secret.text) for place in places)


def is_retained(check: Check) -> bool:
    """Whether a check asks for something that has to stay."""
    return check.action in RETAINED
