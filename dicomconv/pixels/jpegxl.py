"""What the header of a JPEG XL codestream says: size, orientation, samples (ISO 18181-1 D, ISO 18181-2)."""

import struct
from typing import NamedTuple

from dicomconv.errors import Undecodable
from dicomconv.pixels.codestream import JXL_SIGNATURE, JXL_START, Codestream

MOST_HEADER = 1 << 12
RATIOS = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
SIZE = ((1, 9), (1, 13), (1, 18), (1, 30))  # of a field that is told in one of four ways: what is added, how many bits
PREVIEW_BY_8, PREVIEW = ((16, 0), (32, 0), (1, 5), (33, 9)), ((1, 6), (65, 8), (321, 10), (1345, 12))
TICKS, TICK_PARTS, LOOPS = ((100, 0), (1000, 0), (1, 10), (1, 30)), ((1, 0), (1001, 0), (1, 8), (1, 10)), (
    (0, 0), (0, 3), (0, 16), (0, 32),
)  # fmt: skip
BITS, FLOAT_BITS = ((8, 0), (10, 0), (12, 0), (1, 6)), ((32, 0), (16, 0), (24, 0), (1, 6))
ENUM, EXTRA_CHANNELS = ((0, 0), (1, 0), (2, 4), (18, 6)), ((0, 0), (1, 0), (2, 4), (1, 12))
GREY = 1
FIRST_TURNED = 5  # orientations from here on exchange rows and columns


class _Bits:
    """Reads a header bit by bit, the lowest first."""

    def __init__(self, data: bytes):
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise IndexError
        taken = self._value & ((1 << count) - 1)
        self._value, self._left = self._value >> count, self._left - count
        return taken

    def one_of(self, ways: tuple[tuple[int, int], ...]) -> int:
        added, count = ways[self.take(2)]
        return added + self.take(count)


class _Metadata(NamedTuple):
    turned: bool
    bits: int
    samples: int


def describe_jpeg_xl(data: bytes) -> Codestream | None:
    """Size and samples of the image, after its orientation; None if there is no codestream.

    Undecodable if it has more channels than colours.
    """
    head = _head(data)
    if not head.startswith(JXL_START):
        return None
    bits = _Bits(head[2:])
    rows, columns = _size(bits)
    metadata = _metadata(bits)
    if metadata.turned:
        rows, columns = columns, rows
    return Codestream("jpegxl", rows, columns, metadata.samples, metadata.bits)


def _head(data: bytes) -> bytes:
    """The first bytes of the codestream, out of the boxes of a file if it is in one."""
    if not data.startswith(JXL_SIGNATURE):
        return data[:MOST_HEADER]
    at, head = 0, b""
    while at + 8 <= len(data) and len(head) < MOST_HEADER:
        length, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if length == 1:
            length, content = struct.unpack_from(">Q", data, content)[0], at + 16
        stop = min(at + length, len(data)) if length else len(data)
        if stop < content:
            return b""
        if kind in (b"jxlc", b"jxlp"):
            skipped = 4 if kind == b"jxlp" else 0
            head += data[content + skipped : min(stop, content + skipped + MOST_HEADER)]
        at = stop
    return head


def _size(bits: _Bits) -> tuple[int, int]:
    """Rows and columns (D.2)."""
    is_small = bits.take(1)
    rows = 8 * (bits.take(5) + 1) if is_small else bits.one_of(SIZE)
    times, by = RATIOS[bits.take(3)]
    if times:
        return rows, rows * times // by
    return rows, 8 * (bits.take(5) + 1) if is_small else bits.one_of(SIZE)


def _metadata(bits: _Bits) -> _Metadata:
    """Orientation, bits and samples (D.3)."""
    if bits.take(1):
        return _Metadata(False, 8, 3)
    orientation = _extra_fields(bits) if bits.take(1) else 1
    depth = _depth(bits)
    bits.take(1)
    if bits.one_of(EXTRA_CHANNELS):
        raise Undecodable("the compressed frame has more channels than its colours")
    bits.take(1)
    return _Metadata(orientation >= FIRST_TURNED, depth, _colours(bits))


def _extra_fields(bits: _Bits) -> int:
    """Orientation; passes over the intrinsic size, the size of a preview, and how an animation runs."""
    orientation = bits.take(3) + 1
    if bits.take(1):
        _size(bits)
    if bits.take(1):
        ways = PREVIEW_BY_8 if bits.take(1) else PREVIEW
        bits.one_of(ways)
        if not bits.take(3):
            bits.one_of(ways)
    if bits.take(1):
        for ways in (TICKS, TICK_PARTS, LOOPS):
            bits.one_of(ways)
        bits.take(1)
    return orientation


def _depth(bits: _Bits) -> int:
    if not bits.take(1):
        return bits.one_of(BITS)
    depth = bits.one_of(FLOAT_BITS)
    bits.take(4)
    return depth


def _colours(bits: _Bits) -> int:
    """How many colours there are (D.3.5); an ICC profile, which follows, has as many as the enumerated space says."""
    if bits.take(1):
        return 3
    bits.take(1)
    return 1 if bits.one_of(ENUM) == GREY else 3
