"""A DICOM file as head | pixel value | tail, so that join(split(b)) == b (PS3.10 section 7, PS3.5 A.4).

The pixel value is a span of its file; head and tail are bytes.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dicomconv.elements import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    ITEM,
    PIXEL_TAGS,
    SEQUENCE_END,
    Element,
    Encoding,
    Scan,
    place,
    read_header,
    scan,
    scan_unordered,
)
from dicomconv.errors import Malformed, NotDicom, Truncated
from dicomconv.header import Header
from dicomconv.model import Span
from dicomconv.standard import keyword_of

WHOLE = 16 << 20  # a file up to this size is read in one go
FIRST_READ = 1 << 18
LEADING_READ, LEADING_INFLATED = 1 << 13, 1 << 20
LARGEST_HEAD = 1 << 30

DICOM_ARC = "1.2.840."
IMPLICIT_SYNTAX, EXPLICIT_SYNTAX = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
BIG_ENDIAN_SYNTAX = "1.2.840.10008.1.2.2"
INFLATED_SYNTAX = {
    "1.2.840.10008.1.2.1.99": EXPLICIT_SYNTAX,
    "1.2.840.10008.1.2.4.95": "1.2.840.10008.1.2.4.94",
    "1.2.840.10008.1.2.4.205": "1.2.840.10008.1.2.4.204",
}
LAST_FIRST_GROUP = 0x0020  # what stands second in a data set is not far behind what stands first
ARCHIVES = {b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b": "compressed by gzip", b"7z\xbc\xaf": "a 7z archive"}
NATIVE_SYNTAXES = frozenset({IMPLICIT_SYNTAX, EXPLICIT_SYNTAX, BIG_ENDIAN_SYNTAX, "1.2.840.113619.5.2"})


class Meta(NamedTuple):
    """What File Meta says (empty: nothing), and where the data set begins."""

    transfer_syntax_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    dataset_start: int


@dataclass(frozen=True, slots=True)
class Parts:
    """A DICOM file taken apart.

    `elements` are those of the data set in `head` (the pixel data element's header the last, if there is one);
    `tail_elements` those after the pixel value, with offsets in `tail`; `trailing`: how many bytes at the very end
    are no data elements. `transfer_syntax_uid` is what the bytes are, whatever File Meta says.
    """

    head: bytes = field(repr=False)
    pixels: Span = field(repr=False)
    tail: bytes = field(repr=False)
    dataset_start: int
    encoding: Encoding
    transfer_syntax_uid: str
    deflated: bool
    elements: tuple[Element, ...] = field(repr=False)
    tail_elements: tuple[Element, ...] = field(repr=False)
    trailing: int
    meta: "Meta" = field(repr=False)

    @property
    def pixel_element(self) -> Element | None:
        """The pixel data element's header, or None."""
        last = self.elements[-1] if self.elements else None
        return last if last is not None and last.tag in PIXEL_TAGS else None

    def header(self) -> Header:
        """The attributes of the data set before the pixel data."""
        return Header(self.head, list(self.elements), self.encoding)


def join(parts: Parts) -> Iterator[bytes]:
    """The bytes of the file that was split, piece by piece."""
    yield parts.head
    yield from parts.pixels.chunks()
    yield parts.tail


def split(source: Path | bytes) -> Parts:
    """Take a DICOM file apart. NotDicom, Malformed or Truncated say why it cannot be."""
    if isinstance(source, bytes):
        return _split(source, source, len(source))
    size = source.stat().st_size
    if size <= WHOLE:
        data = source.read_bytes()
        return _split(data, data, len(data))
    return _split_large(source, size)


def _split_large(path: Path, size: int) -> Parts:
    """Read as much of a large file as its head takes, and no more."""
    span, wanted = Span(path, 0, size), FIRST_READ
    while True:
        buffer = span.read(0, wanted)
        try:
            return _split(buffer, path, size)
        except Truncated:
            if len(buffer) == size:
                raise
            if wanted >= LARGEST_HEAD:
                raise Malformed("the header is larger than 1 GiB", f"offset {wanted}") from None
            wanted *= 4


class Leading(NamedTuple):
    """The first attributes of a file, what its File Meta says, and whether an element in order ends them."""

    header: Header
    meta: Meta
    in_order: bool


def read_leading(path: Path, last_tag: int) -> Leading:
    """The attributes up to a tag, from no more of the file than that takes."""
    size = path.stat().st_size
    span, wanted = Span(path, 0, size), LEADING_READ
    while True:
        buffer = span.read(0, wanted)
        try:
            return _leading(buffer, last_tag, whole=len(buffer) == size)
        except Truncated:
            if len(buffer) == size or wanted >= LARGEST_HEAD:
                raise
            wanted *= 8


def _leading(buffer: bytes, last_tag: int, whole: bool) -> Leading:
    meta = read_meta(buffer, _meta_start(buffer))
    start, encoding = meta.dataset_start, EXPLICIT_LITTLE
    if meta.transfer_syntax_uid in INFLATED_SYNTAX:
        try:
            buffer, start = zlib.decompressobj(-zlib.MAX_WBITS).decompress(buffer[start:], LEADING_INFLATED), 0
        except zlib.error:
            raise Malformed("the deflated data set is damaged", f"offset {start}") from None
    else:
        encoding = _encoding(buffer, start, meta.transfer_syntax_uid)
    found = scan_unordered(buffer, start, len(buffer), encoding, last_tag=last_tag)
    if not whole and (found.stop + 12 > len(buffer) or meta.dataset_start >= len(buffer)):
        raise Truncated("the data set is longer than what was read", f"offset {found.stop}")
    if not found.elements:
        raise Malformed("there is no data set", f"offset {start}")
    return Leading(Header(buffer, found.elements, encoding), meta, _ends_in_order(buffer, found, encoding, last_tag))


def _ends_in_order(buffer: bytes, found: Scan, encoding: Encoding, last_tag: int) -> bool:
    """Whether a scan came to its end, or to an element beyond its last tag, and not to one that cannot follow."""
    if found.stop + 8 > len(buffer) or found.elements[-1].tag in PIXEL_TAGS:
        return True
    beyond = read_header(buffer, found.stop, len(buffer), encoding)
    return beyond is not None and beyond.tag > last_tag


def _split(buffer: bytes, source: Path | bytes, size: int) -> Parts:
    """`buffer`: the start of the source, all of it or enough for the head."""
    meta = read_meta(buffer, _meta_start(buffer))
    syntax, start = meta.transfer_syntax_uid, meta.dataset_start
    if start >= len(buffer) < size:
        raise Truncated("File Meta Information is longer than what was read", f"offset {start}")
    if syntax in INFLATED_SYNTAX:
        whole = buffer if len(buffer) == size else Span(source, 0, size).read()
        return Parts(whole, Span(b"", 0, 0), b"", start, EXPLICIT_LITTLE, syntax, True, (), (), 0, meta)
    encoding = _encoding(buffer, start, syntax)
    if not syntax or (syntax in NATIVE_SYNTAXES and encoding != _declared(syntax)):
        syntax = {IMPLICIT_LITTLE: IMPLICIT_SYNTAX, EXPLICIT_BIG: BIG_ENDIAN_SYNTAX}.get(encoding, EXPLICIT_SYNTAX)
    found = (scan_unordered if len(buffer) == size else scan)(buffer, start, len(buffer), encoding)
    if len(buffer) < size and not (found.elements and found.elements[-1].tag in PIXEL_TAGS):
        raise Truncated("the data set is longer than what was read", f"offset {found.stop}")
    if not found.elements:
        raise Malformed("there is no data set", f"offset {start}")
    pixel = found.elements[-1] if found.elements[-1].tag in PIXEL_TAGS else None
    pixels = _pixel_span(source, size, pixel, encoding, syntax) if pixel else Span(b"", 0, 0)
    tail_start = found.stop + pixels.length
    tail = Span(source, tail_start, size - tail_start).read()
    kept = tuple(scan(tail, 0, len(tail), encoding, 1, after=pixel.tag).elements) if pixel else ()
    return Parts(
        head=buffer[: found.stop],
        pixels=pixels,
        tail=tail,
        dataset_start=start,
        encoding=encoding,
        transfer_syntax_uid=syntax,
        deflated=False,
        elements=tuple(found.elements),
        tail_elements=kept,
        trailing=len(tail) - (kept[-1].end if kept else 0),
        meta=meta,
    )


def _meta_start(buffer: bytes) -> int:
    """Where File Meta or the data set begins: after the preamble, or at once. NotDicom if neither can be."""
    if buffer[128:132] == b"DICM":
        return 132
    if not buffer:
        raise NotDicom("the file is empty")
    if buffer.startswith(b"\x02\x00") and read_meta(buffer, 0).transfer_syntax_uid.startswith(DICOM_ARC):
        return 0
    for encoding in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG):
        if _starts_a_data_set(buffer, encoding):
            return 0
    for magic, name in ARCHIVES.items():
        if buffer.startswith(magic):
            raise NotDicom(f"the content is not DICOM but {name}: unpack it first")
    raise NotDicom("the content is not DICOM")


