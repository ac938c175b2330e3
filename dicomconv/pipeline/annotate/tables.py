"""What slices.csv files say of pictures: which frames they show, where their pixels lie, and digests of these."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from dicomconv.pipeline.annotate.frames import Frames
from dicomconv.pipeline.annotate.records import Found, Frame, Size, size_of
from dicomconv.pipeline.slices import NAME, is_slices
from dicomconv.pixels.square import Matrix

NUMBERS = 9
EXPORTED, ABOVE = "images.csv", 3  # of `dicomconv export`, that many folders up; its first columns are those of slices.csv


class Tables:
    """The pictures of all tables.

    `by_stem`: frames by file name without its ending; `by_digest`: pictures by that of their pixels; `sizes`: how large
    pictures of a frame are, with the transform of each size.
    """

    def __init__(self, paths: Iterable[Path], frames: Frames) -> None:
        self.by_stem: dict[str, set[Frame]] = defaultdict(set)
        self.by_digest: dict[str, set[Found]] = defaultdict(set)
        self.sizes: dict[Frame, dict[Size, Matrix]] = defaultdict(dict)
        for path in paths:
            for row in _rows(path):
                self._add(row, frames)

    def _add(self, row: dict[str, str], frames: Frames) -> None:
        matrix = matrix_of(row.get("png_to_stored", "").split())
        number = row.get("frame_number", "")
        if matrix is None or not number.isdecimal():
            return
        for frame in frames.of(row.get("container_uuid", ""), (row.get("sop_instance_uid", ""), int(number))):
            if size := size_of(matrix, frame.columns, frame.rows):
                self.by_stem[PurePosixPath(row["file"]).stem].add(frame)
                self.sizes[frame][size] = matrix
                if digest := row.get("pixel_sha256", ""):
                    self.by_digest[digest].add(Found(frame, size, matrix))


def matrix_of(numbers: object) -> Matrix | None:
    """A transform from a list of numbers, row by row; None if it is none."""
    try:
        found = tuple(float(one) for one in numbers) if isinstance(numbers, list) else ()
    except (TypeError, ValueError):
        return None
    if len(found) != NUMBERS or not all(map(math.isfinite, found)):
        return None
    a, b, c, d, e, f, g, h, i = found
    return (a, b, c, d, e, f, g, h, i)


def tables_near(folders: Iterable[Path]) -> list[Path]:
    """Every slices.csv of ours in these folders and below."""
    found = (path for folder in folders if folder.is_dir() for path in folder.rglob(NAME))
    return sorted({path.resolve() for path in found if is_slices(path)})


def tables_around(path: Path) -> list[Path]:
    """The tables that may tell of what is drawn in a file or folder: slices.csv beside it, images.csv of the export it is in."""
    whole = path.resolve()
    exported = [folder / EXPORTED for folder in (whole, *list(whole.parents)[:ABOVE])]
    return [path / NAME, path.parent / NAME, *(table for table in exported if is_slices(table))]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table; none of one that cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
    except (OSError, UnicodeError, csv.Error):
        return
