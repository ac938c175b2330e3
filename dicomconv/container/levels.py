"""The levels of a whole slide in a container: which instances they are, and their tiles (PS3.3 A.32.8, C.8.12.4)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.instance_frames import FramesSource, InstanceFrames
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.tiling import Tiling, is_slide, matrix_size, tiling, without_tiles

ORDER = ("VOLUME", "THUMBNAIL", "OVERVIEW", "LABEL")  # Image Type value 3 (PS3.3 C.8.12.4.1.1)
OTHERS = "instances of the same size (other focal planes or optical paths) that are not drawn"
MIXED = "its parts differ in how their pixels are laid out"


class TilePlace(NamedTuple):
    """A tile: row and column of its first pixel in the total pixel matrix, both from 0; its instance and frame index."""

    row: int
    column: int
    instance: int
    frame: int


@dataclass(frozen=True, slots=True)
class _Part:
    """An instance that is a level, or a part of one."""

    instance: int
    columns: int
    rows: int
    kind: str
    concatenation: str
    tiles: int
    format: PixelFormat


@dataclass(frozen=True, eq=False)
class Level:
    """One level of a slide: `columns` x `rows` pixels in tiles of `tile_columns` x `tile_rows`.

    `tile_count`: how many frames the headers claim; `kind`: Image Type value 3. Tiles are read when asked for.
    """

    number: int
    columns: int
    rows: int
    tile_columns: int
    tile_rows: int
    tile_count: int
    kind: str
    instances: tuple[int, ...]
    others: int = 0
    container: FramesSource = field(kw_only=True, repr=False)

    @cached_property
    def frames(self) -> dict[int, InstanceFrames]:
        """The frames of each of its instances. Undecodable if one cannot be read, or they are not of one kind."""
        found = {index: InstanceFrames(self.container, index) for index in self.instances}
        layouts = {(one.format.rows, one.format.columns, one.format.samples_per_pixel) for one in found.values()}
        if len(layouts) > 1:
            raise Undecodable(MIXED)
        for one in found.values():
            one.check()
        return found

    @cached_property
    def _tilings(self) -> dict[int, Tiling]:
        return {index: tiling(one.header, one.encoded_format) for index, one in self.frames.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the level is not drawn, in words."""
        found = dict.fromkeys(note for one in self._tilings.values() for note in one.notes)
        return (*found, *([f"{self.others} more {OTHERS}"] * bool(self.others)))

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """(tiles, 4): row, column, instance, frame index of each tile, as TilePlace has them, by row, then column."""
        parts = [
            np.insert(one.places, 2, index, axis=1) if len(one.places) else np.empty((0, 4), np.int64)
            for index, one in self._tilings.items()
        ]
        places = np.concatenate(parts)
        return places[np.lexsort((places[:, 1], places[:, 0]))]

    def __iter__(self) -> Iterator[TilePlace]:
        return (TilePlace(*place) for place in self.places.tolist())

    @property
    def format(self) -> PixelFormat:
        """How the arrays of tiles are laid out."""
        return self.frames[self.instances[0]].format

    @cached_property
    def attributes(self) -> FrameAttributes:
        """What the values of all its tiles mean."""
        first = self.frames[self.instances[0]]
        return ImageAttributes(without_tiles(first.header), first.format).frame(1)

    def read(self, place: TilePlace) -> NDArray[Any]:
        """A tile as it is stored, whole: what lies beyond the matrix at its edges included."""
        frame: NDArray[Any] = self.frames[place.instance][place.frame]
        return frame

    def tile(self, column_index: int, row_index: int) -> NDArray[Any] | None:
        """The tile of a place in the grid of tiles, from 0; None where the slide has none."""
        wanted = row_index * self.tile_rows, column_index * self.tile_columns
        found = np.flatnonzero((self.places[:, :2] == wanted).all(axis=1))
        return self.read(TilePlace(*self.places[found[0]].tolist())) if len(found) else None


def levels_of(container: FramesSource) -> tuple[Level, ...]:
    """The levels of the slide in a container: those of the volume by width, the largest first, then its other images."""
    groups: dict[tuple[object, ...], list[_Part]] = {}
    for part in _parts(container):
        groups.setdefault((part.kind, part.columns, part.rows), []).append(part)
    ordered = sorted(groups.values(), key=lambda parts: (_rank(parts[0].kind), -parts[0].columns, -parts[0].rows))
    return tuple(_level(number, parts, container) for number, parts in enumerate(ordered))


def _level(number: int, parts: list[_Part], container: FramesSource) -> Level:
    """The level of instances of one size: the first, with those that it is concatenated from."""
    first = parts[0]
    joined = [
        one for one in parts if one is first or (first.concatenation and one.concatenation == first.concatenation)
    ]
    return Level(
        number,
        first.columns,
        first.rows,
        first.format.columns,
        first.format.rows,
        sum(part.tiles for part in joined),
        first.kind,
        tuple(part.instance for part in joined),
        len(parts) - len(joined),
        container=container,
    )


def _rank(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _parts(container: FramesSource) -> Iterator[_Part]:
    for instance in container.instances:
        if not is_slide(instance.sop_class_uid):
            continue
        frames = InstanceFrames(container, instance.index)
        try:
            format, header = frames.encoded_format, frames.header
            columns, rows = matrix_size(header, format)
        except Undecodable:
            continue
        concatenation, count = header.text("ConcatenationUID"), format.number_of_frames
        yield _Part(instance.index, columns, rows, kind_of(header), concatenation, count, format)


def kind_of(header: Header) -> str:
    """What of the slide it shows: Image Type value 3."""
    return next(iter(header.texts("ImageType")[2:3]), "").upper() or "VOLUME"
