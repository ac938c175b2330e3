"""The state folder of an output folder: on a local disk beside it, for its owner alone, used by one run at a time."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.remote import Source

LOCK = "lock"


def state_folder(out: Path, asked: Path | None) -> Path:
    """`--state`, or the folder beside OUT that is called like it and ends in `.state`."""
    if asked:
        return asked
    resolved = out.resolve()
    return resolved.with_name(f"{resolved.name}.state")


def check_state(folder: Path, out: Path, sources: Iterable[Source]) -> None:
    """UsageError if the folder lies in OUT, which is shared, or in a source, which is walked."""
    resolved = folder.resolve()
    if resolved == out.resolve() or out.resolve() in resolved.parents:
        raise UsageError(f"--state {folder} lies in OUT, which is shared; name a folder outside of it")
    for source in [one for one in sources if isinstance(one, Path)]:
        if source.resolve() == resolved or source.resolve() in resolved.parents:
            raise UsageError(f"--state {folder} lies in a source, which is walked; name a folder outside of it")


def made(folder: Path) -> Path:
    """The folder, made if need be. UsageError if it cannot be, or others can read it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_open = os.name != "nt" and folder.stat().st_mode & 0o077
    except OSError as error:
        raise UsageError(_unwritable(folder, error)) from None
    if is_open:
        raise UsageError(f"--state {folder} can be read by others; `chmod 700` it, or name another folder")
    return folder


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """The folder, made if need be, and nobody else's until this is left. UsageError if another run uses it."""
    try:
        descriptor = os.open(made(folder) / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UsageError(_unwritable(folder, error)) from None
    try:
        _lock(descriptor, folder)
        yield folder
    finally:
        os.close(descriptor)  # which lets go of the lock, as the end of a process does


def _unwritable(folder: Path, error: OSError) -> str:
    reason = (error.strerror or "error").lower()
    return f"--state {folder} cannot be written to ({reason}); name a folder on a local disk with --state"


def _lock(descriptor: int, folder: Path) -> None:
    """Take the lock, or say who has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"another run is at work with {folder}; wait for its end, or end it") from None
    except OSError as error:
        if sys.platform == "win32":
            raise UsageError(f"another run is at work with {folder}; wait for its end, or end it") from None
        reason = (error.strerror or "error").lower()
        raise UsageError(f"--state {folder} cannot be locked ({reason}); name a folder on a local disk") from None
