"""The members of a tar archive, from its start to its end: POSIX ustar and pax, and what GNU tar makes of long names."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dicomconv.archives.limits import LARGEST_NOTE
from dicomconv.archives.member import Archive, Coding, Member, unfolded
from dicomconv.archives.names import Names
from dicomconv.archives.stream import Inflated
from dicomconv.archives.unread import Unread
from dicomconv.errors import Malformed, Truncated
from dicomconv.model import Forward

BLOCK, LATEST = 512, (1 << 63) - 1
FILES, FOLDER = frozenset(b"0\0007"), ord("5")
LONG_NAME, LONG_LINK, OF_NEXT, OF_ALL = b"LKxg"
LINK_WITHIN = "a second name of another member of its archive (a hard link)"
LINK = "a link in an archive, which is not followed"
OTHER = "not a regular file"
SPARSE = "stored with holes, which is not read here; unpack its archive, and name the folder"
CUT = "its archive is cut short; copy it again from its source"
KINDS = {ord("1"): LINK_WITHIN, ord("2"): LINK}


@dataclass(frozen=True, slots=True)
class _Header:
    """A member's header: what it is, where its bytes are, and what is said of it there and in notes before it."""

    kind: int
    start: int
    size: int
    said: str
    modified_ns: int
    sparse: bool


@dataclass(slots=True)
class _Notes:
    """What an archive says of a member in front of its header, and of all that follow."""

    of_next: dict[str, str] = field(default_factory=dict)
    of_all: dict[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        return self.of_next.get(key) or self.of_all.get(key, "")

    def take(self, kind: int, content: bytes) -> None:
        if kind == LONG_NAME:
            self.of_next["path"] = _text(content)
        elif kind in (OF_NEXT, OF_ALL):
            (self.of_next if kind == OF_NEXT else self.of_all).update(_records(content))


class _Tape:
    """The bytes of an archive, read from its start to its end."""

    def __init__(self, archive: Archive, *, in_gzip: bool) -> None:
        self._source: Forward | Inflated = unfolded(archive) if in_gzip else Forward(archive.span())
        self.end = None if in_gzip else archive.length

    def read(self, start: int, length: int) -> bytes:
        """As many bytes as there are, up to `length`."""
        if self.end is not None and start >= self.end:
            return b""
        return self._source.read(start, start + length if self.end is None else min(start + length, self.end))


def is_tar(block: bytes) -> bool:
    """Whether a block is the header of a member: by its checksum."""
    told = block[148:156].strip(b"\0 ")
    if len(block) < BLOCK or not told or not set(told) <= set(b"01234567"):
        return False
    return int(told, 8) == sum(block[:148]) + sum(block[156:BLOCK]) + 8 * 0x20


def members_of_tar(archive: Archive, *, in_gzip: bool = False) -> Iterator[Member | Unread]:
    """Every member but folders. Malformed or Truncated where the archive is damaged; no more follows."""
    tape, names = _Tape(archive, in_gzip=in_gzip), Names()
    for header in _headers(tape):
        if header.kind == FOLDER or (header.kind in FILES and header.said.endswith("/")):
            continue
        name = names.of(header.said)
        if header.kind not in FILES or header.sparse:
            is_failed = header.sparse or header.kind == ord("S")
            yield Unread(archive, name, is_failed, SPARSE if is_failed else KINDS.get(header.kind, OTHER))
        elif tape.end is not None and header.start + header.size > tape.end:
            yield Unread(archive, name, True, CUT)
        else:
            coding: Coding = "gzip" if in_gzip else "plain"
            yield Member(archive, name, coding, header.start, header.size, header.size, modified_ns=header.modified_ns)


def _headers(tape: _Tape) -> Iterator[_Header]:
    """The headers of members, one after the other, notes taken into account."""
    place, notes = 0, _Notes()
    while any(block := tape.read(place, BLOCK)):
        if len(block) < BLOCK:
            raise Truncated("the tar archive ends early", f"offset {place}")
        if not is_tar(block):
            raise Malformed("the tar archive is damaged: what follows in it is not read", f"offset {place}")
        kind, start = block[156], place + BLOCK
        size = _whole_number(notes.get("size")) if notes.get("size") else _number(block[124:136])
        if size is None:
            raise Malformed("the tar archive is damaged: a member has no size", f"offset {place}")
        place = start + -(-size // BLOCK) * BLOCK
        if kind in (LONG_NAME, LONG_LINK, OF_NEXT, OF_ALL):
            notes.take(kind, _note(tape, start, size))
            continue
        said = notes.get("path") or _said(block)
        sparse = any(key.startswith("GNU.sparse") for key in notes.of_next)
        yield _Header(kind, start, size, said, _modified_ns(block, notes), sparse)
        notes.of_next = {}


def _note(tape: _Tape, start: int, size: int) -> bytes:
    """What is said of members beside their headers. Malformed if that is more than names and numbers take."""
    if size > LARGEST_NOTE:
        raise Malformed("the tar archive says more of a member than there is to say", f"offset {start}")
    content = tape.read(start, size)
    if len(content) < size:
        raise Truncated("the tar archive ends early", f"offset {start}")
    return content


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """The records of a pax header: length, key, value."""
    place = 0
    while place < len(content):
        told = content[place : place + 12].partition(b" ")[0]
        length = int(told) if told.isdigit() else 0
        if not len(told) < length <= len(content) - place:
            raise Malformed("the tar archive is damaged: a note on a member cannot be read", "a pax header")
        key, _, value = content[place + len(told) + 1 : place + length - 1].partition(b"=")
        yield _text(key), _text(value)
        place += length


def _said(block: bytes) -> str:
    """The name in a header, with what POSIX lets stand in front of it."""
    name, prefix = _text(block[:100]), _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(content: bytes) -> str:
    return content.split(b"\0")[0].decode("utf-8", "surrogateescape")


def _number(content: bytes) -> int | None:
    """A number in octal digits, or, as GNU tar writes large ones, in bytes behind 0x80."""
    if content[0] == 0x80:
        number = int.from_bytes(content[1:], "big")
        return number if number <= LATEST else None
    digits = content.split(b"\0")[0].strip()
    return int(digits or b"0", 8) if set(digits) <= set(b"01234567") else None


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _modified_ns(block: bytes, notes: _Notes) -> int:
    """When a member was last modified; in a note there are parts of seconds."""
    seconds, _, part = notes.get("mtime").partition(".")
    if (whole := _whole_number(seconds)) is not None and (not part or (part.isascii() and part.isdigit())):
        return min(LATEST, whole * 10**9 + int(part[:9].ljust(9, "0")))
    return min(LATEST, (_number(block[136:148]) or 0) * 10**9)
