"""The members of a zip archive by its directory, as APPNOTE.TXT 6.3 describes it, ZIP64 included."""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from dicomconv.archives.limits import UNASKED_ARCHIVE, is_bomb
from dicomconv.archives.member import Archive, Coding, Member
from dicomconv.archives.names import Names
from dicomconv.archives.unread import Unread
from dicomconv.errors import Malformed
from dicomconv.model import Forward, Span

MAGIC, EMPTY = b"PK\x03\x04", b"PK\x05\x06"
ENTRY, ENTRY_MAGIC = struct.Struct("<4s6H3L5H2L"), b"PK\x01\x02"
SIGNATURE = b"PK\x05\x05"
LOCAL = struct.Struct("<4s5H3L2H")
END, END_64, LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
LONGEST_COMMENT = 0xFFFF
ENCRYPTED = 0x2041  # bits 0, 6 and 13: encrypted, strongly, and the names too
IN_UTF_8 = 0x800
STORED, DEFLATED = 0, 8
DIRECTORY = 0x10
LINK, KINDS = 0o120000, 0o170000
BY_UNIX = 3


@dataclass(slots=True)
class _Entry:
    """What the directory says of a member."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    modified_ns: int
    attributes: int
    made_by: int
    shortest: int  # that the member can be, with its header


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the directory is, and how far all is moved by what was put in front."""

    start: int
    length: int
    moved: int


def members_of_zip(archive: Archive) -> Iterator[Member | Unread]:
    """Every member but folders. Malformed if the archive is damaged or made to do harm."""
    span, names = archive.span(), Names()
    directory = _directory(span)
    _check(span, directory)
    headers = Forward(span)
    for entry in _entries(span, directory):
        if not (entry.name.endswith(("/", "\\")) or (entry.attributes & DIRECTORY and not entry.size)):
            yield _member(archive, headers, entry, names.of(entry.name))


def _member(archive: Archive, headers: Forward, entry: _Entry, name: str) -> Member | Unread:
    if entry.flags & ENCRYPTED:
        return Unread(
            archive, name, True, "encrypted in its archive; unpack that with its password, and name the folder"
        )
    if entry.made_by == BY_UNIX and entry.attributes >> 16 & KINDS == LINK:
        return Unread(archive, name, False, "a link in an archive, which is not followed")
    if entry.method not in (STORED, DEFLATED):
        return Unread(archive, name, True, f"compressed by a method that is not read here ({entry.method}); unpack it")
    if entry.method == STORED and entry.packed != entry.size:
        return Unread(archive, name, True, "its archive says two sizes of it; it is damaged, or made to do harm")
    if is_bomb(entry.size, entry.packed):
        return Unread(archive, name, True, "it unfolds to many times its own size, as a bomb does")
    header = headers.read(entry.start, min(entry.start + LOCAL.size, archive.length))
    if len(header) < LOCAL.size or header[:4] != MAGIC:
        return Unread(archive, name, True, "its archive is damaged: it is not where its directory says")
    start = entry.start + LOCAL.size + sum(LOCAL.unpack(header)[-2:])
    if start + entry.packed > archive.length:
        return Unread(archive, name, True, "its archive is cut short; copy it again from its source")
    coding: Coding = "plain" if entry.method == STORED else "deflated"
    return Member(archive, name, coding, start, entry.packed, entry.size, entry.crc, entry.modified_ns)


def _check(span: Span, directory: _Directory) -> None:
    """Malformed if members lie in one another, or all of them together unfold to many times what there is."""
    starts, ends, total = array("Q"), array("Q"), 0
    for entry in _entries(span, directory):
        starts.append(entry.start)
        ends.append(entry.start + entry.shortest)
        total += entry.size
    begins, stops = np.array(starts, np.uint64), np.array(ends, np.uint64)
    in_order = np.argsort(begins, kind="stable")
    if (begins[in_order][1:] < stops[in_order][:-1]).any():
        raise Malformed("members of the zip archive lie in one another, as in a bomb", "its directory")
    if is_bomb(total, span.length, UNASKED_ARCHIVE):
        raise Malformed("the zip archive unfolds to many times its own size, as a bomb does", "its directory")