def _starts_a_data_set(buffer: bytes, encoding: Encoding) -> bool:
    """Whether a data set or File Meta without preamble begins here: three elements in order, from group 2 or 8 on."""
    position, previous = 0, -1
    for count in range(3):
        try:
            element = read_header(buffer, position, len(buffer), encoding)
        except Truncated:
            return False
        if element is None or element.tag <= previous or element.tag >> 16 not in (2, 8) or element.end > len(buffer):
            return (
                count > 0 and element is not None and element.tag >> 16 in (0x10, 0x20, 0x28) and element.tag > previous
            )
        unknown = keyword_of(element.tag).startswith("(") and element.tag & 0xFFFF
        if unknown or element.undefined:
            return count > 0
        if not encoding.explicit and element.value + 64 < element.end and count == 0:
            return False
        position, previous = element.end, element.tag
    return True


def read_meta(buffer: bytes, start: int) -> Meta:
    """File Meta Information from an offset, whatever length it claims (PS3.10 7.1)."""
    position = start
    uids = {0x00020002: "", 0x00020003: "", 0x00020010: ""}
    while buffer[position : position + 2] == b"\x02\x00":
        element = read_header(buffer, position, len(buffer), EXPLICIT_LITTLE)
        if element is None:  # File Meta in implicit VR: against the standard, and found in the wild
            element = read_header(buffer, position, len(buffer), IMPLICIT_LITTLE)
        if element is None or element.undefined or element.end > len(buffer):
            raise Truncated("File Meta Information runs past the end", f"offset {position}")
        if element.tag in uids:
            uids[element.tag] = buffer[element.value : element.end].decode("latin-1").strip(" \0")
        position = element.end
    return Meta(uids[0x00020010], uids[0x00020002], uids[0x00020003], position)


