"""Objects below a URL, put, listed and taken away: where results go when OUT is no folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dicomconv.remote import call, modified_ns, path_in


class Stamp(NamedTuple):
    """The length of an object and when it was last modified (ns since 1970)."""

    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """What lies below a URL, by names with slashes. Everything raises OSError, with a sentence that names no object."""

    url: str = field(repr=False)

    def put(self, files: Mapping[str, Path]) -> None:
        """Put files there, each whole or not at all, several at a time."""
        if files:
            call(self.url, "put", [str(path) for path in files.values()], [self._path(name) for name in files])

    def write(self, name: str, content: bytes) -> None:
        """Put an object there."""
        call(self.url, "pipe_file", self._path(name), content)

    def read(self, name: str) -> bytes | None:
        """What an object holds; None if there is none."""
        try:
            found: bytes = call(self.url, "cat_file", self._path(name))
        except FileNotFoundError:
            return None
        return found

    def listed(self, folder: str) -> dict[str, Stamp]:
        """All objects below a folder, by their names below that."""
        top = self._path(folder)
        try:
            found = call(self.url, "find", top, detail=True)
        except FileNotFoundError:
            return {}
        return {name.removeprefix(f"{top}/"): Stamp(int(told["size"]), modified_ns(told)) for name, told in found.items()}

    def remove(self, names: Iterable[str]) -> None:
        """Take objects away, if they are there."""
        if paths := [self._path(name) for name in names]:
            try:
                call(self.url, "rm", paths)
            except FileNotFoundError:
                return

    def _path(self, name: str) -> str:
        return f"{path_in(self.url)}/{name}".rstrip("/")
