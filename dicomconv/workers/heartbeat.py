"""Where a worker is: two numbers in memory that it shares with whoever watches it, written once a file and frame.

A place is the row of a file; below zero, what is read beside the files of a job; 0 is none of them.
"""

import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SIZE = 16
_cells = memoryview(bytearray(SIZE)).cast("q")  # of a process that nobody watches


def at(place: int) -> int:
    """Say that work on a place begins; the place before."""
    before = _cells[0]
    _cells[0] = place
    _cells[1] += 1
    return before


def beat() -> None:
    """Say that work goes on at the same place."""
    _cells[1] += 1


def along(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; that work goes on is said with each."""
    for item in items:
        beat()
        yield item


def join(descriptor: int) -> None:
    """Write to this board from now on."""
    global _cells
    _cells = memoryview(mmap.mmap(descriptor, SIZE)).cast("q")


class Board:
    """The two numbers as the one who watches sees them."""

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            self.descriptor = os.memfd_create("heartbeat")
        else:
            with tempfile.TemporaryFile() as file:
                self.descriptor = os.dup(file.fileno())
        os.ftruncate(self.descriptor, SIZE)
        self._cells = memoryview(mmap.mmap(self.descriptor, SIZE)).cast("q")

    @property
    def place(self) -> int:
        """Where the worker is."""
        return self._cells[0]

    @property
    def beats(self) -> int:
        """A number that changes while the worker gets on."""
        return self._cells[1]

    def clear(self) -> None:
        """Begin with no place."""
        self._cells[0] = 0

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)