def _declared(syntax: str) -> Encoding:
    if syntax == IMPLICIT_SYNTAX or syntax == "1.2.840.113619.5.2":
        return IMPLICIT_LITTLE
    return EXPLICIT_BIG if syntax == BIG_ENDIAN_SYNTAX else EXPLICIT_LITTLE


def _encoding(buffer: bytes, start: int, syntax: str) -> Encoding:
    """What the first element shows, since scanners have been known to declare one encoding and write another."""
    declared = _declared(syntax)
    candidates = (declared, EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)
    for encoding in candidates:
        try:
            element = read_header(buffer, start, len(buffer), encoding)
        except Truncated:
            break
        if element is not None and element.tag >> 16 in (4, 8) and _goes_on(buffer, element, encoding):
            return encoding
    return declared


def _goes_on(buffer: bytes, element: Element, encoding: Encoding) -> bool:
    """Whether an element ends where another one begins, or where the buffer does."""
    if element.undefined or element.end + 8 > len(buffer):
        return element.undefined or element.end <= len(buffer)
    following = read_header(buffer, element.end, len(buffer), encoding)
    return following is not None and following.tag > element.tag and following.tag >> 16 <= LAST_FIRST_GROUP


def _pixel_span(source: Path | bytes, size: int, pixel: Element, encoding: Encoding, syntax: str) -> Span:
    if not pixel.undefined:
        if pixel.end > size:
            raise Truncated("the pixel data runs past the end of the file", place(pixel.tag))
        return Span(source, pixel.value, pixel.end - pixel.value)
    if syntax in NATIVE_SYNTAXES:
        raise Malformed("the pixel data is encapsulated and the transfer syntax does not say how", place(pixel.tag))
    whole = Span(source, pixel.value, size - pixel.value)
    return Span(source, pixel.value, fragments(whole)[1])


def fragments(value: Span) -> tuple[list[tuple[int, int]], int]:
    """Items of an encapsulated value as (offset, length), the offset table first, and the value's length (PS3.5 A.4)."""
    found: list[tuple[int, int]] = []
    position = 0
    while True:
        header = value.read(position, position + 8)
        if len(header) < 8:
            raise Truncated("the encapsulated pixel data has no delimiter", place(0x7FE00010))
        group, number, length = struct.unpack("<HHI", header)
        position += 8
        if group << 16 | number == SEQUENCE_END:
            if length:
                raise Malformed("the delimiter of the encapsulated pixel data has a value", place(0x7FE00010))
            return found, position
        if group << 16 | number != ITEM:
            raise Malformed("the encapsulated pixel data holds something that is not a fragment", place(0x7FE00010))
        if position + length > value.length:
            raise Truncated("a fragment runs past the end of the file", place(0x7FE00010))
        found.append((position, length))
        position += length
