"""Labels from a user's table, keyed on pseudonyms, put on the rows that they are of."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.export.rows import Row

KEYS: dict[str, Callable[[Row], str]] = {
    "patient_id": lambda row: row.subject.patient_id,
    "study_instance_uid": lambda row: row.study_instance_uid,
    "series_instance_uid": lambda row: row.series_instance_uid,
    "sop_instance_uid": lambda row: row.sop_instance_uid,
    "frame_number": lambda row: str(row.frame_number),
    "file": lambda row: row.name,
}
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class LabelTable:
    """A table of labels. `keys`: its key columns; `columns`: the others. `lines`: number, key cells, label cells.

    No repr of cells: before keys are mapped, they may name patients.
    """

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = field(repr=False)


def read_label_table(path: Path) -> LabelTable:
    """A CSV in UTF-8: a heading, at least one key column, at least one label column. UsageError, which quotes no cell."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(number, cells) for number, cells in enumerate(csv.reader(file), 1) if any(map(str.strip, cells))]
    except (OSError, UnicodeError, csv.Error):
        raise UsageError(f"--labels {path}: cannot be read as a CSV file in UTF-8") from None
    heading = [cell.strip() for cell in lines[0][1]] if lines else []
    keys = [index for index, name in enumerate(heading) if name.casefold() in KEYS]
    others = [index for index, name in enumerate(heading) if name and index not in keys]
    if not keys or not others or len(set(heading)) < len(heading):
        raise UsageError(
            f"--labels {path}: the first line has to name different columns, some of {', '.join(KEYS)}, and some labels"
        )
    return LabelTable(
        tuple(heading[index].casefold() for index in keys),
        tuple(heading[index] for index in others),
        tuple(_line(path, number, cells, keys, others, len(heading)) for number, cells in lines[1:]),
    )


def _line(
    path: Path, number: int, cells: Sequence[str], keys: list[int], others: list[int], width: int
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    if len(cells) <= max(*keys, *others):
        raise UsageError(f"--labels {path}: line {number} has fewer cells than the first line")
    if any(map(str.strip, cells[width:])):
        raise UsageError(f"--labels {path}: line {number} has more cells than the first line; put cells with a comma in quotes")
    return number, tuple(cells[i].strip() for i in keys), tuple(cells[i].strip() for i in others)


def labelled(rows: Iterable[Row], table: LabelTable) -> tuple[list[Row], list[int]]:
    """The rows with their labels; the numbers of the table's lines that are of none of them.

    A line is of every row that has its key cells; empty ones fit all. Where two lines say something else of one row under
    one column, UsageError names both.
    """
    wanted: dict[tuple[int, ...], dict[tuple[str, ...], list[int]]] = {}
    for index, (_, cells, _) in enumerate(table.lines):
        given = tuple(i for i, cell in enumerate(cells) if cell)
        wanted.setdefault(given, {}).setdefault(tuple(_plain(table.keys[i], cells[i]) for i in given), []).append(index)
    used, done = set[int](), list[Row]()
    for row in rows:
        values = [KEYS[key](row) for key in table.keys]
        lines = sorted(i for given, by in wanted.items() for i in by.get(tuple(values[g] for g in given), ()) if given)
        used.update(lines)
        done.append(replace(row, labels=tuple(_together(table, lines).items())))
    return done, [number for index, (number, _, _) in enumerate(table.lines) if index not in used]


def _plain(key: str, cell: str) -> str:
    """A key cell as rows have it: names of pictures without folder and suffix."""
    if key != "file":
        return cell
    name = cell.replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot + suffix.lower() in SUFFIXES else name


def _together(table: LabelTable, lines: list[int]) -> dict[str, str]:
    found, said_in = dict[str, str](), dict[str, int]()
    for index in lines:
        number, _, cells = table.lines[index]
        for name, cell in zip(table.columns, cells, strict=True):
            if not cell:
                continue
            if found.setdefault(name, cell) != cell:
                raise UsageError(
                    f"--labels: lines {said_in[name]} and {number} are of one image, and differ in column {name}"
                )
            said_in.setdefault(name, number)
    return found


def translated(table: LabelTable, translate: Callable[[str, str], str]) -> LabelTable:
    """The table with other key cells: `translate` takes the column and a cell that is not empty."""
    lines = tuple(
        (number, tuple(translate(key, cell) if cell else "" for key, cell in zip(table.keys, cells, strict=True)), labels)
        for number, cells, labels in table.lines
    )
    return replace(table, lines=lines)
