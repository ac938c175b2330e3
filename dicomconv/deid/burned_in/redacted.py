"""The pixel value with boxes blanked: native where it was native, else compressed as it was if that loses nothing.

What cannot be compressed again without loss becomes native, Explicit VR Little Endian (PS3.5 8.1, A.4; PS3.15 E.3.1).
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.deid.pixel_value import PixelValue
from dicomconv.elements import EXPLICIT_LITTLE, UNDEFINED
from dicomconv.encode import encode
from dicomconv.errors import Undecodable
from dicomconv.model import Box, Change, Span
from dicomconv.part10 import NATIVE_SYNTAXES
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.blank import blanked
from dicomconv.pixels.codecs import is_decodable, is_lossy
from dicomconv.pixels.decode import frame_reader
from dicomconv.pixels.native import LARGEST_IN_MEMORY, blanked_native, packed_bits
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.reencode import encoded_frame, raw_format
from dicomconv.preface import EXPLICIT_SYNTAX
from dicomconv.standard import tag_of, vr_of

ITEM, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0" + bytes(4)
OFFSET_TABLES = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A pixel value without what stood in its boxes, and how it is laid out now."""

    value: PixelValue
    format: PixelFormat
    encapsulated: bool


def redacted(value: PixelValue, attributes: ImageAttributes, keyword: str, boxes: tuple[Box, ...]) -> Redacted:
    """Blank the boxes in every frame. Undecodable if the frames cannot be read, or have no black.

    The attributes that describe the pixels change with them: `replaced` of the value.
    """
    format = attributes.format
    syntax = format.transfer_syntax_uid
    value = replace(value, changes=(*value.changes, Change(keyword, "blanked")))
    if syntax in NATIVE_SYNTAXES:
        span = blanked_native(value.span, attributes, boxes)
        return Redacted(replace(value, span=span), format, encapsulated=False)
    if not is_decodable(syntax):
        raise Undecodable("no decoder here reads this transfer syntax")
    frames = _Frames(value.span, attributes, boxes)
    fragments = _compressed(frames)
    if fragments is None:
        native = replace(frames.format, transfer_syntax_uid=EXPLICIT_SYNTAX)
        return Redacted(_native(value, frames, keyword), native, encapsulated=False)
    header = encode(tag_of(keyword), "OB", b"", EXPLICIT_LITTLE)[:-4] + struct.pack("<I", UNDEFINED)
    span = Span(fragments, 0, len(fragments))
    again = replace(value, header=header, span=span, padding=b"", replaced=_without_offset_tables(value))
    return Redacted(again, format, encapsulated=True)


class _Frames:
    """The frames of compressed pixel data, decoded and blanked when they are asked for; `format`: that of the arrays."""

    def __init__(self, value: Span, attributes: ImageAttributes, boxes: tuple[Box, ...]) -> None:
        self.source, self._attributes, self._boxes = attributes.format, attributes, boxes
        raw = raw_format(self.source)
        self._read: Callable[[int], NDArray[Any]] = frame_reader(raw, value)
        is_raw = raw is not self.source or self.source.samples_per_pixel != 3
        photometric = self.source.photometric_interpretation if is_raw else "RGB"
        self.format = replace(self.source, photometric_interpretation=photometric, planar_configuration=0)

    def __getitem__(self, index: int) -> NDArray[Any]:
        return blanked(self._read(index), self.format, self._attributes.frame(index + 1), self._boxes)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[index] for index in range(self.source.number_of_frames))


def _compressed(frames: _Frames) -> bytes | None:
    """An empty offset table and a fragment for each frame; None where that would lose something, or be too long."""
    if is_lossy(frames.source.transfer_syntax_uid):
        return None
    pieces, length = [ITEM + bytes(4)], 0
    for frame in frames:
        data = encoded_frame(frame, frames.source)
        if data is None or (length := length + len(data)) > LARGEST_IN_MEMORY:
            return None
        data += bytes(len(data) % 2)
        pieces += [ITEM, struct.pack("<I", len(data)), data]
    return b"".join((*pieces, SEQUENCE_END))


def _native(value: PixelValue, frames: _Frames, keyword: str) -> PixelValue:
    """The frames as native pixel data, with the attributes that say how they are laid out and that they were lossy."""
    format = frames.format
    if format.bits_allocated == 1:
        made = packed_bits(list(frames))
        span = Span(made, 0, len(made))
    else:
        first = frames[0]  # what cannot be decoded says so here, not when it is written
        length = first.nbytes * format.number_of_frames
        span = Span(_NativeFrames(frames, first.nbytes), 0, length)
    if span.length >= UNDEFINED - 1:
        raise Undecodable("the pixel data would be longer than 4 GiB once it is not compressed")
    vr = "OW" if format.bits_allocated > 8 else "OB"
    padding = bytes(span.length % 2)
    size = struct.pack("<I", span.length + len(padding))
    header = encode(tag_of(keyword), vr, b"", EXPLICIT_LITTLE)[:-4] + size
    texts = {"PhotometricInterpretation": format.photometric_interpretation}
    if is_lossy(frames.source.transfer_syntax_uid, maybe=False):
        texts["LossyImageCompression"] = "01"
    replaced = {**_without_offset_tables(value), **{tag_of(name): _text(name, text) for name, text in texts.items()}}
    if format.samples_per_pixel > 1:
        tag = tag_of("PlanarConfiguration")
        replaced[tag] = encode(tag, "US", bytes(2), EXPLICIT_LITTLE)
    return replace(value, header=header, span=span, padding=padding, replaced=replaced)


def _text(keyword: str, text: str) -> bytes:
    return encode(tag_of(keyword), vr_of(tag_of(keyword)) or "CS", text.encode(), EXPLICIT_LITTLE)


def _without_offset_tables(value: PixelValue) -> dict[int, bytes]:
    """Extended Offset Tables speak of fragments that are not there any more: they go."""
    return {**value.replaced, **{tag_of(keyword): b"" for keyword in OFFSET_TABLES}}


class _NativeFrames:
    """The bytes of blanked frames one after the other, decoded when they are read; the last one read is remembered."""

    def __init__(self, frames: _Frames, size: int) -> None:
        self._frames, self._size = frames, size
        self._last: tuple[int, bytes] = -1, b""

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        first, last = start // self._size, -(-stop // self._size)
        whole = b"".join(self._frame(index) for index in range(first, last))
        return whole[start - first * self._size : stop - first * self._size]

    def _frame(self, index: int) -> bytes:
        known, data = self._last
        if known != index:
            frame = self._frames[index]
            data = np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).tobytes()
            self._last = index, data
        return data
