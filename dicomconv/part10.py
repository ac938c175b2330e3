"""A DICOM file as head | pixel value | tail, so that join(split(b)) == b (PS3.10 section 7, PS3.5 A.4).

The pixel value is a span of its file; head and tail are bytes.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dicomconv.alike import Likeness, Scanned, scan_beside
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
from dicomconv.model import Forward, Span
from dicomconv.preface import (
    BIG_ENDIAN_SYNTAX,
    EXPLICIT_SYNTAX,
    IMPLICIT_SYNTAX,
    Meta,
    declared_encoding,
    encoding_found,
    meta_start,
    read_meta,
)
from dicomconv.stored import Where, all_bytes, size_of, span_of

WHOLE = 16 << 20  # a file up to this size is read in one go
FIRST_READ = 1 << 18
LEADING_READ, LEADING_INFLATED = 1 << 13, 1 << 20
LARGEST_HEAD = 1 << 30
LARGEST_TAG = 0xFFFFFFFF

INFLATED_SYNTAX = {
    "1.2.840.10008.1.2.1.99": EXPLICIT_SYNTAX,
    "1.2.840.10008.1.2.4.95": "1.2.840.10008.1.2.4.94",
    "1.2.840.10008.1.2.4.205": "1.2.840.10008.1.2.4.204",
}
NATIVE_SYNTAXES = frozenset({IMPLICIT_SYNTAX, EXPLICIT_SYNTAX, BIG_ENDIAN_SYNTAX, "1.2.840.113619.5.2"})


@dataclass(frozen=True, slots=True)
class Parts:
    """A DICOM file taken apart.

    `elements` are those of the data set in `head` (the pixel data element's header the last, if there is one);
    `tail_elements` those after the pixel value, with offsets in `tail`; `trailing`: how many bytes at the very end
    are no data elements. `transfer_syntax_uid` is what the bytes are, whatever File Meta says. `likeness`: how the data
    set differs from that of the file it was split beside, where that could be told; `scanned`: what the next file may
    be split beside.
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
    meta: Meta = field(repr=False)
    scanned: Scanned | None = field(default=None, repr=False)
    likeness: Likeness | None = None

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


def split(source: Where | bytes, before: Parts | None = None, known: Parts | None = None) -> Parts:
    """Take a DICOM file apart. NotDicom, Malformed or Truncated say why it cannot be.

    `before`: another file of the same series, if there is one at hand: what is the same there is found sooner. `known`:
    what `split_headers` gave of this one, which holds if the bytes are still the same.
    """
    if isinstance(source, bytes):
        return _split(source, source, len(source), before)
    size = size_of(source)
    if size <= WHOLE:
        data = all_bytes(source)
        return (known and _with_pixels(known, data)) or _split(data, data, len(data), before)
    return _split_large(source, size, FIRST_READ, before)


def _with_pixels(known: Parts, data: bytes) -> Parts | None:
    """The parts of a file whose headers are known, its pixel value in these bytes; None if they are not all the same."""
    pixel, start = known.pixel_element, len(known.head)
    is_same = (
        pixel is not None
        and not pixel.undefined
        and len(data) == start + known.pixels.length + len(known.tail)
        and data.startswith(known.head)
        and data.endswith(known.tail)
    )
    return replace(known, pixels=Span(data, start, known.pixels.length)) if is_same else None


def split_headers(path: Where, before: Parts | None = None) -> Parts:
    """As `split`, for who wants the headers only: the pixel value stays in its file, however small it is."""
    return _split_large(path, size_of(path), LEADING_READ << 1, before)


def _split_large(path: Where, size: int, wanted: int, before: Parts | None) -> Parts:
    """Read as much of a large file as its head takes, and no more."""
    span = Span(path, 0, size)
    while True:
        buffer = span.read(0, wanted)
        try:
            return _split(buffer, path, size, before)
        except Truncated:
            if len(buffer) == size:
                raise
            if wanted >= LARGEST_HEAD:
                raise Malformed("the header is larger than 1 GiB", f"offset {wanted}") from None
            wanted *= 4


class Leading(NamedTuple):
    """The first attributes of a file, what its File Meta says, and whether an element in order ends them.

    `scanned` and `likeness` as in `Parts`.
    """

    header: Header
    meta: Meta
    in_order: bool
    scanned: Scanned
    likeness: Likeness | None


def read_leading(path: Where, last_tag: int, before: Scanned | None = None) -> Leading:
    """The attributes up to a tag, from no more of the file than that takes.

    `before`: those of another file, up to the same tag: what is the same there is found sooner.
    """
    span, wanted = span_of(path), LEADING_READ
    size = span.length
    while True:
        buffer = span.read(0, wanted)
        try:
            return _leading(buffer, last_tag, before, whole=len(buffer) == size)
        except Truncated:
            if len(buffer) == size or wanted >= LARGEST_HEAD:
                raise
            wanted *= 8


def looks_like_dicom(head: bytes) -> bool:
    """Whether bytes may be the first of a DICOM file."""
    try:
        _leading(head, LARGEST_TAG, None, whole=False)
    except NotDicom:
        return False
    except Malformed:
        return True
    return True


def _leading(buffer: bytes, last_tag: int, before: Scanned | None, whole: bool) -> Leading:
    meta = read_meta(buffer, meta_start(buffer))
    start, encoding = meta.dataset_start, EXPLICIT_LITTLE
    if meta.transfer_syntax_uid in INFLATED_SYNTAX:
        try:
            buffer, start = zlib.decompressobj(-zlib.MAX_WBITS).decompress(buffer[start:], LEADING_INFLATED), 0
        except zlib.error:
            raise Malformed("the deflated data set is damaged", f"offset {start}") from None
    else:
        encoding = encoding_found(buffer, start, meta.transfer_syntax_uid)
    beside = scan_beside(before, buffer, start, len(buffer), encoding, last_tag) if before else None
    found, likeness = beside or (scan_unordered(buffer, start, len(buffer), encoding, last_tag=last_tag), None)
    if not whole and (found.stop + 12 > len(buffer) or meta.dataset_start >= len(buffer)):
        raise Truncated("the data set is longer than what was read", f"offset {found.stop}")
    if not found.elements:
        raise Malformed("there is no data set", f"offset {start}")
    header, in_order = Header(buffer, found.elements, encoding), _ends_in_order(buffer, found, encoding, last_tag)
    return Leading(header, meta, in_order, Scanned.of(buffer, encoding, found.elements, likeness), likeness)


def _ends_in_order(buffer: bytes, found: Scan, encoding: Encoding, last_tag: int) -> bool:
    """Whether a scan came to its end, or to an element beyond its last tag, and not to one that cannot follow."""
    if found.stop + 8 > len(buffer) or found.elements[-1].tag in PIXEL_TAGS:
        return True
    beyond = read_header(buffer, found.stop, len(buffer), encoding)
    return beyond is not None and beyond.tag > last_tag


def _split(buffer: bytes, source: Where | bytes, size: int, before: Parts | None) -> Parts:
    """`buffer`: the start of the source, all of it or enough for the head."""
    meta = read_meta(buffer, meta_start(buffer))
    syntax, start = meta.transfer_syntax_uid, meta.dataset_start
    if start >= len(buffer) < size:
        raise Truncated("File Meta Information is longer than what was read", f"offset {start}")
    if syntax in INFLATED_SYNTAX:
        whole = buffer if len(buffer) == size else Span(source, 0, size).read()
        return Parts(whole, Span(b"", 0, 0), b"", start, EXPLICIT_LITTLE, syntax, True, (), (), 0, meta)
    encoding = encoding_found(buffer, start, syntax)
    if not syntax or (syntax in NATIVE_SYNTAXES and encoding != declared_encoding(syntax)):
        syntax = {IMPLICIT_LITTLE: IMPLICIT_SYNTAX, EXPLICIT_BIG: BIG_ENDIAN_SYNTAX}.get(encoding, EXPLICIT_SYNTAX)
    found, likeness = _scan(buffer, start, encoding, before, whole=len(buffer) == size)
    if len(buffer) < size and not (found.elements and found.elements[-1].tag in PIXEL_TAGS):
        raise Truncated("the data set is longer than what was read", f"offset {found.stop}")
    if not found.elements:
        raise Malformed("there is no data set", f"offset {start}")
    pixel = found.elements[-1] if found.elements[-1].tag in PIXEL_TAGS else None
    pixels = _pixel_span(source, size, pixel, encoding, syntax) if pixel else Span(b"", 0, 0)
    tail_start = found.stop + pixels.length
    tail = Span(source, tail_start, size - tail_start).read() if tail_start < size else b""
    kept = tuple(scan(tail, 0, len(tail), encoding, 1, after=pixel.tag).elements) if pixel else ()
    head = buffer[: found.stop]
    return Parts(
        head=head,
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
        scanned=Scanned.of(head, encoding, found.elements, likeness),
        likeness=likeness,
    )


def _scan(
    buffer: bytes, start: int, encoding: Encoding, before: Parts | None, whole: bool
) -> tuple[Scan, Likeness | None]:
    """The elements up to the pixel data, and how they differ from those of the file before if that can be told."""
    if before is not None and before.scanned is not None:
        found = scan_beside(before.scanned, buffer, start, len(buffer), encoding)
        if found and found[0].elements[-1].tag in PIXEL_TAGS:
            return found
    return (scan_unordered if whole else scan)(buffer, start, len(buffer), encoding), None


def _pixel_span(source: Where | bytes, size: int, pixel: Element, encoding: Encoding, syntax: str) -> Span:
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
    position, forward = 0, Forward(value)
    while True:
        header = forward.read(position, position + 8)
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
