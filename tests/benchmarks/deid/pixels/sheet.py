"""The score sheet: what was hidden, kept and left alone, by size, contrast, storage, syntax and frames."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.benchmarks.deid.pixels.score import NO_OUTPUT, FileVerdict, LineVerdict, Score
from tests.benchmarks.deid.tally import Count

SHOWN = 60


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """The figures of one program on one seed."""

    tool: str
    seed: int
    score: Score = field(repr=False)

    @property
    def hidden(self) -> Count:
        """Lines that name somebody and are gone, in DICOM."""
        return _count(one for one in self.score.lines if one.line.identifying and one.carrier == "DICOM")

    @property
    def retained(self) -> Count:
        """Lines that measure and are there, in DICOM."""
        return _count(one for one in self.score.lines if not one.line.identifying and one.carrier == "DICOM")

    @property
    def equal(self) -> Count:
        """Files with text whose pixels are equal outside the dilated boxes."""
        files = [one for one in self.score.files if one.plate.lines]
        return Count(sum(one.equal for one in files), len(files))

    @property
    def false_area(self) -> float:
        """The share of pixels that changed in files without text; those without output count as changed."""
        shares = [
            1.0 if one.changed_outside is None else one.changed_outside
            for one in self.score.files
            if not one.plate.lines
        ]
        return sum(shares) / len(shares) if shares else 0.0

    @property
    def area_outside(self) -> float:
        """The share of pixels that changed outside the dilated boxes, in files with text that have an output."""
        return _mean(one.changed_outside for one in self.score.files if one.plate.lines)

    @property
    def area_elsewhere(self) -> float:
        """As before, but for measurements that were taken along: those are counted as lines."""
        return _mean(one.changed_elsewhere for one in self.score.files if one.plate.lines)

    @property
    def missing(self) -> int:
        """Files without output."""
        return sum(NO_OUTPUT in one.faults for one in self.score.files)

    def as_json(self) -> dict[str, object]:
        """The figures, for a machine."""
        return {
            "tool": self.tool, "seed": self.seed, "hidden": [self.hidden.passed, self.hidden.total],
            "retained": [self.retained.passed, self.retained.total], "equal": [self.equal.passed, self.equal.total],
            "false_area": self.false_area, "area_outside": self.area_outside,
            "area_elsewhere": self.area_elsewhere, "missing": self.missing,
            "misses": [_miss(one) for one in self.score.lines if not one.passed],
            "faults": [f"{one.plate.relative}: {fault}" for one in self.score.files for fault in one.faults],
        }  # fmt: skip


def _mean(shares: Iterable[float | None]) -> float:
    known = [one for one in shares if one is not None]
    return sum(known) / len(known) if known else 0.0


def _count(verdicts: Iterable[LineVerdict]) -> Count:
    found = [one.passed for one in verdicts]
    return Count(sum(found), len(found))


HEAD = (
    "program",
    "seed",
    "hidden",
    "retained",
    "equal outside",
    "changed outside",
    "changed elsewhere",
    "false area",
    "no output",
)


def markdown(figures: Iterable[Figures]) -> str:
    """One row a run, then the figures by size, contrast and storage, then what went wrong."""
    found = list(figures)
    lines = [_row(HEAD), _row(["---"] * len(HEAD)), *(_row(_cells(one)) for one in found), ""]
    return "\n".join([*lines, *(line for one in found for line in _details(one))]) + "\n"


def _cells(one: Figures) -> list[str]:
    return [
        one.tool, str(one.seed), str(one.hidden), str(one.retained), str(one.equal), f"{100 * one.area_outside:.3f} %",
        f"{100 * one.area_elsewhere:.3f} %",
        f"{100 * one.false_area:.3f} %", str(one.missing),
    ]  # fmt: skip


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


GROUPS: tuple[tuple[str, Callable[[LineVerdict], str]], ...] = (
    ("font size", lambda one: f"{one.line.size:2} px"),
    ("letters", lambda one: one.line.style),
    ("contrast", lambda one: one.line.contrast + " outlined" * one.line.outlined),
    ("direction", lambda one: "upwards" if one.line.quarter_turns else "level"),
    ("kind of line", lambda one: one.line.kind),
    ("kind of image", lambda one: one.plate.case.kind),
    ("regions", lambda one: one.plate.case.regions),
    ("frames", lambda one: one.plate.case.where if one.plate.case.frames > 1 else "one frame"),
)


def _details(one: Figures) -> list[str]:
    named = [line for line in one.score.lines if line.line.identifying]
    dicom = [line for line in named if line.carrier == "DICOM"]
    lines = [f"## {one.tool}, seed {one.seed}", ""]
    for title, key in GROUPS:
        lines += [f"Hidden by {title}:", *_grouped(dicom, key), ""]
    lines += [
        "Hidden in pictures and containers:",
        *_grouped((x for x in named if x not in dicom), lambda x: x.carrier),
        "",
    ]
    other = [line for line in one.score.lines if not line.line.identifying and line.carrier != "DICOM"]
    lines += ["Retained in pictures and containers:", *_grouped(other, lambda x: x.carrier), ""]
    lines += [*_matrix(dicom), "", *_misses(one.score.lines), "", *_faults(one.score.files), ""]
    return lines


def _grouped(verdicts: Iterable[LineVerdict], key: Callable[[LineVerdict], str]) -> list[str]:
    groups: dict[str, list[LineVerdict]] = defaultdict(list)
    for one in verdicts:
        groups[key(one)].append(one)
    return [f"- {name}: {_count(group)}" for name, group in sorted(groups.items())]


def _matrix(verdicts: Iterable[LineVerdict]) -> list[str]:
    """Storage x syntax; in each cell the lines hidden in files of one frame, and of several."""
    cells: dict[tuple[str, str, bool], list[LineVerdict]] = defaultdict(list)
    for one in verdicts:
        case = one.plate.case
        cells[case.storage.name, case.syntax.name, case.frames > 1].append(one)
    storages, syntaxes = (list(dict.fromkeys(key[at] for key in cells)) for at in (0, 1))
    lines = [
        "Hidden by storage and syntax, one frame · several:",
        "",
        _row(["", *syntaxes]),
        _row(["---"] * (len(syntaxes) + 1)),
    ]
    for storage in storages:
        lines.append(_row([storage, *(_both(cells, storage, syntax) for syntax in syntaxes)]))
    return lines


def _both(cells: dict[tuple[str, str, bool], list[LineVerdict]], storage: str, syntax: str) -> str:
    counts = [_count(cells.get((storage, syntax, several), [])) for several in (False, True)]
    return " · ".join(f"{one.passed}/{one.total}" if one.total else "–" for one in counts)


def _miss(one: LineVerdict) -> str:
    what = "left" if one.line.identifying else "lost"
    return (
        f"{one.plate.relative} line {one.number} {what} in {one.carrier} ({one.line.kind}, {one.line.size} px "
        f"{one.line.style}, {one.line.contrast}; {one.plate.case.name}): {one.note}"
    )


def _misses(verdicts: Iterable[LineVerdict]) -> list[str]:
    missed = sorted((one for one in verdicts if not one.passed), key=lambda one: not one.line.identifying)
    lines = [f"Misses ({len(missed)}):", *(f"- {_miss(one)}" for one in missed[:SHOWN])]
    return [*lines, *["- …"] * (len(missed) > SHOWN)]


def _faults(files: Iterable[FileVerdict]) -> list[str]:
    every = list(files)
    counted = Counter(fault for one in every for fault in one.faults)
    first = {fault: one.plate for one in reversed(every) for fault in one.faults}
    unequal = [one for one in every if one.changed_outside]
    lines = ["Attributes:"]
    for fault, number in counted.most_common(SHOWN):
        lines.append(f"- {number} x {fault} (first: {first[fault].relative}, {first[fault].case.name})")
    lines += ["", f"Changed outside ({len(unequal)}):"]
    for one in unequal[:SHOWN]:
        lines.append(
            f"- {one.plate.relative} ({one.plate.case.name}): {100 * (one.changed_outside or 0):.3f} %, "
            f"elsewhere {100 * (one.changed_elsewhere or 0):.3f} %"
        )
    return lines
