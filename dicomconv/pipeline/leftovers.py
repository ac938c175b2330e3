"""What runs that were killed left behind under temporary names: removed by the next, never that of a live one."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from dicomconv.temporary import machine, writer_of

QUIET_HERE, QUIET_ELSEWHERE = 3600, 24 * 3600  # seconds without a change after which nobody writes any more


def remove_leftovers(out: Path, depth: int = 3) -> int:
    """Remove what dead processes left in a folder, and so many folders below it; how many files and folders it was.

    To be called while no other run into this folder can be under way on this machine. What a process of this machine
    left is removed when there is no such process, or when nothing has changed for an hour; of another, after a day.
    """
    found = list(_left(out, depth))
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found)


def _left(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        path = Path(entry.path)
        if writer_of(entry.name):
            if _is_abandoned(path):
                yield path
        elif depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _left(path, depth - 1)


def _is_abandoned(path: Path) -> bool:
    """Whether whoever wrote this is gone, as far as can be told from here."""
    writer = writer_of(path.name)
    try:
        quiet = time.time() - path.lstat().st_mtime
    except OSError:
        return False
    if writer is None or writer.machine != machine():
        return quiet > QUIET_ELSEWHERE
    if writer.pid == os.getpid() or not _is_alive(writer.pid) or quiet > QUIET_HERE:
        return True
    return _began(writer.pid) > time.time() - quiet


def _began(pid: int) -> float:
    """When a process began, in seconds since 1970: one that began after a file was left got its number from another.

    0 where that cannot be told; the end of time for one that is dead and only not yet buried by its parent.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        booted = next(line for line in Path("/proc/stat").read_text(encoding="ascii").splitlines() if line[:6] == "btime ")
        ticks = int(fields[18])
    except (OSError, ValueError, StopIteration, IndexError):
        return 0
    return float("inf") if state == "Z" else float(booted[6:]) + ticks / os.sysconf("SC_CLK_TCK") - 1


def _is_alive(pid: int) -> bool:
    """Whether there is such a process on this machine."""
    if os.name == "nt":
        return True  # there is no way to ask without a chance to end it
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
