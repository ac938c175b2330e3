"""JPEG 2000 and HTJ2K (ISO 15444-1 A, 15444-15): comments go, lengths of tile-parts follow; JP2 files (annex I)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dicomconv.deid.codestream.boxes import Box, boxes, freed
from dicomconv.deid.codestream.edits import Damaged, Edit, around, behind, blanked
from dicomconv.deid.icc import cleaned

SOC_SIZ, EOC = b"\xff\x4f\xff\x51", b"\xff\xd9"
SOT, SOD, TLM, COM = 0x90, 0x93, 0x55, 0x64
KEPT = frozenset({*range(0x50, 0x64), *range(0x70, 0x7A)})  # parts 1, 2 and 15
SOT_LENGTH, PSOT = 12, 6
JP2_SIGNATURE = b"\0\0\0\x0cjP  "
KEPT_IN_JP2 = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"rreq"})
KEPT_IN_JP2_HEADER = frozenset({b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"res "})


class Segment(NamedTuple):
    """A marker segment: its code, where its marker begins, where it ends."""

    code: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class TilePart:
    """A tile-part; `length`: as its SOT says, 0 for up to the end of the codestream."""

    start: int
    length: int
    stop: int
    comments: tuple[Segment, ...]

    @property
    def cut(self) -> int:
        """How many bytes its comments take."""
        return sum(comment.stop - comment.start for comment in self.comments)


def surplus(frame: bytes) -> Iterator[Edit]:
    """What a frame does not need: comments, what stands before and behind; of a JP2 file what is no image."""
    if frame.startswith(JP2_SIGNATURE):
        yield from _surplus_of_jp2(frame)
        return
    begin = frame.find(SOC_SIZ)
    if begin < 0:
        raise Damaged
    main = list(_segments(frame, begin + 2, SOT))
    yield from _cut(segment for segment in main if segment.code not in KEPT)
    parts = list(_tile_parts(frame, main[-1].stop, len(frame)))
    for part in parts:
        yield from _cut(part.comments)
        if part.comments and part.length:
            yield Edit(part.start + PSOT, part.start + PSOT + 4, struct.pack(">I", part.length - part.cut))
    yield from _tile_part_lengths(frame, [segment for segment in main if segment.code == TLM], parts)
    end = parts[-1].stop
    yield from around(frame, begin, end + 2 if frame.startswith(EOC, end) else len(frame))


def _cut(segments: Iterator[Segment] | tuple[Segment, ...]) -> Iterator[Edit]:
    return (Edit(segment.start, segment.stop) for segment in segments)


def _segments(frame: bytes, at: int, last: int) -> Iterator[Segment]:
    """The segments of a header, up to the marker that ends it. Damaged if something else stands there."""
    while frame[at] == 0xFF and frame[at + 1] != last:
        code = frame[at + 1]
        stop = at + 2 + struct.unpack_from(">H", frame, at + 2)[0]
        if not 0x50 <= code < 0x80 or not at + 4 <= stop <= len(frame):
            raise Damaged
        yield Segment(code, at, stop)
        at = stop
    if frame[at] != 0xFF:
        raise Damaged


def _tile_parts(frame: bytes, at: int, limit: int) -> Iterator[TilePart]:
    """The tile-parts up to the end of the codestream, which a cut one may lack."""
    while frame.startswith(b"\xff\x90", at, limit):
        length = struct.unpack_from(">I", frame, at + PSOT)[0]
        inside = list(_segments(frame, at + SOT_LENGTH, SOD))
        data = (inside[-1].stop if inside else at + SOT_LENGTH) + 2
        stop = at + length if length else _end_of_data(frame, data, limit)
        if stop < data:
            raise Damaged
        stop = min(stop, limit)
        yield TilePart(at, length, stop, tuple(segment for segment in inside if segment.code not in KEPT))
        at = stop
    if not frame.startswith(EOC, at, limit) and frame[at:limit].strip(b"\0"):
        raise Damaged


def _end_of_data(frame: bytes, at: int, limit: int) -> int:
    """Where the end of codestream stands; no two bytes of packed data look like it (B.10.1)."""
    found = frame.find(EOC, at, limit)
    return found if found >= 0 else limit


def _tile_part_lengths(frame: bytes, tables: list[Segment], parts: list[TilePart]) -> Iterator[Edit]:
    """The lengths in TLM segments, less what was cut of each tile-part (A.7.1)."""
    if not any(part.cut for part in parts):
        return
    for place, part in zip(_length_places(frame, tables), parts, strict=False):
        old = int.from_bytes(frame[place.start : place.stop], "big")
        if part.cut and old == part.stop - part.start:
            yield Edit(place.start, place.stop, (old - part.cut).to_bytes(place.stop - place.start, "big"))


def _length_places(frame: bytes, tables: list[Segment]) -> Iterator[Edit]:
    """Where each length of a tile-part stands, in the order of the tile-parts."""
    for table in sorted(tables, key=lambda table: frame[table.start + 4]):
        kinds = frame[table.start + 5]
        index, size = kinds >> 4 & 3, 4 if kinds >> 6 & 1 else 2
        for at in range(table.start + 6, table.stop - index - size + 1, index + size):
            yield Edit(at + index, at + index + size)


def _surplus_of_jp2(frame: bytes) -> Iterator[Edit]:
    end = 0
    for box in boxes(frame, 0, len(frame)):
        if box.kind not in KEPT_IN_JP2:
            yield from freed(frame, box)
        elif box.kind == b"jp2h":
            yield from _surplus_of_jp2_header(frame, box)
        elif box.kind == b"jp2c":
            yield from _blanked_comments(frame, box)
        end = box.stop
    yield from behind(frame, end)


def _surplus_of_jp2_header(frame: bytes, header: Box) -> Iterator[Edit]:
    for box in boxes(frame, header.content, header.stop):
        if box.kind not in KEPT_IN_JP2_HEADER:
            yield from freed(frame, box)
        elif box.kind == b"colr" and frame[box.content] in (2, 3):  # an ICC profile
            profile = frame[box.content + 3 : box.stop]
            plain = cleaned(profile)
            if plain is None or len(plain) > len(profile):
                raise Damaged
            if plain != profile.rstrip(b"\0"):
                yield Edit(box.content + 3, box.stop, plain.ljust(len(profile), b"\0"))


def _blanked_comments(frame: bytes, box: Box) -> Iterator[Edit]:
    """Comments in a file of boxes are blanked, as other boxes may point behind them."""
    main = list(_segments(frame, box.content + 2, SOT))
    parts = list(_tile_parts(frame, main[-1].stop, box.stop))
    comments = [segment for segment in main if segment.code not in KEPT]
    for comment in (*comments, *(comment for part in parts for comment in part.comments)):
        is_text = comment.code == COM and comment.stop - comment.start >= 6
        yield from blanked(frame, comment.start + (6 if is_text else 4), comment.stop, b" " if is_text else b"\0")
    yield from blanked(frame, min(parts[-1].stop + 2, box.stop), box.stop)
