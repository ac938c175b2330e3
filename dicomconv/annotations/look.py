"""What tells one annotation format from another: first bytes, keys of JSON, the root of XML, what is in a folder."""

import zlib
from functools import cached_property
from pathlib import Path
from xml.parsers import expat

from dicomconv.annotations import json_text
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.files import files

_FIRST = 1 << 16  # bytes
_GZIP = b"\x1f\x8b"


class Look:
    """A file or folder, looked at as far as it takes to tell what it is; what cannot be read looks like nothing."""

    def __init__(self, path: Path) -> None:
        self.path, self.is_folder = path, path.is_dir()

    @cached_property
    def first(self) -> bytes:
        """The first bytes of a file, a byte order mark left out."""
        try:
            with self.path.open("rb") as file:
                return file.read(_FIRST).removeprefix(b"\xef\xbb\xbf")
        except OSError:
            return b""

    @cached_property
    def unpacked(self) -> bytes:
        """The first bytes of what a gzip stream holds; of any other file, its first bytes."""
        if not self.first.startswith(_GZIP):
            return self.first
        try:
            return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(self.first, _FIRST)
        except zlib.error:
            return b""

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of an object in JSON; empty if it is something else."""
        if self.first.lstrip()[:1] != b"{":
            return frozenset()
        try:
            return frozenset(json_text.members(json_text.read_text(self.path)))
        except Unreadable:
            return frozenset()

    @cached_property
    def first_in_json(self) -> object:
        """The first element of a list in JSON, or the first value of an object; None if there is none."""
        try:
            text = json_text.read_text(self.path)
            if self.first.lstrip()[:1] == b"[":
                return next(json_text.elements(text), None)
            return json_text.value_at(text, next(iter(json_text.members(text).values())))
        except (Unreadable, StopIteration):
            return None

    @cached_property
    def root(self) -> str:
        """The name of the root element of XML; empty if it is something else."""
        found: list[str] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, _: found.append(name)
        try:
            parser.Parse(self.first, False)
        except (expat.ExpatError, ValueError, LookupError):
            return found[0] if found else ""
        return found[0] if found else ""

    @cached_property
    def inside(self) -> dict[str, "Look"]:
        """Of a folder, one file of each suffix, the first by name."""
        found: dict[str, Look] = {}
        for one in files(self.path, "") if self.is_folder else ():
            found.setdefault(one.suffix.lower(), Look(one))
        return found
