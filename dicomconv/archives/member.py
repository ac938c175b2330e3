"""A member of an archive as a file that is read where it lies; nothing is unpacked to disk."""

from dataclasses import dataclass, field
from errno import EIO
from functools import lru_cache
from typing import Literal

from isal import isal_zlib

from dicomconv.archives import limits
from dicomconv.archives.stream import GZIP, RAW, Inflated
from dicomconv.errors import Malformed, Truncated
from dicomconv.model import CHUNK, Span
from dicomconv.stored import Where, shown, stamp_of

HEAD = 1 << 16
AT_ONCE = 1 << 24  # of members up to this size all is inflated when any of it is wanted

NOT_WHAT_IT_SAYS = "a member has not the size or checksum that its archive says"
DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub says that it is one of them
Coding = Literal["plain", "deflated", "gzip"]


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive as it was when it was walked: where it is, its length, when it was last modified."""

    where: Where = field(repr=False)
    length: int
    modified_ns: int

    def span(self) -> Span:
        """All of its bytes."""
        return Span(self.where, 0, self.length)

    def check(self) -> None:
        """OSError if it is not there any more, or not what it was."""
        if stamp_of(self.where) != (self.length, self.modified_ns):
            raise OSError(EIO, "the archive was changed after it was walked")


@dataclass(frozen=True, slots=True)
class Member:
    """`size` bytes of an archive. `plain`: they begin at `start`. `deflated`: `packed` bytes from `start` unfold to them.

    `gzip`: the whole archive unfolds, and they begin at `start` of that. `crc`: their checksum, if it is known.
    """

    archive: Archive
    name: str = field(repr=False)
    coding: Coding
    start: int
    packed: int
    size: int
    crc: int | None = None
    modified_ns: int = 0

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`. Malformed or Truncated if the archive is damaged there."""
        stop = min(stop, self.size)
        if stop <= start:
            return b""
        if self.coding == "gzip":
            found = unfolded(self.archive).read(self.start + start, self.start + stop)
        elif self.coding == "plain":
            found = self._plain(start, stop)
        elif stop <= HEAD < self.size:
            found = self._first(stop)[start:]
        elif self.size <= AT_ONCE:
            found = _all_of(self)[start:stop]
        else:
            found = self._part(start, stop)
        if len(found) != stop - start:
            raise Truncated("a member of an archive ends early", f"offset {start + len(found)} of it")
        return found

    def stamp(self) -> tuple[int, int]:
        """Its length and when it was last modified. OSError if its archive is another by now."""
        self.archive.check()
        return self.size, self.modified_ns

    def shown(self) -> str:
        """Its name for the operator's eyes."""
        return f"{shown(self.archive.where)}/{self.name}"

    def _plain(self, start: int, stop: int) -> bytes:
        """A stretch as it stands in the archive; what is more than the head is compared with its checksum once."""
        if self.crc is None or (stop <= HEAD and stop < self.size):
            return self.span().read(start, stop)
        if start == 0 and stop == self.size:
            return _checked(self, self.span().read())
        _check(self)
        return self.span().read(start, stop)

    def _part(self, start: int, stop: int) -> bytes:
        """A stretch of a large member; whoever reads it to its end has it checked."""
        inflated = _part_by_part(self)
        if stop == self.size and inflated.read(stop, stop + 1):
            raise Malformed(NOT_WHAT_IT_SAYS, "its end")
        return inflated.read(start, stop)

    def span(self) -> Span:
        """What stands in the archive for it."""
        return self.archive.span().part(self.start, self.start + self.packed)

    def _first(self, stop: int) -> bytes:
        """The first bytes, from as much of the archive as they take."""
        inflater, found, packed = isal_zlib.decompressobj(RAW), b"", self.span()
        for taken in range(0, self.packed, HEAD):
            try:
                found += inflater.decompress(packed.read(taken, taken + HEAD), stop - len(found))
            except DAMAGED:
                raise Malformed("what is compressed is damaged", f"offset {taken} of it") from None
            if len(found) >= stop or inflater.eof or inflater.unconsumed_tail:
                break
        return found


@lru_cache(maxsize=2)
def unfolded(archive: Archive) -> Inflated:
    """All that a gzip file unfolds to; remembered by each process."""
    return Inflated(archive.span(), GZIP, unasked=limits.UNASKED_ARCHIVE)


@lru_cache(maxsize=2)
def _part_by_part(member: Member) -> Inflated:
    return Inflated(member.span(), RAW, member.crc)


@lru_cache(maxsize=2)
def _all_of(member: Member) -> bytes:
    """A member inflated. Malformed or Truncated if it is not what the archive says of it."""
    inflater = isal_zlib.decompressobj(RAW)
    try:
        found: bytes = inflater.decompress(member.span().read(), member.size + 1)
    except DAMAGED:
        raise Malformed("what is compressed is damaged", "a member of an archive") from None
    if len(found) < member.size:
        raise Truncated("a member of an archive ends early", f"offset {len(found)} of it")
    return _checked(member, found)


def _checked(member: Member, found: bytes) -> bytes:
    if len(found) > member.size or (member.crc is not None and isal_zlib.crc32(found) != member.crc):
        raise Malformed(NOT_WHAT_IT_SAYS, "its end")
    return found


@lru_cache(maxsize=64)
def _check(member: Member) -> None:
    """Malformed if the bytes of a member that is not compressed have not the checksum that its archive says."""
    crc = 0
    for chunk in member.span().chunks(CHUNK):
        crc = isal_zlib.crc32(chunk, crc)
    if crc != member.crc:
        raise Malformed(NOT_WHAT_IT_SAYS, "its end")
