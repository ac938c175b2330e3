"""Numbers that layouts give to patients and studies: in the range that a layout has, no two the same, kept for ever."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from dicomconv.container.inplace import complete_file
from dicomconv.errors import UsageError

NAME = "export-numbers.json"


class Numbers:
    """The numbers that trees of containers have given, by purpose and pseudonym; `keep` writes what is new.

    `folders`: the trees that are exported together. UsageError if two of them gave one number, or two to one name.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._given: dict[str, dict[str, int]] = {}
        for folder in self._folders:
            for purpose, numbers in _read(folder / NAME).items():
                self._take(folder / NAME, purpose, numbers)
        self._taken = {purpose: set(numbers.values()) for purpose, numbers in self._given.items()}
        self._is_new = False

    def _take(self, path: Path, purpose: str, numbers: dict[str, int]) -> None:
        known = self._given.setdefault(purpose, {})
        names = {number: name for name, number in known.items()}
        for name, number in numbers.items():
            if known.setdefault(name, number) != number or names.setdefault(number, name) != name:
                raise UsageError(f"{path}: a number of the kind {purpose} is another one elsewhere; export the folders apart")

    def assign(self, purpose: str, names: Iterable[str], first: int, last: int) -> dict[str, int]:
        """A number for each pseudonym, from `first` to `last`; those that have one keep it. UsageError if there are too few.

        A new one is taken from the digest of the pseudonym, or the next that is free.
        """
        given, taken = self._given.setdefault(purpose, {}), self._taken.setdefault(purpose, set())
        wanted = sorted(set(names))
        for name in (one for one in wanted if one not in given):
            if len(taken) > last - first:
                raise UsageError(f"there are only {last - first + 1} numbers of the kind {purpose}; export fewer at a time")
            given[name] = _free(name, purpose, taken, first, last)
            taken.add(given[name])
            self._is_new = True
        return {name: given[name] for name in wanted}

    def in_order(self, purpose: str, names: Iterable[str], first: int) -> dict[str, int]:
        """Numbers one after the other, from `first`, for those that have none yet; none is given twice."""
        given = self._given.setdefault(purpose, {})
        taken = self._taken.setdefault(purpose, set())
        wanted = list(dict.fromkeys(names))
        last = max(taken, default=first - 1)
        for number, name in enumerate((one for one in wanted if one not in given), last + 1):
            given[name] = number
            taken.add(number)
            self._is_new = True
        return {name: given[name] for name in wanted}

    def keep(self) -> None:
        """Write the numbers, if any are new."""
        if not self._is_new:
            return
        content = json.dumps({"version": 1, "numbers": self._given}, indent=1, sort_keys=True).encode() + b"\n"
        for folder in self._folders:
            with complete_file(folder / NAME) as file:
                file.write(content)
        self._is_new = False


def _read(path: Path) -> dict[str, dict[str, int]]:
    """The numbers of one tree by purpose; none if it has given none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(purpose): {str(name): int(number) for name, number in numbers.items()}
            for purpose, numbers in content["numbers"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path} is damaged: bring it back from a copy, or remove it for new numbers") from None


def _free(name: str, purpose: str, taken: set[int], first: int, last: int) -> int:
    size = last - first + 1
    start = int.from_bytes(hashlib.sha256(f"{purpose}\0{name}".encode()).digest()[:8], "big") % size
    return next(first + (start + step) % size for step in range(size) if first + (start + step) % size not in taken)
