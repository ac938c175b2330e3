"""Names of files that are not complete yet, and having them on the disk before they get their own.

Whose a file is can be told from its temporary name, so that what is left of a dead process can be removed.
"""

import os
import platform
import re
import zlib
from functools import cache
from typing import NamedTuple

_MARK = re.compile(r"\.tmp-(\d+)-([0-9a-f]{8})(?:-[0-9a-f]+)?$").search


class Writer(NamedTuple):
    """The process that a temporary name names: its number, and a machine, by a checksum of its name."""

    pid: int
    machine: str


@cache
def machine() -> str:
    """Eight digits that stand for this machine, and do not name it."""
    return f"{zlib.crc32(platform.node().encode('utf-8', 'surrogatepass')):08x}"


def process_mark(pid: int = 0) -> str:
    """What temporary names have of the process that writes them, this one or another of this machine.

    Where several machines write to one folder, the number of a process is not enough.
    """
    return f"{pid or os.getpid()}-{machine()}"


def mark() -> str:
    """What the name of a file ends in before it is complete."""
    return f".tmp-{process_mark()}"


def writer_of(name: str) -> Writer | None:
    """Who writes, or wrote, what has this name; None if it is no temporary name of ours."""
    found = _MARK(name)
    return Writer(int(found[1]), found[2]) if found else None
