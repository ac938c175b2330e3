"""A frame as a PNG file: one filter, one zlib stream, four kinds of chunk, the same bytes every time (ISO 15948)."""

import hashlib
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    from isal import isal_zlib
except ImportError:
    isal_zlib = None  # type: ignore[assignment]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE = 0, 2, 3
SUB = 1
METRE = 1
LARGEST = (1 << 31) - 1

# Level 1 takes a third of the time for the same size. What has fewer than 288 bytes (ISAL_LOOK_AHEAD) it now and then
# compresses to other bytes in another process; 3 does not, but on other processors
ISAL_LEVEL, LEVEL_OF_SMALL, LARGE = 1, 3, 1 << 14


def encode(
    image: NDArray[Any], spacing: tuple[float, float] | None, texts: bytes = b"", palette: bytes = b""
) -> bytes:
    """The bytes of a PNG file.

    `image`: (rows, columns) grey or (rows, columns, 3) RGB, uint8 or uint16. `spacing`: between rows and between
    columns in mm, kept as pixels per metre. `texts`: chunks of `text_chunk` that stand before the pixels. `palette`: red,
    green and blue of each value of a grey image of uint8, which is in colours then.
    """
    data = chunk(b"IDAT", deflate(filtered(image).data))
    return b"".join((heading(image.shape[:2], image, spacing, palette), texts, data, chunk(b"IEND", b"")))


def text_chunk(keyword: str, text: str) -> bytes:
    """A text under a keyword as a chunk, iTXt, not compressed, of no language."""
    return chunk(b"iTXt", keyword.encode("latin-1") + bytes(5) + text.encode())


def pixel_sha256(image: NDArray[Any]) -> str:
    """The SHA-256 of a picture's pixels, in hexadecimal.

    Over rows, columns, samples a pixel (1 or 3) and bits a sample (8 or 16), each a 32-bit big-endian integer, and then
    the samples, row by row, those of a pixel together, those of 16 bits big-endian.
    """
    samples = np.ascontiguousarray(image, image.dtype.newbyteorder(">"))
    shape = (*image.shape, 1)[:3]
    digest = hashlib.sha256(struct.pack(">IIII", *shape, 8 * image.dtype.itemsize))
    digest.update(samples.data)
    return digest.hexdigest()


def heading(
    size: tuple[int, ...], sample: NDArray[Any], spacing: tuple[float, float] | None, palette: bytes = b""
) -> bytes:
    """What stands before the pixels of a picture of `size` (rows, columns) whose pixels are like those of `sample`."""
    bits, colour = 8 * sample.dtype.itemsize, RGB if sample.ndim == 3 else PALETTE if palette else GREY
    header = struct.pack(">IIBBBBB", size[1], size[0], bits, colour, 0, 0, 0)
    physical = chunk(b"pHYs", _per_metre(spacing)) if spacing else b""
    colours = chunk(b"PLTE", palette) if palette else b""
    return b"".join((SIGNATURE, chunk(b"IHDR", header), physical, colours))


def _per_metre(spacing: tuple[float, float]) -> bytes:
    """Pixels per metre along a row, then along a column: spacing between columns first."""
    between_rows, between_columns = (min(LARGEST, max(1, round(1000 / mm))) for mm in spacing)
    return struct.pack(">IIB", between_columns, between_rows, METRE)


def filtered(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Each row as its filter's number and the differences of each byte to that of the pixel on its left."""
    rows = len(image)
    samples = np.ascontiguousarray(image, image.dtype.newbyteorder(">")).view(np.uint8).reshape(rows, -1)
    pixel = samples.shape[1] // image.shape[1]
    filtered = np.empty((rows, samples.shape[1] + 1), np.uint8)
    filtered[:, 0] = SUB
    filtered[:, 1 : 1 + pixel] = samples[:, :pixel]
    np.subtract(samples[:, pixel:], samples[:, :-pixel], out=filtered[:, 1 + pixel :])
    return filtered


def deflate(data: bytes | memoryview) -> bytes:
    """A zlib stream, the same every time."""
    if not isal_zlib:
        return zlib.compress(data, 1)
    return bytes(isal_zlib.compress(data, ISAL_LEVEL if memoryview(data).nbytes >= LARGE else LEVEL_OF_SMALL))


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk: length, kind, data, checksum."""
    crc32 = isal_zlib.crc32 if isal_zlib else zlib.crc32
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", crc32(data, crc32(kind)))))
