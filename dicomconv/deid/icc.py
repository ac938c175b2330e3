"""ICC profiles without a word in them: the numbers that make colours stay, texts and makers go (ICC.1:2022, PS3.3 C.11.15)."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

HEADER = 128
MOST_TAGS = 100
CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"link", b"spac", b"abst"})
SPACES = frozenset({
    b"XYZ ", b"Lab ", b"Luv ", b"YCbr", b"Yxy ", b"RGB ", b"GRAY", b"HSV ", b"HLS ", b"CMYK", b"CMY ",
    *(f"{count:X}CLR".encode() for count in range(2, 16)),
})  # fmt: skip
TAGS = frozenset({
    b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"bkpt", b"lumi", b"chad", b"chrm", b"gamt",
    b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"pre0", b"pre1", b"pre2",
})  # fmt: skip
LENGTHS = {b"XYZ ": 8 + 4 * 3, b"sf32": 8 + 4 * 9}  # one colour; the matrix of the only such tag that is kept
PARAMETERS = (1, 3, 4, 5, 7)  # of the functions of a parametric curve (10.18)
NOBODYS_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
WORDS = b"None"


class _NotNumbers(Exception):
    """A tag does not hold what its type says."""


class Piece(NamedTuple):
    """A stretch of a tag that its type gives a meaning."""

    start: int
    stop: int


def cleaned(profile: bytes) -> bytes | None:
    """The same colours in a profile that says nothing of its maker; None if it cannot be read.

    Header: version, class, spaces, intent, illuminant stay (7.2). Tags: those of numbers stay, without what stands
    beside the numbers; description and copyright, which every profile has to have, say nothing.
    """
    try:
        size, signature = struct.unpack_from(">I32x4s", profile)
        if signature != b"acsp" or not HEADER + 4 <= size <= len(profile):
            return None
        tags = dict(_numbers(profile[:size]))
        header = _header(profile)
    except (struct.error, IndexError, _NotNumbers):
        return None
    is_old = profile[8] < 4
    words = {b"desc": _description() if is_old else _localised(), b"cprt": _text() if is_old else _localised()}
    return _assembled(header, words | tags)


def _header(profile: bytes) -> bytes:
    """The header with nothing of maker, model, platform and time (7.2); its first four bytes are the size."""
    profile_class, space, connection = struct.unpack_from(">4s4s4s", profile, 12)
    if profile_class not in CLASSES or space not in SPACES or connection not in SPACES:
        raise _NotNumbers
    version, intent, illuminant = profile[8:10] + bytes(2), profile[67] & 3, profile[68:80]
    attributes = bytes(7) + bytes([profile[63] & 15])
    return b"".join((
        bytes(8), version, profile_class, space, connection, NOBODYS_DATE, b"acsp", bytes(16), attributes,
        bytes([0, 0, 0, intent]), illuminant, bytes(48),
    ))  # fmt: skip


def _numbers(profile: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The tags that hold numbers, each with its element (7.3)."""
    count = struct.unpack_from(">I", profile, HEADER)[0]
    if count > MOST_TAGS:
        raise _NotNumbers
    for index in range(count):
        signature, offset, size = struct.unpack_from(">4sII", profile, HEADER + 4 + 12 * index)
        if signature in TAGS:
            if offset + size > len(profile):
                raise _NotNumbers
            yield signature, numbers_of(profile[offset : offset + size])


def numbers_of(element: bytes) -> bytes:
    """A tag's element with zeros where its type gives no meaning to a byte, and as long as its type says (10)."""
    kind = element[:4]
    if kind in LENGTHS:
        pieces = [Piece(8, LENGTHS[kind])]
    elif kind == b"chrm":
        pieces = [Piece(8, 12 + 8 * int(struct.unpack_from(">H", element, 8)[0]))]
    elif kind in (b"curv", b"para"):
        pieces = [Piece(8, _curve_end(element, 0))]
    elif kind in (b"mft1", b"mft2"):
        pieces = [Piece(8, 11), Piece(12, _table_end(element))]
    elif kind in (b"mAB ", b"mBA "):
        pieces = [Piece(8, 10), Piece(12, 32), *_pipeline(element)]
    else:
        raise _NotNumbers
    return kind + bytes(4) + _only(element, pieces)[8:]


