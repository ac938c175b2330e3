"""Files out of their recipes: concatenation, and no DICOM writer. Streamed, a frame at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from dicomconv.alike import Likeness, Scanned, scan_beside
from dicomconv.container.schema import Piece, PieceKind
from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Encoding, scan
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.model import Deidentified
from dicomconv.preface import BIG_ENDIAN_SYNTAX, IMPLICIT_SYNTAX

GE_SYNTAX = "1.2.840.113619.5.2"  # GE's private implicit VR, pixels big endian
Chunk = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Instance:
    """One row of /instances: the file of an instance, and where its frames begin (-1: it has none)."""

    index: int
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    pixel_keyword: str
    encapsulated: bool
    file_length: int
    dataset_start: int
    head_length: int
    tail_length: int
    frame_count: int
    first_stack: int
    first_frame: int
    sha256: bytes = field(repr=False)


class Kept(Protocol):
    """Where the pieces of files are kept."""

    def header_row(self, row: int, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop` of a row of /headers/bytes."""

    def encoded(self, start: int, stop: int) -> Iterator[bytes | bytearray]:
        """Bytes `start` to `stop` of /encoded/data, in pieces."""

    def frame_bytes(self, stack: int, index: int) -> memoryview:
        """The bytes of one frame as they stand in a pixel value."""


def file_chunks(kept: Kept, recipe: Iterable[Piece], start: int = 0, stop: int | None = None) -> Iterator[Chunk]:
    """Bytes `start` to `stop` of the file that the pieces make up."""
    position = 0
    for piece in recipe:
        first = max(start - position, 0)
        last = piece.length if stop is None else min(stop - position, piece.length)
        position += piece.length
        if first < last:
            yield from _piece_chunks(kept, piece, first, last)


def _piece_chunks(kept: Kept, piece: Piece, start: int, stop: int) -> Iterator[Chunk]:
    """Bytes `start` to `stop` of one piece."""
    if piece.kind == PieceKind.HEADER:
        yield kept.header_row(piece.source, piece.offset + start, piece.offset + stop)
    elif piece.kind == PieceKind.ENCODED:
        yield from kept.encoded(piece.offset + start, piece.offset + stop)
    else:
        size = piece.length // piece.frame_count
        for number in range(start // size, -(-stop // size)):
            frame = kept.frame_bytes(piece.source, piece.offset + number)
            yield frame[max(0, start - number * size) : stop - number * size]


def encoding_of(transfer_syntax_uid: str) -> Encoding:
    """How the data set of a transfer syntax is encoded (PS3.5 A)."""
    if transfer_syntax_uid in (IMPLICIT_SYNTAX, GE_SYNTAX):
        return IMPLICIT_LITTLE
    return EXPLICIT_BIG if transfer_syntax_uid == BIG_ENDIAN_SYNTAX else EXPLICIT_LITTLE


@dataclass(frozen=True, slots=True)
class HeaderRead:
    """The header of an instance; how it differs from that of the instance before, up to the pixel data, if that is known."""

    header: Header
    scanned: Scanned = field(repr=False)
    likeness: Likeness | None = None
    behind_pixels: tuple[Element, ...] = field(default=(), repr=False)


def header_place(one: Deidentified) -> tuple[bytes, bytes, int, str]:
    """Where the header of an instance lies: what `header_of` takes."""
    return one.head, one.tail, one.dataset_start, one.transfer_syntax_uid


def header_of(head: bytes, tail: bytes, dataset_start: int, transfer_syntax_uid: str) -> Header:
    """The attributes of an instance, those after the pixel data included; none of a part that cannot be read."""
    return read_header_beside(None, head, tail, dataset_start, transfer_syntax_uid).header


def read_header_beside(
    before: HeaderRead | None, head: bytes, tail: bytes, dataset_start: int, transfer_syntax_uid: str
) -> HeaderRead:
    """As `header_of`, beside another header of the same series."""
    buffer, encoding = head + tail if tail else head, encoding_of(transfer_syntax_uid)
    try:
        found, likeness = _scan(before, buffer, dataset_start, len(head), encoding)
        last = found[-1].tag if found else -1
        after = scan(buffer, len(head), len(buffer), encoding, 1).elements if tail else []
    except Malformed:
        return HeaderRead(Header(buffer, [], encoding), Scanned.of(buffer, encoding, ()))
    behind = tuple(element for element in after if element.tag > last)
    return HeaderRead(
        Header(buffer, [*found, *behind], encoding), Scanned.of(buffer, encoding, found, likeness), likeness, behind
    )


def _scan(
    before: HeaderRead | None, buffer: bytes, start: int, stop: int, encoding: Encoding
) -> tuple[list[Element], Likeness | None]:
    beside = scan_beside(before.scanned, buffer, start, stop, encoding) if before else None
    if beside:
        return beside[0].elements, beside[1]
    return scan(buffer, start, stop, encoding).elements, None
