"""Any stretch of a deflated stream, without inflating all that is before it each time (RFC 1951, RFC 1952).

Decompressors are copied at places along the way; a stretch is inflated from the nearest one before it. What is kept is
bounded: the places are thinned out as the stream grows, and the blocks inflated last are remembered.
"""

import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from dicomconv.archives.limits import UNASKED_MEMBER, is_bomb
from dicomconv.errors import Malformed, Truncated
from dicomconv.model import Forward, Span

RAW, GZIP = -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
BLOCK = 1 << 18
FED, FED_FIRST = 1 << 16, 1 << 10
BLOCKS = 128  # remembered: 32 MiB
PLACES = 512  # of copies of decompressors, each some 45 kB
MAGIC = b"\x1f\x8b"
BOMB = "what is compressed unfolds to many times its own size, as a bomb does"


@dataclass(slots=True)
class _Position:
    """A decompressor between two blocks: how many bytes it took and gave, the checksum of what it gave.

    `fed`: how many bytes it gets at a time; little at first, as there may be very many short streams.
    """

    inflater: Any
    taken: int = 0
    given: int = 0
    crc: int = 0
    fed: int = FED_FIRST

    def copy(self) -> "_Position":
        return replace(self, inflater=self.inflater.copy())


class Inflated:
    """The bytes that a deflated stretch of a file unfolds to; safe to be read by several threads.

    `crc`: what the checksum of all of it has to be, if the stream does not say so itself.
    """

    def __init__(self, packed: Span, wbits: int, crc: int | None = None, unasked: int = UNASKED_MEMBER) -> None:
        self._packed, self._wbits, self._crc, self._unasked = Forward(packed, FED << 2), wbits, crc, unasked
        self._position = _Position(zlib.decompressobj(wbits))
        self._places = [self._position.copy()]
        self._every = BLOCK << 2
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._length = packed.length
        self._size: int | None = None

    def size(self) -> int:
        """How many bytes there are; the stream is read to its end for it, and checked."""
        with self._lock:
            index = self._places[-1].given // BLOCK
            while self._size is None:
                self._block(index)
                index += 1
            return self._size

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`; fewer if the stream ends before. Malformed or Truncated if it is damaged."""
        pieces = []
        with self._lock:
            for index in range(start // BLOCK, -(-stop // BLOCK)):
                block = self._block(index)
                pieces.append(block[max(0, start - index * BLOCK) : stop - index * BLOCK])
                if len(block) < BLOCK:
                    break
        return b"".join(pieces)

    def _block(self, index: int) -> bytes:
        """One block, remembered or inflated from the last place before it; a short one is the last."""
        if self._size is not None and index * BLOCK >= self._size:
            return b""
        if index in self._blocks:
            self._blocks.move_to_end(index)
            return self._blocks[index]
        near = self._places[bisect_right(self._places, index * BLOCK, key=lambda place: place.given) - 1]
        if not near.given <= self._position.given <= index * BLOCK:
            self._position = near.copy()
        while True:
            at, block = self._position.given // BLOCK, self._next_block()
            self._keep(at, block)
            if at == index or len(block) < BLOCK:
                return block if at == index else b""

    def _keep(self, index: int, block: bytes) -> None:
        """Remember a block, and, now and then, the place behind it."""
        self._blocks[index] = block
        if len(self._blocks) > BLOCKS:
            self._blocks.popitem(last=False)
        if len(block) < BLOCK:
            self._size = index * BLOCK + len(block)
        elif self._position.given >= self._places[-1].given + self._every:
            self._places.append(self._position.copy())
        if len(self._places) > PLACES:
            self._places = self._places[::2]
            self._every *= 2

    def _next_block(self) -> bytes:
        """The next block from where the stream is now; shorter than one at its end only."""
        position, pieces, wanted = self._position, list[bytes](), BLOCK
        while wanted and not (position.inflater.eof and not self._goes_on(position)):
            fed = self._packed.read(position.taken, min(position.taken + position.fed, self._length))
            position.fed = min(FED, 2 * position.fed)
            try:
                piece = position.inflater.decompress(fed, wanted)
            except zlib.error:
                raise Malformed("what is compressed is damaged", f"offset {position.taken} of it") from None
            rest = len(position.inflater.unconsumed_tail) + len(position.inflater.unused_data)
            if not piece and not fed and not position.inflater.eof:
                raise Truncated("what is compressed ends early", f"offset {position.taken} of it")
            position.taken += len(fed) - rest
            position.given += len(piece)
            position.crc = zlib.crc32(piece, position.crc) if self._crc is not None else 0
            pieces.append(piece)
            wanted -= len(piece)
            if is_bomb(position.given, position.taken, self._unasked):
                raise Malformed(BOMB, f"offset {position.taken} of it")
        if wanted and self._crc is not None and position.crc != self._crc:
            raise Malformed("what was compressed has not the checksum that its archive says", "its end")
        return b"".join(pieces)

    def _goes_on(self, position: _Position) -> bool:
        """Whether another gzip stream follows, as it does where files were put one behind the other."""
        last = min(position.taken + 2, self._length)
        if self._wbits != GZIP or self._packed.read(position.taken, last) != MAGIC:
            return False
        position.inflater, position.fed = zlib.decompressobj(self._wbits), FED_FIRST
        return True
