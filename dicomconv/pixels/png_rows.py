"""A picture as a PNG file while it is made: rows go in some at a time, bytes come out; never the whole in memory."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray

from dicomconv.pixels.png import chunk, filtered, heading

LEVEL = 1


def encode_rows(
    strips: Iterable[NDArray[Any]], size: tuple[int, int], spacing: tuple[float, float] | None
) -> Iterator[bytes]:
    """The bytes of a PNG file of `size` (rows, columns), piece by piece.

    `strips`: (rows, columns) or (rows, columns, 3), uint8 or uint16, from the top down. `spacing` as `png.encode`.
    """
    deflater = zlib.compressobj(LEVEL)
    begun = False
    for strip in strips:
        if not begun:
            yield heading(size, strip, spacing)
            begun = True
        data = deflater.compress(filtered(strip).data)
        if data:
            yield chunk(b"IDAT", data)
    yield chunk(b"IDAT", deflater.flush()) + chunk(b"IEND", b"")
