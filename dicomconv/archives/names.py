"""What members of an archive are called where names of originals are kept: each another."""

import re
from pathlib import PurePosixPath

from dicomconv.archives.limits import LONGEST_NAME, LONGEST_STEP, MOST_STEPS

_ROOT = re.compile(r"^[A-Za-z]:")


class Names:
    """Gives every member of an archive a name of its own that leads down from it, and nowhere else."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}  # names in small letters, and the last number that was put behind each
        self._folders: set[str] = set()

    def of(self, said: str) -> str:
        """The name of a member that an archive gives this one; `-2` is put behind the stem of one that is taken."""
        name = found = steps_down(said)
        number = self._files.get(name.casefold(), 1)
        while not self._is_free(found):
            number += 1
            path = PurePosixPath(name)
            found = str(path.with_name(f"{path.stem[: LONGEST_STEP // 5]}-{number}{path.suffix[: LONGEST_STEP // 5]}"))
        self._files[name.casefold()] = number
        self._files.setdefault(found.casefold(), 1)
        self._folders.update(str(one).casefold() for one in PurePosixPath(found).parents)
        return found

    def _is_free(self, name: str) -> bool:
        """Whether no other member has this name, lies below it, or is what it would lie below."""
        folded = name.casefold()
        above = (str(one).casefold() for one in PurePosixPath(name).parents)
        return (
            folded not in self._files and folded not in self._folders and not any(one in self._files for one in above)
        )


def steps_down(said: str) -> str:
    """A member's name without roots, drives and ways up, in steps that a disk takes."""
    if len(said) > LONGEST_NAME:
        said = said[-LONGEST_NAME:]
    steps = _ROOT.sub("", said.replace("\\", "/").replace("\0", "")).split("/")
    kept = [_fitted(step) for step in steps if step not in ("", ".", "..")]
    return "/".join(kept[-MOST_STEPS:]) or "member"


def _fitted(step: str) -> str:
    """A step without the middle of it, if it is longer than disks take."""
    encoded = step.encode("utf-8", "surrogateescape")
    if len(encoded) <= LONGEST_STEP:
        return step
    half = LONGEST_STEP // 2 - 4
    return (encoded[:half] + b"..." + encoded[-half:]).decode("utf-8", "surrogateescape")
