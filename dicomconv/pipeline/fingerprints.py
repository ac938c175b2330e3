"""Fingerprints of source files, keyed: by path, size and time, or by content; whoever has no key learns nothing."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.errors import DicomconvError
from dicomconv.source import SourceFile
from dicomconv.stored import Stored, Where, chunks, in_full, place_of, stamp_of

Fingerprint = Literal["stat", "hash"]
LENGTH = 16


class Fingerprints:
    """What source files are known by. A file's is taken once, before the file is worked on."""

    def __init__(self, pseudonyms: Pseudonyms, kind: Fingerprint):
        self._keyed, self._fields = pseudonyms.fingerprint, _by_content if kind == "hash" else _by_stamp
        self._taken: dict[str, bytes] = {}

    def of(self, name: str, files: Sequence[SourceFile]) -> list[bytes]:
        """The fingerprints of the files of a series. `name`: its, by which they are known from the first time on."""
        if name not in self._taken:
            self._taken[name] = b"".join(self._keyed(*_tried(self._fields, file.path))[:LENGTH] for file in files)
        taken = self._taken[name]
        return [taken[start : start + LENGTH] for start in range(0, len(taken), LENGTH)]

    def of_all(self, name: str, files: Iterable[str | Stored]) -> bytes:
        """The fingerprint of the set of all files of a patient, by path, size and time."""
        if name not in self._taken:
            each = (self._keyed(*_tried(_by_stamp, place_of(file))) for file in files)
            self._taken[name] = self._keyed("set", *(one.hex() for one in sorted(each)))
        return self._taken[name]


def _tried(fields: Callable[[Where], tuple[str, ...]], where: Where) -> tuple[str, ...]:
    """What a file is known by; one that cannot be read is by its path alone."""
    try:
        return fields(where)
    except (OSError, EOFError, DicomconvError):
        return "unreadable", in_full(where)


def _by_stamp(where: Where) -> tuple[str, ...]:
    inside = "" if isinstance(where, Path) else repr(where)  # has no name in it, and all else: the archive's own time too
    return "stat", in_full(where), inside, *map(str, stamp_of(where))


def _by_content(where: Where) -> tuple[str, ...]:
    digest = hashlib.sha256()
    for chunk in chunks(where):
        digest.update(chunk)
    return "hash", digest.hexdigest()
