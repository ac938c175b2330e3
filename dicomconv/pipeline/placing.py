"""Files that get their names all together or not at all: what goes wrong with one takes the others back."""

import filecmp
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from dicomconv.errors import Malformed
from dicomconv.pipeline.plan import Existing

Placed = Literal["placed", "there", "taken"]


class Placing:
    """Names files below a folder. Left with an exception, everything is as it was before it was entered.

    `scratch`: a folder of its own on the same disk; beside it, `placed` tells all containers of a run what each of them
    has put in place. `mode`: that of folders that are made.
    """

    def __init__(self, folder: Path, scratch: Path, existing: Existing, *, mode: int = 0o777):
        self._folder, self._scratch, self._existing, self._mode = folder, scratch, existing, mode
        self._register = scratch.with_name("placed")
        self._placed: list[tuple[Path, str]] = []
        self._before: list[tuple[Path, Path]] = []
        self._made: list[Path] = []
        self._parents: set[Path] = set()

    def __enter__(self) -> Self:
        self._register.mkdir(mode=0o700, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._undo()

    def place(self, temporary: Path, target: Path) -> Placed:
        """Give a complete file its name; or say that an equal file is there and may stay, or that the name is taken."""
        self._make(target.parent)
        identity = _identity(temporary.lstat())
        if self._existing == "overwrite":
            (self._register / identity).touch()
            if not self._set_aside(target):
                return "taken"
        self._placed.append((target, identity))
        try:
            put_exclusively(temporary, target)
        except FileExistsError:
            self._placed.pop()
            return "there" if self._existing == "skip" and _is_equal(temporary, target) else "taken"
        return "placed"

    def _set_aside(self, target: Path) -> bool:
        """Take what has the name out of the way; False if that is a folder, or was put there in this very run."""
        try:
            status = target.lstat()
        except FileNotFoundError:
            return True
        if stat.S_ISDIR(status.st_mode) or self._is_of_this_run(status):
            return False
        before = self._scratch / f"before-{len(self._before)}"
        self._before.append((target, before))
        target.replace(before)
        return not self._is_of_this_run(before.lstat())  # another process may have placed it in between

    def _is_of_this_run(self, status: os.stat_result) -> bool:
        return (self._register / _identity(status)).exists()

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it. Malformed if a link leads it out of the one that is written to."""
        if folder in self._parents:
            return
        if not folder.resolve().is_relative_to(self._folder.resolve()):
            raise Malformed("a file's name leads out of the folder", "a record")
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=self._mode, exist_ok=True)
            self._made.append(one)
        self._parents.add(folder)

    def _undo(self) -> None:
        for target, identity in self._placed:
            if os.path.lexists(target) and _identity(target.lstat()) == identity:
                target.unlink()
        for target, before in self._before:
            if os.path.lexists(before) and not os.path.lexists(target):
                before.replace(target)
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                continue  # another container has a file in it


def _identity(status: os.stat_result) -> str:
    """What tells a file from all others, whatever its name."""
    return f"{status.st_dev:x}-{status.st_ino:x}"


def put_exclusively(temporary: Path, target: Path) -> None:
    """Give a complete file a name that nothing has. FileExistsError if something has it, whoever was faster."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links: an empty file takes the name first
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            temporary.replace(target)
        except (OSError, KeyboardInterrupt):
            target.unlink(missing_ok=True)
            raise


def _is_equal(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
