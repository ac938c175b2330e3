"""Fingerprints of source files, keyed: by path, size and time, or by content; whoever has no key learns nothing."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.model import CHUNK

Fingerprint = Literal["stat", "hash"]


class Fingerprints:
    """What source files are known by. A file's is taken once, before the file is worked on."""

    def __init__(self, pseudonyms: Pseudonyms, kind: Fingerprint):
        self._keyed, self._of = pseudonyms.fingerprint, _by_content if kind == "hash" else _by_stat
        self._known: dict[str, bytes] = {}

    def of(self, path: Path | str) -> bytes:
        """The fingerprint of a file; one that cannot be read has that of its path alone."""
        name = os.fspath(path)
        found = self._known.get(name)
        if found is None:
            try:
                fields = self._of(name)
            except OSError:
                fields = ("unreadable", os.path.abspath(name))  # noqa: PTH100 - as it was named, links and all
            found = self._known[name] = self._keyed(*fields)[:16]
        return found

    def of_all(self, paths: Iterable[Path | str]) -> bytes:
        """The fingerprint of a set of files."""
        return self._keyed("set", *sorted(self.of(path).hex() for path in paths))


def _by_stat(name: str) -> tuple[str, ...]:
    status = os.stat(name)  # noqa: PTH116 - for every file of an archive
    return "stat", os.path.abspath(name), str(status.st_size), str(status.st_mtime_ns)  # noqa: PTH100 - as above


def _by_content(name: str) -> tuple[str, ...]:
    digest = hashlib.sha256()
    with open(name, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return "hash", digest.hexdigest()
