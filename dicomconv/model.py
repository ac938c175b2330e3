"""The records that stages hand to each other and that hold no patient (see docs/architecture.md)."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `offset` of a file or of bytes in memory; read piece by piece, never wanted whole."""

    source: Path | bytes = field(repr=False)
    offset: int
    length: int

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` to `stop`, counted from the start of the span."""
        stop = self.length if stop is None else min(stop, self.length)
        if isinstance(self.source, bytes):
            return self.source[self.offset + start : self.offset + stop]
        with self.source.open("rb", buffering=0) as file:
            file.seek(self.offset + start)
            return _read_exactly(file.fileno(), max(0, stop - start))

    def view(self, start: int, stop: int) -> bytes | memoryview:
        """As `read`, without a copy where the bytes are in memory."""
        if isinstance(self.source, bytes):
            return memoryview(self.source)[self.offset + start : self.offset + min(stop, self.length)]
        return self.read(start, stop)

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The whole span in pieces of at most `size` bytes."""
        for start in range(0, self.length, size):
            yield self.read(start, start + size)


def _read_exactly(descriptor: int, length: int) -> bytes:
    pieces = []
    while length:
        piece = os.read(descriptor, length)
        if not piece:
            raise EOFError("the file became shorter while it was read")
        pieces.append(piece)
        length -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to one element: its path (`Sequence[0].Keyword`) and an action code; never the value."""

    path: str
    action: str


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A de-identified instance as the bytes of its file: head | pixel value | tail.

    `head`: preamble, File Meta, data set up to and including the header of the pixel data element (all of it when
    there is none). `dataset_start`: where the data set begins in `head`. `encapsulated`: the pixel value is fragments.
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
