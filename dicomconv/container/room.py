"""Room on the disk for what HDF5 writes at the end: where it finds none, it ends the process."""

import ctypes
import errno
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import h5py

KEEP_SIZE = 1  # FALLOC_FL_KEEP_SIZE of linux/falloc.h: blocks beyond the end, and the length as it is
AT_LEAST, PER_INSTANCE = 1 << 17, 1 << 11


def reserve(file: h5py.File, instances: int) -> None:
    """Have blocks for all of a file and for the tables that follow. OSError if the disk has not so many left.

    Tables take some 300 bytes an instance, and 30 kB. Where blocks cannot be reserved, free ones are counted.
    """
    descriptor, more, function = file.id.get_vfd_handle(), AT_LEAST + PER_INSTANCE * instances, _fallocate()
    fault = function(descriptor, file.id.get_filesize() + more) if function else errno.EOPNOTSUPP
    if fault in (errno.EOPNOTSUPP, errno.ENOSYS):
        status = os.fstatvfs(descriptor) if hasattr(os, "fstatvfs") else None
        fault = errno.ENOSPC if status and status.f_bavail * status.f_frsize < more else 0
    if fault:
        raise OSError(fault, os.strerror(fault))


def divert(file: h5py.File) -> None:
    """Let HDF5 write the rest of a file that is given up to memory, which is thrown away."""
    if file.id.valid and hasattr(os, "memfd_create"):
        spare = os.memfd_create("given up")
        os.dup2(spare, file.id.get_vfd_handle())
        os.close(spare)


def release(path: Path) -> None:
    """Give back blocks that were reserved and not needed."""
    os.truncate(path, path.stat().st_size)


@cache
def _fallocate() -> Callable[[int, int], int] | None:
    """Linux's fallocate(2) without a change of length, of which Python's os has none: the error's number, or 0."""
    try:
        function = ctypes.CDLL(None, use_errno=True).fallocate64
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return lambda descriptor, length: ctypes.get_errno() if function(descriptor, KEEP_SIZE, 0, length) else 0


def system_error(error: BaseException) -> int:
    """Which error of the system HDF5 quotes, whatever it makes of it: of a full disk a RuntimeError; 0 if none."""
    found = re.search(r"\berrno = (\d+)", str(error)) if isinstance(error, OSError | RuntimeError | ValueError) else None
    return int(found[1]) if found else 0
