"""Tiles of one level of a slide as PNGs of one size, white where the slide has nothing."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.levels import Level, TilePlace
from dicomconv.export.rows import Row
from dicomconv.pixels import png
from dicomconv.render import WindowChoice, is_colour, render, resolve

NAME = "tiles.csv"
COLUMNS = (
    "file", "patient_id", "series_instance_uid", "level", "column", "row", "width", "height", "row_spacing_mm",
    "column_spacing_mm", "split",
)  # fmt: skip
WHITE = 255


def write_tiles(folder: Path, level: Level, row: Row, size: int, window: WindowChoice) -> int:
    """Write a PNG for each tile that has something of the slide, and tiles.csv; how many there are.

    `size`: rows and columns of a tile; 0: as the level has them. `column`, `row` of the table: of the first pixel in the level,
    from 0; `width`, `height`: how much of the tile lies in the level.
    """
    height, width = (size, size) if size else (level.tile_rows, level.tile_columns)
    folder.mkdir(parents=True)
    count = 0
    with (folder / NAME).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for top in range(0, level.rows, height):
            for left, tile in _tiles(level, top, height, width, window):
                name = f"{row.name}_{left:07d}_{top:07d}.png"
                (folder / name).write_bytes(png.encode(tile, row.pixel_spacing))
                inside = min(width, level.columns - left), min(height, level.rows - top)
                table.writerow((
                    name, row.subject.patient_id, row.series_instance_uid, level.number, left, top, *inside,
                    *(row.pixel_spacing or ("", "")), row.split,
                ))  # fmt: skip
                count += 1
    return count


def _tiles(
    level: Level, top: int, height: int, width: int, window: WindowChoice
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The tiles of a band of rows, each with its first column."""
    places = level.places
    near = places[(places[:, 0] < top + height) & (places[:, 0] + level.tile_rows > top)]
    if not len(near):
        return
    columns = -(-level.columns // width) * width
    colour = is_colour(level.format)
    band = np.full((height, columns, 3)[: 2 + colour], WHITE, np.uint8)
    is_there = np.zeros(columns // width, np.bool_)
    for place in near.tolist():
        _paste(band, is_there, level, TilePlace(*place), top, width, window)
    for number in np.flatnonzero(is_there).tolist():
        yield number * width, np.ascontiguousarray(band[:, number * width : (number + 1) * width])


def _paste(
    band: NDArray[np.uint8], is_there: NDArray[np.bool_], level: Level, place: TilePlace, top: int, width: int,
    window: WindowChoice,
) -> None:  # fmt: skip
    """Put what of a stored tile lies in the level and the band where it belongs."""
    attributes = level.attributes
    voi = None if is_colour(level.format) else resolve(window, attributes, level.format, None)
    tile = render(level.read(place), level.format, attributes, voi)
    first, last = max(top, place.row), min(top + len(band), place.row + tile.shape[0], level.rows)
    right = min(place.column + tile.shape[1], level.columns)
    if first >= last or place.column >= right:
        return
    band[first - top : last - top, place.column : right] = tile[first - place.row : last - place.row, : right - place.column]
    is_there[place.column // width : (right - 1) // width + 1] = True
