"""Formats with a file for each picture: the files of a folder, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from dicomconv.annotations.drawn import Drawn, Fault

One = Callable[[Path], Iterable[Drawn | Fault]]


def files(path: Path, suffix: str) -> list[Path]:
    """The file itself, or all files of a suffix (of any, if it is empty) below a folder, by name; hidden ones are left out."""
    if not path.is_dir():
        return [path]
    found = (one for one in path.rglob("*") if one.suffix.lower().endswith(suffix) and one.is_file())
    return sorted(one for one in found if not any(part.startswith(".") for part in one.relative_to(path).parts))


def each(path: Path, suffix: str, read: One) -> Iterator[Drawn | Fault]:
    """What is read of each; in a folder, the places begin with the names of files."""
    for one in files(path, suffix):
        if one == path:
            yield from read(one)
            continue
        name = one.relative_to(path).as_posix()
        for found in read(one):
            yield replace(found, place=f"{name}, {found.place}" if found.place else name)
