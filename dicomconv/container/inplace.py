"""Files that appear under their name whole or not at all."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dicomconv.errors import UsageError
from dicomconv.sync import BINARY, sync_file, sync_folder
from dicomconv.temporary import mark


def temporary_beside(path: Path) -> Path:
    """The name under which a file is written before it is complete, in the same directory."""
    return path.with_name(f"{path.name}{mark()}-{threading.get_native_id()}")


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a complete file its name such that it survives a power cut from here on."""
    sync_file(temporary)
    temporary.replace(path)
    sync_folder(path.parent)


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
        with suppress(OSError):  # where nothing can be written, nothing can be removed
            temporary.unlink(missing_ok=True)
