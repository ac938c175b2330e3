"""What reads an export for ISIC: Pillow its pictures, and the archive's own package the lines of metadata.csv."""

import csv
from pathlib import Path
from typing import Any

from dicomconv.export.isic_table import COLUMNS

NAME = "metadata.csv"
ONLY_OUT = {"age_approx": "age"}  # columns that have another name where images come into the archive
LEGACY = "diagnosis"  # holds words of an older list, which the archive gives out and no longer takes in


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
    from isic_metadata.metadata import MetadataBatch, MetadataRow
    from pydantic import ValidationError

    taken = list[Any]()
    for number, row in enumerate(_table(folder)[1], 2):
        said = {ONLY_OUT.get(name, name): cell for name, cell in row.items() if name != LEGACY and cell}
        try:
            taken.append(MetadataRow(**said))
        except ValidationError as error:
            columns = sorted({str(part) for one in error.errors(include_input=False) for part in one["loc"][:1]})
            what = ", ".join(columns) or "words that contradict each other"
            raise AssertionError(f"line {number} of metadata.csv: {what}") from None
    try:
        MetadataBatch(items=taken)
    except ValidationError:
        raise AssertionError("a lesion in metadata.csv is of several patients") from None


def _table(folder: Path) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Columns and lines of metadata.csv."""
    with (folder / NAME).open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        rows = list(table)
    return tuple(table.fieldnames or ()), rows
