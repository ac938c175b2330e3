"""A picture as a TIFF file: one strip, deflated, 8 or 16 bits a sample, grey or RGB (TIFF 6.0 with Adobe's supplement)."""

import struct
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.png import deflate

SHORT, LONG, RATIONAL = 3, 4, 5
DEFLATED = 8
LARGEST = (1 << 32) - 1


def encode(image: NDArray[Any], spacing: tuple[float, float] | None) -> bytes:
    """The bytes of a file.

    `image`: (rows, columns) or (rows, columns, 3), uint8 or uint16. `spacing`: between rows and columns in mm, kept as
    pixels per centimetre.
    """
    little = np.ascontiguousarray(image, image.dtype.newbyteorder("<"))
    strip = deflate(little.reshape(-1).view(np.uint8).data)
    samples = image.shape[2] if image.ndim == 3 else 1
    bits = struct.pack(f"<{samples}H", *[8 * image.dtype.itemsize] * samples)
    fields = [
        (256, LONG, struct.pack("<I", image.shape[1])),
        (257, LONG, struct.pack("<I", image.shape[0])),
        (258, SHORT, bits),
        (259, SHORT, struct.pack("<H", DEFLATED)),
        (262, SHORT, struct.pack("<H", 2 if samples == 3 else 1)),
        (273, LONG, struct.pack("<I", 8)),
        (277, SHORT, struct.pack("<H", samples)),
        (278, LONG, struct.pack("<I", image.shape[0])),
        (279, LONG, struct.pack("<I", len(strip))),
        *_resolution(spacing),
        (284, SHORT, struct.pack("<H", 1)),
        *([(296, SHORT, struct.pack("<H", 3))] if spacing else []),
    ]
    strip += bytes(len(strip) % 2)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + _directory(fields, 8 + len(strip))


def _resolution(spacing: tuple[float, float] | None) -> list[tuple[int, int, bytes]]:
    """Columns, then rows per centimetre."""
    if not spacing:
        return []
    parts = [Fraction(10 / spacing[axis]).limit_denominator(1_000_000) for axis in (1, 0)]
    return [
        (tag, RATIONAL, struct.pack("<II", min(LARGEST, one.numerator), one.denominator))
        for tag, one in zip((282, 283), parts, strict=True)
    ]


def _directory(fields: list[tuple[int, int, bytes]], start: int) -> bytes:
    """The fields, then what of their values is longer than four bytes. `start`: where the directory lies in the file."""
    entries, beyond = b"", b""
    end = start + 2 + 12 * len(fields) + 4
    for tag, kind, value in fields:
        count = len(value) // {SHORT: 2, LONG: 4, RATIONAL: 8}[kind]
        if len(value) <= 4:
            entries += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        else:
            entries += struct.pack("<HHII", tag, kind, count, end + len(beyond))
            beyond += value + bytes(len(value) % 2)
    return struct.pack("<H", len(fields)) + entries + bytes(4) + beyond
