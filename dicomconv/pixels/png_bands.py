"""A PNG file that is written from the top down, so that a picture of any height takes the memory of a band of it."""

import zlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.png import chunk, filtered, heading

LEVEL = 6
PIXEL = np.zeros((1, 1, 3), np.uint8)


class BandedPng:
    """Writes an 8-bit RGB picture of a known size into a file, band by band; nothing but IHDR, IDAT and IEND."""

    def __init__(self, file: BinaryIO, rows: int, columns: int) -> None:
        self._file, self._left, self._columns = file, rows, columns
        self._deflate = zlib.compressobj(LEVEL)
        file.write(heading((rows, columns), PIXEL, None))

    def add(self, band: NDArray[Any]) -> None:
        """Write the next rows: (rows, columns, 3) uint8. ValueError if they are not of this picture."""
        if band.shape[1:] != (self._columns, 3) or len(band) > self._left or band.dtype != np.uint8:
            raise ValueError("the band does not fit the picture")
        self._left -= len(band)
        self._write(self._deflate.compress(filtered(band).data))

    def finish(self) -> None:
        """Write the end. ValueError if rows are missing."""
        if self._left:
            raise ValueError("the picture is not complete")
        self._write(self._deflate.flush())
        self._file.write(chunk(b"IEND", b""))

    def _write(self, data: bytes) -> None:
        if data:
            self._file.write(chunk(b"IDAT", data))