def _directory(span: Span) -> _Directory:
    """Where the directory is. Malformed if there is none."""
    before = max(0, span.length - END.size - LONGEST_COMMENT)
    end, place = span.read(before), -1
    while (place := end.rfind(EMPTY, 0, len(end) if place < 0 else place + 3)) >= 0:
        found = _directory_at(span, before + place, end[place : place + END.size])
        if found:
            return found
    raise Malformed("the zip archive is cut short or damaged: it has no directory; copy it again", "its end")


def _directory_at(span: Span, end: int, record: bytes) -> _Directory | None:
    """The directory that a record at the end of an archive speaks of, if there is one."""
    if len(record) < END.size:
        return None
    *_, length, start, comment = END.unpack(record)
    stop = end
    if end + END.size + comment > span.length:
        return None
    if end >= LOCATOR.size and span.read(end - LOCATOR.size, end)[:4] == b"PK\x06\x07":
        stop = LOCATOR.unpack(span.read(end - LOCATOR.size, end))[2]
        record = span.read(stop, stop + END_64.size)
        if len(record) < END_64.size or record[:4] != b"PK\x06\x06":
            stop = end - LOCATOR.size - END_64.size  # moved by what was put in front
            record = span.read(max(0, stop), max(0, stop) + END_64.size)
        if len(record) < END_64.size or record[:4] != b"PK\x06\x06":
            return None
        *_, length, start = END_64.unpack(record)
    moved = stop - length - start
    if moved < 0 or (length and span.read(start + moved, start + moved + 4) != ENTRY_MAGIC):
        return None
    return _Directory(start + moved, length, moved)


def _entries(span: Span, directory: _Directory) -> Iterator[_Entry]:
    """The entries of the directory. Malformed if it is damaged."""
    forward, place, stop = Forward(span), directory.start, directory.start + directory.length
    while place < stop:
        record = forward.read(place, min(place + ENTRY.size, stop))
        if record[:4] == SIGNATURE:
            return
        if len(record) < ENTRY.size or record[:4] != ENTRY_MAGIC:
            raise Malformed("the directory of the zip archive is damaged", f"offset {place}")
        fields = ENTRY.unpack(record)
        lengths = fields[10:13]
        place += ENTRY.size
        rest = forward.read(place, min(place + sum(lengths), stop))
        if len(rest) < sum(lengths):
            raise Malformed("the directory of the zip archive is damaged", f"offset {place}")
        place += sum(lengths)
        yield _entry(fields, rest[: lengths[0]], dict(_extras(rest[lengths[0] : sum(lengths[:2])])), directory.moved)


def _entry(fields: tuple[int, ...], name: bytes, extras: dict[int, bytes], moved: int) -> _Entry:
    _, made, _, flags, method, time, date, crc, packed, size, *_, attributes, start = fields
    large = extras.get(1, b"")
    if size == 0xFFFFFFFF and len(large) >= 8:
        size, large = int.from_bytes(large[:8], "little"), large[8:]
    if packed == 0xFFFFFFFF and len(large) >= 8:
        packed, large = int.from_bytes(large[:8], "little"), large[8:]
    if start == 0xFFFFFFFF and len(large) >= 8:
        start = int.from_bytes(large[:8], "little")
    said = name.decode("utf-8", "surrogateescape") if flags & IN_UTF_8 else _without_a_code(name)
    modified = _modified_ns(date, time, extras.get(0x5455, b""))
    shortest = LOCAL.size + len(name) + packed
    return _Entry(said, flags, method, crc, packed, size, start + moved, modified, attributes, made >> 8, shortest)


def _without_a_code(name: bytes) -> str:
    """A name that is not said to be UTF-8: it often is all the same; else as the first IBM PCs wrote it."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")


def _extras(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, place)
        yield kind, data[place + 4 : place + 4 + length]
        place += 4 + length


def _modified_ns(date: int, time: int, extra: bytes) -> int:
    """When a member was last modified: by Unix' clock if that is there, else by one on a wall that nobody knows."""
    if len(extra) >= 5 and extra[0] & 1:
        return int.from_bytes(extra[1:5], "little", signed=True) * 10**9
    day = 1980 + (date >> 9), date >> 5 & 15, date & 31
    try:
        told = datetime(*day, time >> 11, time >> 5 & 63, (time & 31) * 2, tzinfo=UTC)
    except ValueError:
        return 0
    return int(told.timestamp()) * 10**9
