"""Native pixel values with boxes blanked, in whatever layout they have, read piece by piece (PS3.5 8.1, 8.2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.model import Box, Span
from dicomconv.pixels.blank import blanked, blanked_pairs
from dicomconv.pixels.codecs import container_dtype, frame_bytes
from dicomconv.pixels.decode import frame_shape, frames, has_swapped_bytes, is_big_endian, is_subsampled
from dicomconv.pixels.read import ImageAttributes

LARGEST_IN_MEMORY = 512 << 20
SHORT = "the pixel data is shorter than Rows, Columns, SamplesPerPixel and NumberOfFrames say"


def blanked_native(value: Span, attributes: ImageAttributes, boxes: tuple[Box, ...]) -> Span:
    """A native pixel value of the same length and layout, with the boxes blanked in every frame.

    Undecodable if it is shorter than its header says, or has no black.
    """
    format = attributes.format
    if format.bits_allocated == 1 or has_swapped_bytes(format):
        return _in_memory(value, attributes, boxes)
    subsampled = is_subsampled(format, value.length)
    if subsampled and format.columns % 2:
        raise Undecodable("Columns is odd, and the chrominance is given once for two columns")
    size = frame_bytes(format) * (2 if subsampled else 3) // 3
    if size * format.number_of_frames > value.length:
        raise Undecodable(SHORT)
    span = Span(BlankedFrames(value, attributes, boxes, size, subsampled), 0, value.length)
    span.read(0, 1)  # what cannot be blanked says so here, not when it is written
    return span


@dataclass(frozen=True, slots=True, eq=False)
class BlankedFrames:
    """Whole frames of whole bytes of a native value, blanked when they are read; what stands behind them is as it was."""

    base: Span
    attributes: ImageAttributes
    boxes: tuple[Box, ...]
    size: int
    subsampled: bool

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        count = self.attributes.format.number_of_frames
        first, last = min(start // self.size, count), min(-(-stop // self.size), count)
        pieces = [self._frame(index) for index in range(first, last)]
        if stop > last * self.size:
            pieces.append(self.base.read(last * self.size, stop))
        offset = first * self.size
        return b"".join(pieces)[start - offset : stop - offset]

    def _frame(self, index: int) -> bytes:
        format = self.attributes.format
        dtype = container_dtype(format).newbyteorder(">" if is_big_endian(format) else "<")
        values = np.frombuffer(self.base.view(index * self.size, (index + 1) * self.size), dtype)
        if self.subsampled:
            return blanked_pairs(values.reshape(format.rows, format.columns // 2, 4), format, self.boxes).tobytes()
        frame = values.reshape(frame_shape(format))
        return blanked(frame, format, self.attributes.frame(index + 1), self.boxes).tobytes()


def _in_memory(value: Span, attributes: ImageAttributes, boxes: tuple[Box, ...]) -> Span:
    """Pixels of one bit, which share bytes with other frames, and bytes swapped in words: made anew as a whole."""
    format = attributes.format
    if value.length > LARGEST_IN_MEMORY or format.samples_per_pixel > 1:
        raise Undecodable("pixels of one bit or in swapped bytes, in colour or of more than 512 MiB, are not blanked")
    found = [
        blanked(frame, format, attributes.frame(number), boxes) for number, frame in enumerate(frames(format, value), 1)
    ]
    made = packed_bits(found) if format.bits_allocated == 1 else _swapped(b"".join(one.tobytes() for one in found))
    return Span(made[: value.length] + value.read(len(made), value.length), 0, value.length)


def _swapped(octets: bytes) -> bytes:
    return np.frombuffer(octets + bytes(len(octets) % 2), "<u2").astype(">u2").tobytes()


def packed_bits(bits: list[NDArray[Any]]) -> bytes:
    """Frames of one-bit pixels, one a byte, packed as native pixel data has them, the first in the lowest bit."""
    return np.packbits(np.concatenate([frame.ravel() for frame in bits]), bitorder="little").tobytes()
