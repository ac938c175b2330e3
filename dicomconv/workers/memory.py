"""How much memory there is, and how much a process has."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
STATM = Path("/proc/self/statm")
SECONDS_TO_LOOK = 0.1 if STATM.exists() else 2.0  # between two looks at a process: else a program has to be asked
GROUPS = Path("/sys/fs/cgroup")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, KEPT = -1, -3, 1 << 25  # of malloc.h; bytes


def megabytes_of(pid: int) -> int:
    """The memory of a process that is its own (MB); 0 if it has ended or nobody can tell."""
    try:
        if STATM.exists():
            resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
            return (resident - shared) * PAGE >> 20
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=False, timeout=5).stdout
        return int(told or b"0") >> 10
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def megabytes_here() -> int:
    """The memory of this machine (MB), or as much as this process may have of it; 0 if nobody can tell."""
    try:
        there = os.sysconf("SC_PHYS_PAGES") * PAGE
    except (AttributeError, OSError, ValueError):
        return 0
    for path in _bounds():
        try:
            there = min(there, int(path.read_text()))
        except (OSError, ValueError):
            continue
    return there >> 20


def _bounds() -> Iterator[Path]:
    """The files that may say how much memory the control groups of this process may have, of either version."""
    try:
        groups = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for _, controllers, name in (line.split(":", 2) for line in groups if line.count(":") > 1):
        if controllers in ("", "memory"):
            top, bound = (GROUPS / controllers, "memory.limit_in_bytes") if controllers else (GROUPS, "memory.max")
            inner = top / name.lstrip("/")
            yield from (one / bound for one in (inner, *inner.parents) if one.is_relative_to(GROUPS))


def keep_freed_memory() -> None:
    """Have the allocator keep up to 32 MB that were freed: else each slice asks the system for the same memory again.

    Where glibc's mallopt(3) is; elsewhere nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
        mallopt(parameter, KEPT)
