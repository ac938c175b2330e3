"""The records that stages hand to each other and that hold no patient (see docs/architecture.md)."""

import hashlib
import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 22
READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
SMALLEST_BLOCK = 1 << 12


class Readable(Protocol):
    """Bytes that are made when they are read: a span with parts replaced, with bits masked, with boxes blanked."""

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `offset` of a file, of bytes in memory, or of bytes that are made when they are read.

    Read piece by piece, never wanted whole.
    """

    source: Path | bytes | Readable = field(repr=False)
    offset: int
    length: int

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` to `stop`, counted from the start of the span."""
        stop = self.length if stop is None else min(stop, self.length)
        if isinstance(self.source, bytes):
            return self.source[self.offset + start : self.offset + stop]
        if not isinstance(self.source, Path):
            return self.source.read(self.offset + start, self.offset + max(start, stop))
        return read_file(self.source, self.offset + start, max(0, stop - start))

    def view(self, start: int, stop: int) -> bytes | memoryview:
        """As `read`, without a copy where the bytes are in memory."""
        if isinstance(self.source, bytes):
            return memoryview(self.source)[self.offset + start : self.offset + min(stop, self.length)]
        return self.read(start, stop)

    def part(self, start: int, stop: int | None = None) -> "Span":
        """The span from `start` to `stop` of this one."""
        stop = self.length if stop is None else min(stop, self.length)
        return Span(self.source, self.offset + start, max(0, stop - start))

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The whole span in pieces of at most `size` bytes."""
        for start in range(0, self.length, size):
            yield self.read(start, start + size)


def read_file(path: Path, offset: int, length: int | None) -> bytes:
    """`length` bytes of a file from an offset, or all there are. EOFError if there are fewer."""
    descriptor = os.open(path, READ_ONLY)
    try:
        if length is None:
            length = os.fstat(descriptor).st_size - offset
        if offset:
            os.lseek(descriptor, offset, os.SEEK_SET)
        return _read_exactly(descriptor, length)
    finally:
        os.close(descriptor)


def _read_exactly(descriptor: int, length: int) -> bytes:
    pieces = []
    while length:
        piece = os.read(descriptor, length)
        if not piece:
            raise EOFError("the file became shorter while it was read")
        pieces.append(piece)
        length -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Forward:
    """Reads a span from its start to its end in few calls, though it is asked for little at a time.

    A file is opened for every read of a span: what is near to what was asked for is read with it. Where one request
    lies far behind the one before, little is.
    """

    def __init__(self, span: Span, block: int = 1 << 20) -> None:
        self._span, self._largest = span, block
        self._start, self._block = 0, b""

    def read(self, start: int, stop: int) -> bytes:
        """As `Span.read`."""
        if isinstance(self._span.source, bytes):
            return self._span.read(start, stop)
        if not self._start <= start <= stop <= self._start + len(self._block):
            is_near = start - self._start < self._largest // 4
            ahead = self._largest if is_near else SMALLEST_BLOCK
            self._start, self._block = start, self._span.read(start, max(stop, start + ahead))
        return self._block[start - self._start : stop - self._start]


@dataclass(frozen=True, slots=True)
class Spliced:
    """A span with stretches of it left out or replaced, read as one; made by `Splice`.

    `ends`: where each piece ends; `offsets`: where it begins in `base`, or, as ~offset, in `literal`. Pieces of `base`
    come in the order they have there.
    """

    base: Span
    literal: bytes = field(repr=False)
    ends: "array[int]" = field(repr=False)
    offsets: "array[int]" = field(repr=False)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        pieces = list(self._pieces(start, stop))
        kept = [(offset, offset + length) for offset, length in pieces if offset >= 0]
        first, last = (kept[0][0], kept[-1][1]) if kept else (0, 0)
        if last - first > 2 * (stop - start) + CHUNK:  # much was left out in between: not read along with the rest
            return b"".join(self._piece(offset, length) for offset, length in pieces)
        covering = memoryview(self.base.view(first, last))
        return b"".join(
            covering[offset - first : offset - first + length] if offset >= 0 else self._piece(offset, length)
            for offset, length in pieces
        )

    def _pieces(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """(offset, length) of what lies between two places."""
        index = bisect_right(self.ends, start)
        while start < stop and index < len(self.ends):
            end, offset = self.ends[index], self.offsets[index]
            skipped = start - (self.ends[index - 1] if index else 0)
            length = min(stop, end) - start
            yield (offset + skipped if offset >= 0 else offset - skipped), length
            start, index = start + length, index + 1

    def _piece(self, offset: int, length: int) -> bytes:
        return self.base.read(offset, offset + length) if offset >= 0 else self.literal[~offset : ~offset + length]


class Splice:
    """Puts a span together from stretches of another, in their order, and from bytes in between."""

    def __init__(self, base: Span) -> None:
        self._base, self._literal = base, bytearray()
        self._offsets, self._lengths = array("q"), array("q")
        self.length = 0

    def keep(self, start: int, stop: int) -> None:
        """Go on with a stretch of the base."""
        if self._offsets and self._offsets[-1] >= 0 and self._offsets[-1] + self._lengths[-1] == start:
            self._lengths[-1] += stop - start
        elif stop > start:
            self._offsets.append(start)
            self._lengths.append(stop - start)
        self.length += max(0, stop - start)

    def put(self, content: bytes) -> None:
        """Go on with these bytes."""
        offset = len(self._literal)
        self._literal += content
        if self._offsets and self._offsets[-1] < 0 and ~self._offsets[-1] + self._lengths[-1] == offset:
            self._lengths[-1] += len(content)
        elif content:
            self._offsets.append(~offset)
            self._lengths.append(len(content))
        self.length += len(content)

    def span(self, before: bytes = b"") -> Span:
        """All that was put together, behind these bytes."""
        offsets = array("q", [~len(self._literal)] if before else []) + self._offsets
        lengths = array("q", [len(before)] if before else []) + self._lengths
        ends = array("q", accumulate(lengths))
        spliced = Spliced(self._base, bytes(self._literal) + before, ends, offsets)
        return Span(spliced, 0, self.length + len(before))


@dataclass(frozen=True, slots=True)
class Masked:
    """Words of `dtype` with nothing in the bits that are not stored ones: above `high_bit`, below the lowest.

    Those above it are zero in unsigned words and the sign in signed ones. A cut word at the very end is as it was.
    """

    base: Span
    dtype: str
    bits_stored: int
    high_bit: int

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        size = np.dtype(self.dtype).itemsize
        first, whole = start - start % size, self.base.length - self.base.length % size
        last = min(stop + -stop % size, whole)
        content = self.base.view(first, max(first, last))
        masked = masked_words(np.frombuffer(content, self.dtype), self.bits_stored, self.high_bit).tobytes()
        rest = self.base.read(max(start, whole), stop) if stop > whole else b""
        return masked[start - first : max(0, min(stop, last) - first)] + rest


def masked_words(words: NDArray[Any], bits_stored: int, high_bit: int) -> NDArray[Any]:
    """The words with nothing in the bits that are not stored ones (PS3.5 8.1.1)."""
    above, below = 8 * words.dtype.itemsize - 1 - high_bit, high_bit + 1 - bits_stored
    native = words.astype(words.dtype.newbyteorder("="), copy=False)
    return (((native << above) >> (above + below)) << below).astype(words.dtype, copy=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to one element: its path (`Sequence[0].Keyword`) and an action code; never the value."""

    path: str
    action: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of stored pixels: columns `left` to `right` and rows `top` to `bottom`, the ends not included.

    Counted from 0 at the upper left corner of the image. `by`: what found it.
    """

    left: int
    top: int
    right: int
    bottom: int
    by: str = ""

    def meets(self, other: "Box") -> bool:
        """Whether the two have a pixel in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A de-identified instance as the bytes of its file: head | pixel value | tail.

    `head`: preamble, File Meta, data set up to and including the header of the pixel data element (all of it when
    there is none). `dataset_start`: where the data set begins in `head`. `encapsulated`: the pixel value is fragments.
    `blanked`: the boxes of text that were blanked; None if no text was looked for.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    dataset_start: int
    pixel_keyword: str
    encapsulated: bool
    head: bytes = field(repr=False)
    pixels: Span
    tail: bytes = field(repr=False)
    changes: tuple[Change, ...] = field(default=(), repr=False)
    blanked: tuple[Box, ...] | None = None

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, piece by piece."""
        yield self.head
        yield from self.pixels.chunks()
        yield self.tail

    def sha256(self) -> bytes:
        """The digest of the file's bytes."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.digest()


Status = Literal["converted", "skipped", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source file: one row of the manifest. `facts` hold de-identified values only."""

    row: int
    status: Status
    reason: str = ""
    facts: dict[str, object] = field(default_factory=dict)
