"""How an original is put together again: from sealed bytes and from the de-identified pixel value in the container.

An original is head, pixel value, tail (part10). Head and tail are sealed as they are. Of the pixel value, what went into
the de-identified one unchanged is taken from there; where values were changed in place, their difference is sealed.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dicomconv.model import CHUNK, Forward, Masked, Span, Spliced


class Kind(IntEnum):
    """Where the bytes of a piece come from."""

    SEALED = 0
    PIXELS = 1
    DIFFERENCE = 2  # sealed bytes, XOR the pixel value's


class Piece(NamedTuple):
    """`length` bytes; `offset`: where in the de-identified pixel value, 0 for sealed bytes."""

    kind: int
    offset: int
    length: int


PixelBytes = Callable[[int, int], Iterable[bytes | bytearray | memoryview]]  # from, to → the bytes in pieces


def pixel_pieces(original: Span, kept: Span) -> list[Piece]:
    """The pieces that make up the original pixel value; `kept`: the de-identified one."""
    found = list(_shared(original, kept))
    if not found and original.length == kept.length > 0:
        found = [(0, Piece(Kind.DIFFERENCE, 0, original.length))]
    elif not found:
        found = list(_ends(original, kept))
    return list(_filled(found, original.length))


def _shared(original: Span, kept: Span) -> Iterator[tuple[int, Piece]]:
    """(place in the original, piece) of each stretch that is read from the very file of the original, ascending."""
    position, behind = 0, 0
    for span, kind in _read_from(kept, Kind.PIXELS):
        place = span.offset - original.offset
        if _is_same(span, original) and behind <= place and 0 < span.length <= original.length - place:
            yield place, Piece(kind, position, span.length)
            behind = place + span.length
        position += span.length


def _read_from(span: Span, kind: Kind) -> Iterator[tuple[Span, Kind]]:
    """The stretches of files and of bytes that a span is read from, one after the other; `kind`: what is done to them."""
    source = span.source
    if isinstance(source, Masked):
        yield from _read_from(source.base.part(span.offset, span.offset + span.length), Kind.DIFFERENCE)
    elif isinstance(source, Spliced) and span.offset == 0 and span.length == sum(source.ends[-1:]):
        for one in _spliced(source):
            yield from _read_from(one, kind)
    else:
        yield span, kind


def _spliced(spliced: Spliced) -> Iterator[Span]:
    """The stretches that were put together, one after the other."""
    start = 0
    for end, offset in zip(spliced.ends, spliced.offsets, strict=True):
        base, offset = (
            (spliced.base, offset) if offset >= 0 else (Span(spliced.literal, 0, len(spliced.literal)), ~offset)
        )
        yield base.part(offset, offset + end - start)
        start = end


def _is_same(one: Span, other: Span) -> bool:
    return one.source is other.source or (isinstance(one.source, Path) and one.source == other.source)


def _ends(original: Span, kept: Span) -> Iterator[tuple[int, Piece]]:
    """What both begin with, and what both end with."""
    room = min(original.length, kept.length)
    start = _same(original, kept, room, 0, 0)
    if start:
        yield 0, Piece(Kind.PIXELS, 0, start)
    end = _same(original, kept, room - start, original.length, kept.length)
    if end:
        yield original.length - end, Piece(Kind.PIXELS, kept.length - end, end)


def _same(original: Span, kept: Span, most: int, original_end: int, kept_end: int) -> int:
    """How many bytes are the same at the start, or, counted from their ends, at the end."""
    count, backward = 0, bool(original_end)
    while count < most:
        size = min(CHUNK, most - count)
        one, other = (
            (one.read(end - count - size, end - count)[::-1] if backward else one.read(count, count + size))
            for one, end in ((original, original_end), (kept, kept_end))
        )
        if one != other:
            differs = np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8)
            return count + int(differs.argmax())
        count += size
    return count


def _filled(found: Iterable[tuple[int, Piece]], length: int) -> Iterator[Piece]:
    """The pieces, with sealed bytes wherever there is none."""
    position = 0
    for place, piece in found:
        if place > position:
            yield Piece(Kind.SEALED, 0, place - position)
        yield piece
        position = place + piece.length
    if length > position:
        yield Piece(Kind.SEALED, 0, length - position)


def is_exact(pieces: Iterable[Piece], original: Span, kept: Span) -> bool:
    """Whether the pieces that are taken from the pixel value are what stands in the original."""
    position, before, after = 0, Forward(original), Forward(kept)
    for piece in pieces:
        for start in range(0, piece.length if piece.kind == Kind.PIXELS else 0, CHUNK):
            stop = min(start + CHUNK, piece.length)
            here = before.read(position + start, position + stop)
            if here != after.read(piece.offset + start, piece.offset + stop):
                return False
        position += piece.length
    return position == original.length


def sealed_bytes(pieces: Iterable[Piece], original: Span, kept: Span) -> Iterator[bytes]:
    """What has to be sealed of the original pixel value."""
    position, before, after = 0, Forward(original), Forward(kept)
    for piece in pieces:
        for start in range(0, piece.length if piece.kind != Kind.PIXELS else 0, CHUNK):
            stop = min(start + CHUNK, piece.length)
            plain = before.read(position + start, position + stop)
            is_changed = piece.kind == Kind.DIFFERENCE
            yield difference(plain, after.read(piece.offset + start, piece.offset + stop)) if is_changed else plain
        position += piece.length


def difference(one: bytes | bytearray | memoryview, other: bytes | bytearray | memoryview) -> bytes:
    """The bytes of one XOR those of the other."""
    return np.bitwise_xor(np.frombuffer(one, np.uint8), np.frombuffer(other, np.uint8)).tobytes()


def rebuilt(pieces: Iterable[Piece], sealed: Callable[[int], bytes], pixels: PixelBytes) -> Iterator[bytes]:
    """The bytes of an original; `sealed`: gives the next so many sealed bytes."""
    for piece in pieces:
        if piece.kind == Kind.SEALED:
            for start in range(0, piece.length, CHUNK):
                yield sealed(min(CHUNK, piece.length - start))
            continue
        for chunk in pixels(piece.offset, piece.offset + piece.length):
            yield bytes(chunk) if piece.kind == Kind.PIXELS else difference(chunk, sealed(len(chunk)))