def _only(element: bytes, pieces: list[Piece]) -> bytes:
    """Zeros but for the pieces, up to the end of the last."""
    length = max(piece.stop for piece in pieces)
    if length > len(element):
        raise _NotNumbers
    content = bytearray(length)
    for start, stop in pieces:
        content[start:stop] = element[start:stop]
    return bytes(content)


def _curve_end(element: bytes, at: int) -> int:
    """Where a curve ends that begins at a place (10.6, 10.18)."""
    kind = element[at : at + 4]
    if kind == b"curv":
        return at + 12 + 2 * int(struct.unpack_from(">I", element, at + 8)[0])
    function = struct.unpack_from(">H", element, at + 8)[0]
    if kind != b"para" or function >= len(PARAMETERS):
        raise _NotNumbers
    return at + 12 + 4 * PARAMETERS[function]


def _table_end(element: bytes) -> int:
    """Where a look-up table of 8 or 16 bits ends (10.10, 10.11)."""
    inputs, outputs, grid = element[8:11]
    if element[:4] == b"mft1":
        return int(48 + 256 * inputs + grid**inputs * outputs + 256 * outputs)
    before, after = struct.unpack_from(">HH", element, 48)
    return int(52 + 2 * (before * inputs + grid**inputs * outputs + after * outputs))


def _pipeline(element: bytes) -> Iterator[Piece]:
    """The curves, the matrix and the table of lutAToBType and lutBToAType (10.12, 10.13)."""
    inputs, outputs = element[8:10]
    b_curves, matrix, m_curves, table, a_curves = struct.unpack_from(">5I", element, 12)
    ends, beginnings = (outputs, inputs) if element[:4] == b"mAB " else (inputs, outputs)
    for at, count in ((b_curves, ends), (m_curves, ends), (a_curves, beginnings)):
        yield from _curves(element, at, count if at else 0)
    if matrix:
        yield Piece(matrix, matrix + 48)
    if table:
        points, width = element[table : table + inputs], element[table + 16]
        entries = outputs
        for count in points:
            entries *= count
        yield Piece(table, table + inputs)
        yield Piece(table + 16, table + 17)
        yield Piece(table + 20, table + 20 + entries * width)


def _curves(element: bytes, at: int, count: int) -> Iterator[Piece]:
    """Curves one after the other, each begun at a multiple of four; their reserved bytes left out."""
    for _ in range(count):
        end = _curve_end(element, at)
        head = 8 if element[at : at + 4] == b"curv" else 10
        yield Piece(at, at + 4)
        yield Piece(at + 8, at + head)
        yield Piece(at + (8 if head == 8 else 12), end)
        at = end + -end % 4


def _text() -> bytes:
    return b"text" + bytes(4) + WORDS + b"\0"


def _description() -> bytes:
    """textDescriptionType of version 2: ASCII, no Unicode, no script code."""
    return b"desc" + bytes(4) + struct.pack(">I", len(WORDS) + 1) + WORDS + bytes(1 + 8 + 3 + 67)


def _localised() -> bytes:
    """multiLocalizedUnicodeType with one name (10.15)."""
    words = WORDS.decode().encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(words), 28) + words


def _assembled(header: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of a header and of elements by signature; elements that are the same are there once (7.3.1)."""
    elements = list(dict.fromkeys(tags.values()))
    padded = [element + bytes(-len(element) % 4) for element in elements]
    start = HEADER + 4 + 12 * len(tags)
    offsets = [start]
    for element in padded:
        offsets.append(offsets[-1] + len(element))
    place = {element: offset for element, (offset, _) in zip(elements, pairwise(offsets), strict=True)}
    table = b"".join(struct.pack(">4sII", tag, place[one], len(one)) for tag, one in tags.items())
    return struct.pack(">I", offsets[-1]) + header[4:] + struct.pack(">I", len(tags)) + table + b"".join(padded)
