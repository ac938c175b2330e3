"""What the header of a JPEG 2000 or HTJ2K codestream says (ISO 15444-1 A), and whether it can be built within reason.

A codestream of 83 bytes may cut an image into as many precincts as it has pixels, for each of which a decoder takes
more than a hundred bytes; so tiles, precincts and code-blocks are counted before it is decoded.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from dicomconv.errors import Undecodable
from dicomconv.pixels.codestream import J2K_START, JP2_SIGNATURE, Codestream

START_OF_TILE, START_OF_DATA, CODING_STYLE, COMPONENT_STYLE = 0x90, 0x93, 0x52, 0x53
NO_PRECINCTS = 15
SOME_TILES, SAMPLES_PER_TILE = 1024, 4096
SOME_PRECINCTS, SAMPLES_PER_PRECINCT = 65536, 256
SOME_BLOCKS, SAMPLES_PER_BLOCK = 65536, 32


@dataclass(frozen=True, slots=True)
class Style:
    """A coding style: levels of decomposition, code-blocks and the precincts of each level as exponents of two."""

    levels: int
    block: tuple[int, int]
    precincts: tuple[tuple[int, int], ...]


def describe_jpeg_2000(data: bytes, start: int, stop: int | None = None) -> Codestream:
    """Size and sample format of a codestream that begins at `start`.

    Undecodable if it is cut into more tiles, precincts or code-blocks than its size explains.
    """
    right, bottom, left, top, *tile = struct.unpack_from(">8I", data, start + 8)
    samples, depth = struct.unpack_from(">HB", data, start + 40)
    rows, columns = bottom - top, right - left
    tiles = _tiles(right, bottom, tile)
    _check_structure(rows, columns, samples, tiles, list(_styles(data, start, samples)))
    return Codestream(
        "jpeg2k",
        rows,
        columns,
        samples,
        (depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        colour="RGB" if _has_component_transform(data, start) else "",
        start=start,
        stop=stop,
    )


def describe_jp2(data: bytes) -> Codestream | None:
    """The codestream in a JP2 file; DICOM wants it naked, and what its boxes say beside it counts for nothing."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if length == 1:
            length, content = struct.unpack_from(">Q", data, content)[0], at + 16
        stop = min(at + length, len(data)) if length else len(data)
        if kind == b"jp2c":
            return describe_jpeg_2000(data, content, stop) if data.startswith(J2K_START, content) else None
        if stop < content:
            return None
        at = stop
    return None


def is_jp2(data: bytes) -> bool:
    """Whether these are the bytes of a JP2 file."""
    return data.startswith(JP2_SIGNATURE)


def _tiles(right: int, bottom: int, tile: list[int]) -> int:
    width, height, left, top = tile
    if not width or not height or left > right or top > bottom:
        raise Undecodable("the tiles of the compressed frame have no size")
    return -(-(right - left) // width) * -(-(bottom - top) // height)


def _check_structure(rows: int, columns: int, samples: int, tiles: int, styles: list[Style]) -> None:
    area = rows * columns
    most_precincts = samples * max((sum(_precincts(rows, columns, style)) for style in styles), default=0)
    most_blocks = samples * max((sum(_blocks(rows, columns, style)) for style in styles), default=0)
    total = area * samples
    if (
        tiles > SOME_TILES + area // SAMPLES_PER_TILE
        or most_precincts > SOME_PRECINCTS + total // SAMPLES_PER_PRECINCT
        or most_blocks > SOME_BLOCKS + total // SAMPLES_PER_BLOCK
    ):
        raise Undecodable("the compressed frame is cut into more pieces than its size explains")


def _precincts(rows: int, columns: int, style: Style) -> Iterator[int]:
    """How many precincts each resolution has, in one component that is one tile (B.6)."""
    for below, (x, y) in enumerate(reversed(style.precincts)):
        yield _pieces(rows, below + y) * _pieces(columns, below + x)


def _blocks(rows: int, columns: int, style: Style) -> Iterator[int]:
    """How many code-blocks at most; those of the sub-bands of a resolution are no larger than half a precinct (B.7)."""
    for below, (x, y) in enumerate(reversed(style.precincts)):
        half = below < style.levels
        width, height = (max(0, min(size, end - half)) for size, end in zip(style.block, (x, y), strict=True))
        yield _pieces(rows, below + height) * _pieces(columns, below + width)


def _pieces(length: int, exponent: int) -> int:
    return -(-length // (1 << exponent))


def _styles(data: bytes, start: int, samples: int) -> Iterator[Style]:
    """The coding styles in the main header and in those of tile-parts, of all or of single components (A.6.1, A.6.2)."""
    for marker, at in _segments(data, start):
        if marker == CODING_STYLE:
            yield _style(data, at + 9, data[at + 4])
        elif marker == COMPONENT_STYLE:
            component = 1 if samples < 257 else 2
            yield _style(data, at + 5 + component, data[at + 4 + component])


def _style(data: bytes, at: int, flags: int) -> Style:
    levels, width, height = (data[at + i] & mask for i, mask in enumerate((0x3F, 0x0F, 0x0F)))
    sizes = data[at + 5 : at + 6 + levels] if flags & 1 else b""
    precincts = [(size & 0x0F, size >> 4) for size in sizes] or [(NO_PRECINCTS, NO_PRECINCTS)] * (levels + 1)
    return Style(levels, (width + 2, height + 2), tuple(precincts))


def _segments(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment of the main header and of the headers of tile-parts; data are passed over."""
    at, tile_part, length = start + 2, 0, 0
    while at + 12 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == START_OF_TILE:
            tile_part, length = at, struct.unpack_from(">I", data, at + 6)[0]
        if marker == START_OF_DATA:
            if tile_part + length <= at:  # up to the end of the codestream, or nonsense
                return
            at, length = tile_part + length, 0
            continue
        yield marker, at
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def _has_component_transform(data: bytes, start: int) -> bool:
    """Whether the coding style says RCT or ICT, so that what comes out of the decoder is RGB."""
    return any(marker == CODING_STYLE and data[at + 8] == 1 for marker, at in _segments(data, start))
