"""What reads an export for ISIC: Pillow its pictures, and the archive's own package the lines of metadata.csv."""

import csv
from pathlib import Path
from typing import Any

from dicomconv.export.isic_table import COLUMNS

NAME = "metadata.csv"
IN = {"age_approx": "age"}  # columns that have another name where images come into the archive
# The archive gives out diagnoses in words of an older list, which it no longer takes in; and what says more of one
DIAGNOSIS, MORE = "diagnosis", frozenset({"mel_mitotic_index", "mel_thick_mm", "mel_ulcer"})
CONTRADICTIONS = {
    "one_lesion_multiple_patients": "a lesion is of several patients",
    "rcm_multiple_macroscopics": "an RCM case has several macroscopic images",
    "one_rcm_case_multiple_lesions": "an RCM case is of several lesions",
}


def check(folder: Path) -> str:
    """Both; how many pictures there are."""
    count = check_pictures(folder)
    check_lines(folder)
    return f"{count} pictures (Pillow, isic-metadata)"


def check_pictures(folder: Path) -> int:
    """Pillow decodes each picture of the table, which has ISIC's columns, and no picture asks to be turned; how many."""
    from PIL import Image

    columns, rows = _table(folder)
    assert columns[: len(COLUMNS)] == COLUMNS, "metadata.csv has other columns"
    assert {row["isic_id"] for row in rows} == {path.stem for path in folder.glob("*.jpg")}, "a picture or its line is missing"
    for row in rows:
        with Image.open(folder / f"{row['isic_id']}.jpg") as image:
            image.load()
            assert image.size == (int(row["pixels_x"]), int(row["pixels_y"])), "a picture has another size"
            assert image.getexif().get(274, 1) == 1, "a picture is to be turned"
    assert rows, "there are no pictures"
    return len(rows)


def check_lines(folder: Path) -> None:
    """The archive's own package takes each line: no word that it does not know, and no two that contradict each other."""
    from isic_metadata.metadata import MetadataBatch
    from pydantic import ValidationError

    taken = [_taken(number, row) for number, row in enumerate(_table(folder)[1], 2)]
    try:
        MetadataBatch(items=taken)
    except ValidationError as error:
        kinds = [one["type"] for one in error.errors(include_input=False, include_context=False)]
        what = ", ".join(CONTRADICTIONS.get(kind, "lines contradict each other") for kind in kinds)
        raise AssertionError(f"metadata.csv: {what}") from None


def _taken(number: int, row: dict[str, str]) -> Any:
    """A line as the archive takes it."""
    from isic_metadata.metadata import MetadataRow
    from pydantic import ValidationError

    said = {IN.get(name, name): cell for name, cell in row.items() if name in COLUMNS and cell}
    for left_out in (frozenset[str](), MORE | {DIAGNOSIS}):
        try:
            return MetadataRow(**{name: cell for name, cell in said.items() if name not in left_out})
        except ValidationError as error:
            found = error.errors(include_input=False, include_context=False)
            columns = sorted({str(part) for one in found for part in one["loc"][:1]})
        if columns != [DIAGNOSIS]:
            break
    what = ", ".join(columns) or "words that contradict each other"
    raise AssertionError(f"line {number} of metadata.csv: {what}")


def _table(folder: Path) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Columns and lines of metadata.csv."""
    with (folder / NAME).open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        rows = list(table)
    return tuple(table.fieldnames or ()), rows
