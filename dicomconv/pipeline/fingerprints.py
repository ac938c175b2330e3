"""Fingerprints of source files, keyed: by path, size and time, or by content; whoever has no key learns nothing."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.errors import DicomconvError
from dicomconv.stored import Where, chunks, in_full, stamp_of

Fingerprint = Literal["stat", "hash"]


class Fingerprints:
    """What source files are known by. A file's is taken once, before the file is worked on."""

    def __init__(self, pseudonyms: Pseudonyms, kind: Fingerprint):
        self._keyed, self._of = pseudonyms.fingerprint, _by_content if kind == "hash" else _by_stamp
        self._known: dict[Where, bytes] = {}

    def of(self, where: Where) -> bytes:
        """The fingerprint of a file; one that cannot be read has that of its path alone."""
        found = self._known.get(where)
        if found is None:
            try:
                fields = self._of(where)
            except (OSError, EOFError, DicomconvError):
                fields = ("unreadable", in_full(where))
            found = self._known[where] = self._keyed(*fields)[:16]
        return found

    def of_all(self, files: Iterable[Where]) -> bytes:
        """The fingerprint of a set of files."""
        return self._keyed("set", *sorted(self.of(where).hex() for where in files))


def _by_stamp(where: Where) -> tuple[str, ...]:
    inside = "" if isinstance(where, Path) else repr(where)  # has no name in it, and all else: the archive's own time too
    return "stat", in_full(where), inside, *map(str, stamp_of(where))


def _by_content(where: Where) -> tuple[str, ...]:
    digest = hashlib.sha256()
    for chunk in chunks(where):
        digest.update(chunk)
    return "hash", digest.hexdigest()
