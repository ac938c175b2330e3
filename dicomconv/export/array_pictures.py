"""Pictures that are kept in arrays: drawn in several processes into a file of samples, and read again one by one."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.reader import open_container
from dicomconv.container.stack import Stack
from dicomconv.errors import UsageError
from dicomconv.export.pictures import Shot, Taken
from dicomconv.export.rows import Row
from dicomconv.export.samples import read_at
from dicomconv.export.splits import PARTS
from dicomconv.render import WindowChoice, is_colour

FOLDER, PICTURES = ".pictures", "pictures.raw"


@contextmanager
def picture_folder(folder: Path) -> Iterator[str]:
    """A folder below that of the export for pictures on their way; gone at the end."""
    try:
        yield FOLDER
    finally:
        shutil.rmtree(folder / FOLDER, ignore_errors=True)


def raw_shots(rows: Iterable[Row], folder: str) -> list[Shot]:
    """Shots whose pictures go into one file."""
    return [Shot(row, f"{folder}/{PICTURES}", place) for place, row in enumerate(rows)]


def pixels_of(folder: Path, taken: Iterable[Taken], channels: int) -> Iterator[NDArray[np.uint8]]:
    """The pixels of pictures that were taken as raw ones of 8 bits, each when it is asked for: (rows, columns[, 3])."""
    for one in taken:
        yield read_at(folder / one.shot.file, one.shot.place, (*one.size[::-1], 3)[: 2 + (channels == 3)])


def channels_of(rows: Iterable[Row], window: WindowChoice) -> Literal[1, 3]:
    """3 if any of the frames is drawn in colours, else 1: stored so, with a palette, or as segments in theirs."""
    for path, group in groupby(rows, key=lambda row: row.container):
        with open_container(path) as container:
            if any(_is_drawn_in_colours(container.stacks[row.stack], row.frame, window) for row in group):
                return 3
    return 1


def _is_drawn_in_colours(stack: Stack, frame: int, window: WindowChoice) -> bool:
    if is_colour(stack.format):
        return True
    attributes = stack.attributes(frame)
    return attributes.palette is not None or (window.kind == "labels" and attributes.labels is not None)


def by_part(taken: Sequence[Taken]) -> dict[str, list[Taken]]:
    """Pictures by part of the split; each part has its list."""
    return {part: [one for one in taken if one.shot.row.split == part] for part in PARTS}


def placed(parts: dict[str, list[Taken]], key: str) -> list[Taken]:
    """The pictures with the place of each in its array as their file."""
    return [
        replace(one, shot=Shot(one.shot.row, f"{part}_{key}[{index}]"))
        for part, pictures in parts.items()
        for index, one in enumerate(pictures)
    ]


def check_parts(rows: Iterable[Row], layout: str) -> None:
    """UsageError if there is no split."""
    if not all(row.split for row in rows):
        raise UsageError(f"{layout} has its arrays by split; use --split 70/10/20")


def checked_name(name: str, default: str) -> str:
    """The name of the data set. UsageError unless it is one of letters, digits and low lines."""
    if name and not (name.isascii() and name.isidentifier()):
        raise UsageError("--name is of letters, digits and _, and does not begin with a digit")
    return name or default


def checked_size(size: int, sizes: Sequence[int], layout: str) -> int:
    """The side of pictures; the first of `sizes` if none was asked for. UsageError for another."""
    if size and size not in sizes:
        raise UsageError(f"{layout} is of --size {', '.join(map(str, sizes))}")
    return size or sizes[0]
