"""What the paths of a call stand for: containers, sources, folders to write to."""

import os
from collections.abc import Iterable
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.remote import Source, Url, source_of

SUFFIX = ".h5"
PathLike = str | os.PathLike[str]
SourceLike = PathLike | Url


def as_paths(paths: PathLike | Iterable[PathLike]) -> list[Path]:
    """One path or several, however they are spelt."""
    return [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]


def as_sources(sources: SourceLike | Iterable[SourceLike]) -> list[Source]:
    """One source or several, however they are spelt: paths and URLs."""
    found = [sources] if isinstance(sources, str | os.PathLike | Url) else list(sources)
    return [source_of(one if isinstance(one, str | Url) else Path(one)) for one in found]


def find_containers(paths: Iterable[Path]) -> list[Path]:
    """The containers named, and those in the folders named, each once however it is spelt. UsageError if there is none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob(f"*{SUFFIX}") if not one.name.startswith("."))
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path} does not exist")
    if not found:
        raise UsageError("there are no containers (*.h5) in what was named")
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1]


def make_folder(folder: Path) -> None:
    """Make a folder to write to, if it is not there. UsageError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({(error.strerror or 'error').lower()})") from None
