"""Files that appear under their name whole or not at all."""

import os
import threading
from pathlib import Path


def temporary_beside(path: Path) -> Path:
    """The name under which a file is written before it is complete, in the same directory."""
    return path.with_name(f"{path.name}.tmp-{os.getpid()}-{threading.get_native_id()}")


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a complete file its name such that it survives a power cut from here on."""
    _sync(temporary, os.O_RDWR)
    temporary.replace(path)
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open a directory
        _sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
