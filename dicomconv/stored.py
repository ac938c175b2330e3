"""Where an original lies: a file of its own, or something stored in something else that is read by ranges."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from dicomconv.model import CHUNK, Span, read_file


class Stored(Protocol):
    """A file that lies in an archive or behind a URL: picklable, hashable, and without a name in its repr."""

    @property
    def size(self) -> int:
        """How many bytes it has."""

    @property
    def modified_ns(self) -> int:
        """When it was last modified, as far as that is known (ns since 1970)."""

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""

    def stamp(self) -> tuple[int, int]:
        """Its length and when it was last modified, looked up anew. OSError if it is not there any more."""

    def shown(self) -> str:
        """Its name for the operator's eyes."""


Where = Path | Stored


def place_of(spelt: str | Where) -> Where:
    """Where something lies whose path is text."""
    return Path(spelt) if isinstance(spelt, str) else spelt


def span_of(where: Where) -> Span:
    """All of it, to be read piece by piece."""
    return Span(where, 0, size_of(where))


def size_of(where: Where) -> int:
    """How many bytes it has."""
    return where.stat().st_size if isinstance(where, Path) else where.size


def stamp_of(where: Where) -> tuple[int, int]:
    """Its length and when it was last modified (ns since 1970): what changes when somebody writes to it."""
    if not isinstance(where, Path):
        return where.stamp()
    status = where.stat()
    return status.st_size, status.st_mtime_ns


def all_bytes(where: Where) -> bytes:
    """All of its bytes."""
    return read_file(where, 0, None) if isinstance(where, Path) else where.read(0, where.size)


def chunks(where: Where, size: int = CHUNK) -> Iterator[bytes]:
    """All of its bytes, piece by piece."""
    if not isinstance(where, Path):
        yield from span_of(where).chunks(size)
        return
    with where.open("rb") as stream:
        while chunk := stream.read(size):
            yield chunk


def shown(where: Where) -> str:
    """Its name for the operator's eyes: a path, or what stands for one."""
    return str(where) if isinstance(where, Path) else where.shown()


def in_full(where: Where) -> str:
    """The same, with the path from the root."""
    return shown(where.absolute() if isinstance(where, Path) else where)
