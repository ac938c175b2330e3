"""What members of an archive are called where names of originals are kept: each another."""

import re
from pathlib import PurePosixPath

from dicomconv.archives.limits import LONGEST_NAME, LONGEST_STEP, MOST_STEPS

SHORT_STEP = LONGEST_STEP // 5  # in letters, of four bytes at most
_ROOT = re.compile(r"^[A-Za-z]:")


class Names:
    """Gives every member of an archive a name of its own that leads down from it, and nowhere else."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: dict[str, str] = {"": ""}  # as they were said, and as they are given
        self._given: set[str] = set()
        self._numbers: dict[str, int] = {}

    def of(self, said: str) -> str:
        """The name of a member that an archive gives this one; `-2` is put behind the stem of one that is taken."""
        *above, last = steps_down(said)
        folder = ""
        for step in above:
            folder = self._folder(f"{folder}{step}/")
        name = self._unused(folder + last)
        self._files.add(name)
        return name

    def _folder(self, said: str) -> str:
        """The name that a folder is given: its own, unless that is a file's."""
        if said not in self._folders:
            self._folders[said] = self._unused(said[:-1]) + "/" if said[:-1] in self._files else said
            self._given.add(self._folders[said])
        return self._folders[said]

    def _unused(self, name: str) -> str:
        """The name, or with the first number behind its stem that makes it another."""
        found, path = name, PurePosixPath(name)
        while found in self._files or f"{found}/" in self._given:
            number = self._numbers[name] = self._numbers.get(name, 1) + 1
            found = str(path.with_name(f"{path.stem[:SHORT_STEP]}-{number}{path.suffix[:SHORT_STEP]}"))
        return found


def steps_down(said: str) -> list[str]:
    """The steps of a member's name without roots, drives and ways up, each one that a disk takes."""
    if len(said) > LONGEST_NAME:
        said = said[-LONGEST_NAME:]
    steps = _ROOT.sub("", said.replace("\\", "/").replace("\0", "")).split("/")
    kept = [_fitted(step) for step in steps if step not in ("", ".", "..")]
    return kept[-MOST_STEPS:] or ["member"]


def _fitted(step: str) -> str:
    """A step without the middle of it, if it is longer than disks take."""
    encoded = step.encode("utf-8", "surrogateescape")
    if len(encoded) <= LONGEST_STEP:
        return step
    half = LONGEST_STEP // 2 - 4
    return (encoded[:half] + b"..." + encoded[-half:]).decode("utf-8", "surrogateescape")
