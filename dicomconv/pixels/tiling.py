"""Where the tiles of a slide lie in its total pixel matrix (PS3.3 C.7.6.17.3, C.8.12.4, C.8.12.6)."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Malformed, Undecodable
from dicomconv.header import Header
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.standard import tag_of

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
LARGEST_MATRIX = (1 << 31) - 1
PATHS = "several optical paths: the first is drawn"
PLANES = "several focal planes: the one next to the slide is drawn"

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tiling:
    """The tiles of one instance that make up one picture: one optical path, one focal plane.

    `columns`, `rows`: of the total pixel matrix; `tile_columns`, `tile_rows`: of a tile. `places` (tiles, 3): the
    matrix row and column of a tile's first pixel, both from 0, and its frame's index, sorted. `notes`: what is not
    drawn.
    """

    columns: int
    rows: int
    tile_columns: int
    tile_rows: int
    places: Places = field(repr=False)
    notes: tuple[str, ...] = ()


class _Tile(NamedTuple):
    """The place of a tile as its functional groups have it."""

    row: int
    column: int
    height: float
    path: str


def tiling(header: Header, format: PixelFormat) -> Tiling:
    """Where the tiles of an instance lie. Undecodable if its header does not say."""
    columns, rows = matrix_size(header, format)
    if _is_sparse(header):
        places, notes = _sparse_places(header, format)
    else:
        places, notes = _full_places(header, format, columns, rows)
    inside = (places[:, 0] < rows) & (places[:, 1] < columns) & (places[:, :2] > (-format.rows, -format.columns)).all(1)
    return Tiling(columns, rows, format.columns, format.rows, places[inside], notes)


def is_slide(sop_class_uid: str) -> bool:
    """Whether instances of this SOP class are the tiles of a whole slide."""
    return sop_class_uid == WHOLE_SLIDE


def without_tiles(header: Header) -> Header:
    """The same attributes without those of single tiles, which differ in nothing but their places."""
    per_frame = tag_of("PerFrameFunctionalGroupsSequence")
    return Header(header.buffer, [element for element in header if element.tag != per_frame], header.encoding, header)


def matrix_size(header: Header, format: PixelFormat) -> tuple[int, int]:
    """Columns and rows of the total pixel matrix; an instance without one is a single tile. Undecodable if too large."""
    keywords = "TotalPixelMatrixColumns", "TotalPixelMatrixRows"
    columns, rows = (int(header.number(keyword) or 0) for keyword in keywords)
    if columns < 1 or rows < 1:
        columns, rows = format.columns, format.rows
    if max(columns, rows) > LARGEST_MATRIX:
        raise Undecodable("the total pixel matrix is larger than 2147483647 columns or rows")
    return columns, rows


def _is_sparse(header: Header) -> bool:
    """Whether each frame says where it lies."""
    return header.text("DimensionOrganizationType") != "TILED_FULL" and "PerFrameFunctionalGroupsSequence" in header


def _full_places(header: Header, format: PixelFormat, columns: int, rows: int) -> tuple[Places, tuple[str, ...]]:
    """Tiles row by row from the upper left; then the other focal planes, then the other optical paths."""
    first = int(header.number("ConcatenationFrameOffsetNumber") or 0)
    across, down = -(-columns // format.columns), -(-rows // format.rows)
    count = min(max(0, across * down - first), format.number_of_frames)
    number = np.arange(first, first + count, dtype=np.int64)
    places = np.stack([number // across * format.rows, number % across * format.columns, number - first], axis=1)
    several = (
        (PATHS, (header.number("NumberOfOpticalPaths") or 1) > 1),
        (PLANES, (header.number("TotalPixelMatrixFocalPlanes") or 1) > 1),
    )
    return places, tuple(note for note, is_so in several if is_so)


def _sparse_places(header: Header, format: PixelFormat) -> tuple[Places, tuple[str, ...]]:
    """Tiles where their functional groups say: of the first path, and of each place that next to the slide."""
    values, heights, paths = array("q"), array("d"), dict[str, int]()
    try:
        for number, tile in zip(range(format.number_of_frames), _tiles(header), strict=False):
            values.extend((tile.row - 1, tile.column - 1, number, paths.setdefault(tile.path, len(paths))))
            heights.append(tile.height)
    except Malformed:
        raise Undecodable("the functional groups that say where tiles lie are damaged") from None
    places = np.array(values, np.int64).reshape(-1, 4)
    drawn = places[:, 3] == _first_path(header, paths)
    places, height = places[drawn, :3], np.array(heights)[drawn]
    order = np.lexsort((places[:, 2], height, places[:, 1], places[:, 0]))
    places = places[order]
    is_first = np.ones(len(places), bool)
    is_first[1:] = (places[1:, :2] != places[:-1, :2]).any(axis=1)
    notes = ((PATHS, len(paths) > 1), (PLANES, not is_first.all()))
    return places[is_first], tuple(note for note, is_so in notes if is_so)


def _first_path(header: Header, paths: dict[str, int]) -> int:
    """The first optical path of the slide that has a tile."""
    try:
        named = [item.text("OpticalPathIdentifier") for item in header.each_item("OpticalPathSequence")]
    except Malformed:
        named = []
    return next((paths[name] for name in named if name in paths), 0)


def _tiles(header: Header) -> Iterator[_Tile]:
    """The place of each frame, by frame number. Undecodable if one has none."""
    for group in header.each_item("PerFrameFunctionalGroupsSequence"):
        where = next(group.each_item("PlanePositionSlideSequence"), None)
        row = where.number("RowPositionInTotalImagePixelMatrix") if where else None
        column = where.number("ColumnPositionInTotalImagePixelMatrix") if where else None
        if where is None or row is None or column is None:
            raise Undecodable("a tile does not say where it lies")
        if max(abs(row), abs(column)) > LARGEST_MATRIX:
            raise Undecodable("a tile lies further off than any matrix is wide")
        path = next(group.each_item("OpticalPathIdentificationSequence"), None)
        height = where.number("ZOffsetInSlideCoordinateSystem") or 0.0
        yield _Tile(int(row), int(column), height, path.text("OpticalPathIdentifier") if path else "")
