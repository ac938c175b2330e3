"""Files that appear under their name whole or not at all."""

import os
import platform
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dicomconv.errors import UsageError

BINARY = getattr(os, "O_BINARY", 0)  # Windows would end lines its own way


def process_mark(pid: int = 0) -> str:
    """What names of temporary files have of the process that writes them, this one or another of this machine.

    Where several machines write to one folder, a number of a process is not enough.
    """
    return f"{pid or os.getpid()}-{zlib.crc32(platform.node().encode()):08x}"


def temporary_beside(path: Path) -> Path:
    """The name under which a file is written before it is complete, in the same directory."""
    return path.with_name(f"{path.name}.tmp-{process_mark()}-{threading.get_native_id()}")


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a complete file its name such that it survives a power cut from here on."""
    _sync(temporary, os.O_RDWR)
    temporary.replace(path)
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open a directory
        _sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)


@contextmanager
def complete_file(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write to that gets its name when all is written. UsageError if it cannot be written.

    `mode`: who may read it, less what the user's mask takes away.
    """
    temporary = temporary_beside(path)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, mode), "wb") as file:
            yield file
        put_in_place(temporary, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({(error.strerror or 'error').lower()})") from None
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
