"""How much memory there is, and how much a process has."""

import os
import subprocess
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
BOUNDS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def megabytes_of(pid: int) -> int:
    """The memory of a process that is its own (MB); 0 if it has ended or nobody can tell."""
    try:
        if Path("/proc/self/statm").exists():
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
    for path in BOUNDS:
        try:
            there = min(there, int(Path(path).read_text()))
        except (OSError, ValueError):
            continue
    return there >> 20
