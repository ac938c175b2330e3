"""A level of a whole slide as pictures: one PNG where it is small enough, else one for each tile."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.levels import Level, TilePlace
from dicomconv.errors import Undecodable
from dicomconv.pipeline.picture_key import Origin, key_chunk
from dicomconv.pipeline.shown import Shown
from dicomconv.pipeline.views import View
from dicomconv.pixels import png
from dicomconv.pixels.attributes import LookupTable, Palette, Window
from dicomconv.pixels.png_rows import encode_rows
from dicomconv.render import is_colour, needs_range, render, resolve, value_range

LARGEST_PICTURE = 64_000_000  # pixels of a level that is drawn as one
LOWEST_STRIP = 64  # rows: a matrix may be a hair wide and millions of rows high
BATCH = 64  # tiles that are drawn at a time


@dataclass(frozen=True, slots=True)
class DrawnTile:
    """A picture that was written: where its first pixel lies in the matrix, from 0; no place: a whole level."""

    file: str
    row: int
    column: int
    rows: int
    columns: int
    place: TilePlace | None = None


@dataclass(slots=True)
class LevelPictures:
    """Draws one level; `damaged`: how many of its tiles could not be decoded so far.

    `container_uuid` and `sop_instance_uids`, by instance, are what the picture of a tile says of itself.
    """

    level: Level
    view: View
    threads: ThreadPoolExecutor
    container_uuid: str
    sop_instance_uids: Sequence[str]
    damaged: int = 0
    _voi: Window | LookupTable | Palette = field(init=False, repr=False)

    def __post_init__(self) -> None:
        level = self.level
        waits = not is_colour(level.format) and needs_range(self.view.windows[0], level.attributes)
        self._voi = resolve(self.view.windows[0], level.attributes, level.format, self._range() if waits else None)

    def draw(self, folder: Path, stem: str) -> Iterator[DrawnTile]:
        """Write the PNGs: `<stem>.png`, or `<stem>_row000001_column000257.png` for each tile, places from 1."""
        if self.level.columns * self.level.rows <= LARGEST_PICTURE:
            size = self.level.rows, self.level.columns
            with (folder / f"{stem}.png").open("wb") as file:
                file.writelines(encode_rows(self._strips(), size, self.level.attributes.pixel_spacing))
            yield DrawnTile(f"{stem}.png", 0, 0, self.level.rows, self.level.columns)
        else:
            yield from self._tiles(folder, stem)

    def _tiles(self, folder: Path, stem: str) -> Iterator[DrawnTile]:
        digits = len(str(max(self.level.columns, self.level.rows)))

        def write(place: TilePlace) -> DrawnTile | None:
            picture = self._picture(place)
            if picture is None:
                return None
            name = f"{stem}_row{place.row + 1:0{digits}d}_column{place.column + 1:0{digits}d}.png"
            key = self._key(place, name, picture)
            (folder / name).write_bytes(png.encode(picture, self.level.attributes.pixel_spacing, key))
            return DrawnTile(name, max(0, place.row), max(0, place.column), picture.shape[0], picture.shape[1], place)

        yield from filter(None, self._mapped(write, self.level))

    def _key(self, place: TilePlace, name: str, picture: NDArray[Any]) -> bytes:
        """What the picture of a tile says of itself: its frame, and where in that it begins."""
        digests = {(self.view.name, name): png.pixel_sha256(picture)}
        origin = Origin(self.container_uuid, self.sop_instance_uids[place.instance], digests)
        begins = (1, 0, max(0, -place.column), 0, 1, max(0, -place.row), 0, 0, 1)
        vois = () if is_colour(self.level.format) else (self._voi,)
        return key_chunk(name, origin, place.frame + 1, self.level.format, Shown(self.view, vois, None, begins))

    def _mapped(self, work: Any, places: Iterable[TilePlace]) -> Iterator[Any]:
        """What the work makes of each place, in threads, some places at a time."""
        waiting = iter(places)
        while batch := list(islice(waiting, BATCH)):
            yield from self.threads.map(work, batch)

    def _picture(self, place: TilePlace) -> NDArray[Any] | None:
        """A tile as it is drawn, cut to the matrix; None if it is damaged."""
        level = self.level
        try:
            return render(self._cut(place), level.format, level.attributes, self._voi, depth=self.view.depth)
        except Undecodable:
            self.damaged += 1
            return None

    def _cut(self, place: TilePlace) -> NDArray[Any]:
        """A tile as it is stored, without what lies beyond the matrix: it may be anything."""
        level, tile = self.level, self.level.read(place)
        inside = (
            slice(max(0, -place.row), level.rows - place.row),
            slice(max(0, -place.column), level.columns - place.column),
        )
        is_by_plane = tile.ndim == 3 and level.format.planar_configuration == 1
        return tile[(slice(None), *inside)] if is_by_plane else tile[inside]

    def _strips(self) -> Iterator[NDArray[Any]]:
        """The level from the top down, one row of tiles at a time, or several if they are low."""
        height = self.level.tile_rows * max(1, LOWEST_STRIP // self.level.tile_rows)
        for top in range(0, self.level.rows, height):
            yield self._strip(top, min(top + height, self.level.rows))

    def _strip(self, top: int, bottom: int) -> NDArray[Any]:
        """Rows `top` to `bottom` of the level; where there is no tile white in colour, black in grey."""
        strip = self._blank(bottom - top)
        first, last = np.searchsorted(self._rows, (top - self.level.tile_rows + 1, bottom))
        places = [TilePlace(*place) for place in self.level.places[first:last].tolist()]
        for place, picture in zip(places, self._mapped(self._picture, places), strict=True):
            if picture is not None:
                begin, column = max(0, place.row), max(0, place.column)
                part = picture[max(0, top - begin) : bottom - begin]
                begin = max(begin, top) - top
                strip[begin : begin + len(part), column : column + part.shape[1]] = part
        return strip

    @property
    def _rows(self) -> NDArray[np.int64]:
        return self.level.places[:, 0]

    def _blank(self, rows: int) -> NDArray[Any]:
        dtype = np.uint8 if self.view.depth == 8 else np.uint16
        if is_colour(self.level.format):
            return np.full((rows, self.level.columns, 3), np.iinfo(dtype).max, dtype)
        return np.zeros((rows, self.level.columns), dtype)

    def _range(self) -> tuple[float, float] | None:
        """The lowest and highest modality value of all tiles."""
        level = self.level

        def extremes(place: TilePlace) -> tuple[float, float] | None:
            try:
                return value_range(self._cut(place), level.format, level.attributes)
            except Undecodable:
                return None

        found = [one for one in self._mapped(extremes, level) if one]
        return (min(low for low, _ in found), max(high for _, high in found)) if found else None
