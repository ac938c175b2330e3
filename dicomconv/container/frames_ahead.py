"""The frames of a container read and hashed by threads, ahead of whoever wants them."""

import hashlib
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from dicomconv.container import schema
from dicomconv.container.reader import Container
from dicomconv.errors import VerificationFailed

WORKERS = min(4, os.cpu_count() or 1)
RUN = 1 << 20  # bytes of frames that are read as one piece of work
EMPTY = memoryview(b"")


class Checked(NamedTuple):
    """A frame that was read, and what is wrong with it."""

    stack: int
    frame: int
    stored: memoryview
    fault: str


class FramesAhead:
    """The frames in the order in which the recipes name them, then the others, read and hashed by threads ahead of use.

    `is_loose_only`: those alone that are in no file. Stands in for the container where files are rebuilt; collects the
    faults of the frames.
    """

    def __init__(self, container: Container, pool: ThreadPoolExecutor, *, is_loose_only: bool = False) -> None:
        self._container, self._pool, self._is_loose_only = container, pool, is_loose_only
        self.faults: list[str] = []
        self._digests = [stack.frames["sha256"] for stack in container.stacks]
        self._frames = self._ahead()
        self.header_row, self.encoded = container.header_row, container.encoded

    def frame_bytes(self, stack: int, index: int) -> memoryview:
        """The bytes of one frame; those before it are passed over, checked all the same."""
        for checked in self._frames:
            if checked.fault:
                self.faults.append(f"stack {checked.stack} frame {checked.frame}: {checked.fault}")
            if (checked.stack, checked.frame) == (stack, index):
                return checked.stored
        return EMPTY

    def finish(self) -> None:
        """Check the frames that no recipe has asked for."""
        self.frame_bytes(-1, -1)

    def _ahead(self) -> Iterator[Checked]:
        waiting: deque[Future[list[Checked]]] = deque()
        for run in self._runs():
            waiting.append(self._pool.submit(self._read, *run))
            if len(waiting) > 2 * WORKERS:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """(stack, first frame, frame after the last) in pieces of about RUN bytes."""
        for stack, first, stop, is_loose in self._places():
            if self._is_loose_only and not is_loose:
                continue
            size = max(1, RUN // self._container.stacks[stack].frame_length)
            for start in range(first, stop, size):
                yield stack, start, min(start + size, stop)

    def _places(self) -> Iterator[tuple[int, int, int, bool]]:
        """The same without regard for size, and whether a frame is in no file."""
        loose = [np.ones(len(stack), bool) for stack in self._container.stacks]
        for recipe in self._container.recipes:
            for piece in recipe:
                if piece.kind == schema.PieceKind.FRAMES:
                    loose[piece.source][piece.offset : piece.offset + piece.frame_count] = False
                    yield piece.source, piece.offset, piece.offset + piece.frame_count, False
        for stack, frames in enumerate(loose):
            yield from ((stack, int(index), int(index) + 1, True) for index in np.flatnonzero(frames))

    def _read(self, stack: int, first: int, stop: int) -> list[Checked]:
        return [self._check(stack, index) for index in range(first, stop)]

    def _check(self, stack: int, index: int) -> Checked:
        try:
            stored = self._container.frame_bytes(stack, index)
        except VerificationFailed:
            return Checked(stack, index, EMPTY, "the chunk is damaged")
        is_sound = hashlib.sha256(stored).digest() == self._digests[stack][index].tobytes()
        return Checked(stack, index, stored, "" if is_sound else "not what was packed")
