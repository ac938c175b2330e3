"""A PNG file that is written from the top down, so that a picture of any height takes the memory of a band of it."""

import struct
import zlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, SUB, LEVEL = 2, 1, 6


class BandedPng:
    """Writes an 8-bit RGB picture of a known size into a file, band by band; nothing but IHDR, IDAT and IEND."""

    def __init__(self, file: BinaryIO, rows: int, columns: int) -> None:
        self._file, self._left, self._columns = file, rows, columns
        self._deflate = zlib.compressobj(LEVEL)
        file.write(SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, RGB, 0, 0, 0))

    def add(self, band: NDArray[Any]) -> None:
        """Write the next rows: (rows, columns, 3) uint8. ValueError if they are not of this picture."""
        if band.shape[1:] != (self._columns, 3) or len(band) > self._left or band.dtype != np.uint8:
            raise ValueError("the band does not fit the picture")
        self._left -= len(band)
        self._write(self._deflate.compress(_filtered(band).tobytes()))

    def finish(self) -> None:
        """Write the end. ValueError if rows are missing."""
        if self._left:
            raise ValueError("the picture is not complete")
        self._write(self._deflate.flush())
        self._chunk(b"IEND", b"")

    def _write(self, data: bytes) -> None:
        if data:
            self._chunk(b"IDAT", data)

    def _chunk(self, kind: bytes, data: bytes) -> None:
        self._file.write(struct.pack(">I", len(data)) + kind + data)
        self._file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def _filtered(band: NDArray[Any]) -> NDArray[np.uint8]:
    """Each row as its filter's number and the differences of each sample to that of the pixel on its left."""
    filtered = np.empty((len(band), 1 + 3 * band.shape[1]), np.uint8)
    samples = np.ascontiguousarray(band).reshape(len(band), -1)
    filtered[:, 0] = SUB
    filtered[:, 1:4] = samples[:, :3]
    np.subtract(samples[:, 3:], samples[:, :-3], out=filtered[:, 4:])
    return filtered
