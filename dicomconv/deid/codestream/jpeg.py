"""JPEG (ISO 10918-1 B, all processes) and JPEG-LS (ISO 14495-1 C): tables, frames and scans stay, all else goes."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from dicomconv.deid.codestream.edits import Damaged, Edit, around

SOI, EOI, SOS, APP0, APP8, APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE8, 0xEE
WITHOUT_SEGMENT = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RSTn
ADOBE_LENGTH, JFIF_LENGTH, MRFX_LENGTH = 12, 14, 5
PLAIN_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_MARKER = re.compile(rb"\xff[\x01-\xfe]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells JPEG-LS from JPEG: the markers whose segments stay, and where entropy-coded data end."""

    kept: frozenset[int]
    end_of_scan: re.Pattern[bytes]


JPEG = Dialect(
    # SOFn, DHT, DAC, DQT, DNL, DRI, DHP, EXP
    frozenset({*range(0xC0, 0xD0), SOS, *range(0xDB, 0xE0)}) - {0xC8},
    re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]"),  # a zero is stuffed behind FF
)
JPEG_LS = Dialect(
    frozenset({0xF7, 0xF8, SOS, 0xDB, 0xDC, 0xDD}),  # SOF55, LSE, DNL, DRI
    re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]"),  # a zero bit is stuffed behind FF
)


class Segment(NamedTuple):
    """A marker with its segment; `filled`: where what stands before the marker, and is not needed, begins."""

    code: int
    filled: int
    start: int
    stop: int


def surplus(frame: bytes, dialect: Dialect) -> Iterator[Edit]:
    """What a frame does not need: comments, application data, what stands before, between and behind its segments."""
    begin = frame.find(b"\xff\xd8")
    if begin < 0:
        raise Damaged
    for segment in _segments(frame, begin + 2, dialect):
        if segment.code == EOI:
            padded = frame[segment.filled : segment.start] == b"\xff"  # as encoders do to make the length even
            yield from () if padded else _filling(segment)
            yield from around(frame, begin, segment.stop)
            return
        yield from _filling(segment)
        content = frame[segment.start + 4 : segment.stop]
        kept = content if segment.code in WITHOUT_SEGMENT else _kept(segment.code, content, dialect)
        if kept != content:
            marker = b"" if kept is None else struct.pack(">BBH", 0xFF, segment.code, len(kept) + 2) + kept
            yield Edit(segment.start, segment.stop, marker)


surplus_of_jpeg = partial(surplus, dialect=JPEG)
surplus_of_jpeg_ls = partial(surplus, dialect=JPEG_LS)


def _filling(segment: Segment) -> Iterator[Edit]:
    if segment.filled < segment.start:
        yield Edit(segment.filled, segment.start)


def _segments(frame: bytes, at: int, dialect: Dialect) -> Iterator[Segment]:
    """The marker segments up to the end of the image; entropy-coded data are passed over. Damaged where there is none."""
    in_scan = False
    while True:
        found = (dialect.end_of_scan if in_scan else _MARKER).search(frame, at)
        if found is None and in_scan:
            return  # cut short: there is nothing behind the pixels
        if found is None:
            raise Damaged
        start = found.start()
        code = frame[start + 1]
        if code == SOI or (in_scan and code < 0xC0):
            raise Damaged
        filled = _without_fill(frame, at, start) if in_scan else at
        stop = start + 2 if code in WITHOUT_SEGMENT or code == EOI else _stop(frame, start)
        yield Segment(code, filled, start, stop)
        if code == EOI:
            return
        in_scan = code == SOS
        at = stop


def _without_fill(frame: bytes, first: int, marker: int) -> int:
    """Where the bytes FF that fill up to a marker begin."""
    while marker > first and frame[marker - 1] == 0xFF:
        marker -= 1
    return marker


def _stop(frame: bytes, start: int) -> int:
    length = int(struct.unpack_from(">H", frame, start + 2)[0])
    if length < 2 or start + 2 + length > len(frame):
        raise Damaged
    return start + 2 + length


def _kept(code: int, content: bytes, dialect: Dialect) -> bytes | None:
    """Of a segment what stays: of application data only what says what the colours are."""
    if code in dialect.kept:
        return content
    if code == APP0 and content.startswith(b"JFIF"):  # version, units, density; no preview
        return content[: JFIF_LENGTH - 2] + b"\0\0" if len(content) >= JFIF_LENGTH else PLAIN_JFIF
    if code == APP14 and content.startswith(b"Adobe") and len(content) >= ADOBE_LENGTH:
        return content[:ADOBE_LENGTH]
    if code == APP8 and content.startswith(b"mrfx") and len(content) == MRFX_LENGTH and dialect is JPEG_LS:
        return content  # HP's colour transform
    return None
