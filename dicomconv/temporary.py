"""Names of files that are not complete yet: whose they are can be told from them, so that what is left can be removed."""

import hashlib
import os
import platform
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

_MARK = re.compile(r"\.tmp-([0-9a-f]{8})-(\d+)(?:-[0-9a-f]+)?$").search


class Writer(NamedTuple):
    """The process that a temporary name names: a machine, by a short digest of its name, and a process id."""

    machine: str
    pid: int


@cache
def machine() -> str:
    """Eight digits that stand for this machine, and do not name it."""
    return hashlib.sha256(platform.node().encode("utf-8", "surrogatepass")).hexdigest()[:8]


def mark() -> str:
    """What the name of a file ends in before it is complete: `.tmp-`, the machine and the process."""
    return f".tmp-{machine()}-{os.getpid()}"


def writer_of(name: str) -> Writer | None:
    """Who writes, or wrote, what has this name; None if it is no temporary name of ours."""
    found = _MARK(name)
    return Writer(found[1], int(found[2])) if found else None


def sync_folder(folder: Path) -> None:
    """Have on the disk which names a folder holds."""
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open a directory
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
