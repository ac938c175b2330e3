"""The frames of an instance one by one, as they are stored in the container (PS3.5 8.1, 8.2, annex A).

Native pixels stand as in the file, so that their bytes are the pixel value's own; all others are a decoded copy:
little endian, one byte per one-bit pixel, colour as RGB by pixel.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Malformed, Undecodable
from dicomconv.model import Span
from dicomconv.part10 import NATIVE_SYNTAXES, fragments
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.codecs import container_dtype, decode_frame, decoder_name, frame_bytes, is_decodable
from dicomconv.pixels.codestream import starts_frame
from dicomconv.pixels.photometric import to_rgb
from dicomconv.preface import BIG_ENDIAN_SYNTAX, EXPLICIT_SYNTAX

__all__ = ["decoder_name", "frames", "is_direct", "is_video", "stored_format"]

LARGEST_FRAME = 2 << 30
LARGE_FRAME, LARGEST_RATIO = 64 << 20, 4000  # a larger frame that shrank further is nobody's image
LARGE_IMAGE = 1 << 30  # nor are frames that are more than that together
GE_BIG_ENDIAN_SYNTAX = "1.2.840.113619.5.2"  # implicit little endian but for the pixels
UNCOMPRESSED_SYNTAX = "1.2.840.10008.1.2.1.98"
SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422")
VIDEO = "video is not taken apart into frames"
WITHOUT_FRAMES = {
    **dict.fromkeys(("94", "95", "204", "205"), "the pixel data is the address of a JPIP server, not an image"),
    **dict.fromkeys(("100", "101", "102", "103", "104", "105", "106", "107", "108"), VIDEO),
    **dict.fromkeys(("100.1", "101.1", "102.1", "103.1", "104.1", "105.1", "106.1"), VIDEO),
}
JPEG_FAMILY = "1.2.840.10008.1.2.4."

Items = list[tuple[int, int]]


def is_video(transfer_syntax_uid: str) -> bool:
    """Whether pixel data of this transfer syntax are a video."""
    return WITHOUT_FRAMES.get(transfer_syntax_uid.removeprefix(JPEG_FAMILY)) == VIDEO


def frames(format: PixelFormat, value: Span) -> Iterator[NDArray[Any]]:
    """Each frame of a pixel value, read when it is asked for.

    (rows, columns), (rows, columns, samples), or (samples, rows, columns) if Planar Configuration is 1, of the dtype
    and layout of `stored_format`. Undecodable, before memory is taken, if the header claims more than the value holds.
    """
    if format.transfer_syntax_uid in NATIVE_SYNTAXES:
        return _native_frames(format, value)
    if not is_decodable(format.transfer_syntax_uid):
        reason = WITHOUT_FRAMES.get(format.transfer_syntax_uid.removeprefix(JPEG_FAMILY))
        raise Undecodable(reason or "no decoder here reads this transfer syntax")
    read = frame_reader(format, value)
    return (read(index) for index in range(format.number_of_frames))


def frame_reader(format: PixelFormat, value: Span) -> Callable[[int], NDArray[Any]]:
    """A function that gives the frame of an index, from 0, of compressed pixel data; as `frames` has it, in any order."""
    size = frame_bytes(format)
    if size > LARGEST_FRAME:
        raise Undecodable("a frame would take more than 2 GiB")
    if size * format.number_of_frames > max(LARGE_IMAGE, LARGEST_RATIO * value.length):
        raise Undecodable("the frames claim to be thousands of times larger than their compressed bytes")
    groups = _frames_of_fragments(format, value)
    return lambda index: _decoded_frame(format, value, groups[index])


def is_direct(format: PixelFormat, value_length: int) -> bool:
    """Whether the frames' bytes, one after the other in C order, are the beginning of the pixel value."""
    return _stands_as_is(format) and value_length >= frame_bytes(format) * format.number_of_frames


def stored_format(format: PixelFormat) -> PixelFormat:
    """The format of the arrays that `frames` gives: the same where they stand as in the file, else that of a copy."""
    if _stands_as_is(format):
        return format
    is_bit = format.bits_allocated == 1
    return replace(
        format,
        photometric_interpretation="RGB" if format.samples_per_pixel == 3 else format.photometric_interpretation,
        planar_configuration=0,
        bits_allocated=8 if is_bit else format.bits_allocated,
        transfer_syntax_uid=EXPLICIT_SYNTAX,
    )


def _stands_as_is(format: PixelFormat) -> bool:
    """Native, whole bytes per sample, no sample left out, no bytes swapped in pairs."""
    if format.transfer_syntax_uid not in NATIVE_SYNTAXES or format.bits_allocated == 1:
        return False
    return not _is_subsampled(format) and not has_swapped_bytes(format)


def has_swapped_bytes(format: PixelFormat) -> bool:
    """Whether 8-bit samples stand in words of which the high byte is first."""
    return _is_swapped(format) and format.bits_allocated == 8


def is_big_endian(format: PixelFormat) -> bool:
    """Whether the words of native pixels have their high byte first."""
    return format.transfer_syntax_uid in (BIG_ENDIAN_SYNTAX, GE_BIG_ENDIAN_SYNTAX)


def _is_swapped(format: PixelFormat) -> bool:
    """Whether bytes come in words of which the high byte is first (PS3.5 8.1.1, 7.3)."""
    return is_big_endian(format) and format.pixel_vr == "OW"


def _is_subsampled(format: PixelFormat) -> bool:
    return format.photometric_interpretation in SUBSAMPLED and format.samples_per_pixel == 3


def is_subsampled(format: PixelFormat, length: int) -> bool:
    """Whether a native value of so many bytes has one chrominance for two pixels: declared so, and no longer than that."""
    return _is_subsampled(format) and length < frame_bytes(format) * format.number_of_frames


def _native_frames(format: PixelFormat, value: Span) -> Iterator[NDArray[Any]]:
    """Check the length of the value, then give its frames."""
    subsampled = is_subsampled(format, value.length)
    bits = format.rows * format.columns * (2 if subsampled else format.samples_per_pixel) * format.bits_allocated
    if (bits * format.number_of_frames + 7) // 8 > value.length:
        raise Undecodable("the pixel data is shorter than Rows, Columns, SamplesPerPixel and NumberOfFrames say")
    if _stands_as_is(format):
        return _direct_frames(format, value, bits // 8)
    return (_copied_frame(format, value, bits, index, subsampled) for index in range(format.number_of_frames))


def _direct_frames(format: PixelFormat, value: Span, size: int) -> Iterator[NDArray[Any]]:
    dtype = container_dtype(format).newbyteorder(">" if is_big_endian(format) else "<")
    for start in range(0, size * format.number_of_frames, size):
        yield np.frombuffer(value.view(start, start + size), dtype).reshape(frame_shape(format))


def frame_shape(format: PixelFormat) -> tuple[int, ...]:
    """The shape of one native frame: (rows, columns), with samples last, or first if they stand by plane."""
    if format.samples_per_pixel == 1:
        return format.rows, format.columns
    if format.planar_configuration == 1:
        return format.samples_per_pixel, format.rows, format.columns
    return format.rows, format.columns, format.samples_per_pixel


def _copied_frame(format: PixelFormat, value: Span, bits: int, index: int, subsampled: bool) -> NDArray[Any]:
    """A native frame that does not stand as it is wanted: one bit, swapped in words, or chrominance left out."""
    start, stop = index * bits, (index + 1) * bits
    data = _bytes_of_bits(format, value, start, stop)
    if format.bits_allocated == 1:
        pixels = np.unpackbits(data, bitorder="little")[start % 8 : start % 8 + bits]
        return pixels.reshape(frame_shape(format))
    samples = data.view(container_dtype(format).newbyteorder("<"))
    if subsampled:  # by pixel whatever Planar Configuration says: there is no other way (PS3.3 C.7.6.3.1.3)
        by_pixel = replace(format, planar_configuration=0)
        return to_rgb(_upsampled(samples, format).reshape(frame_shape(by_pixel)), by_pixel)
    colour = samples.reshape(frame_shape(format))
    return to_rgb(colour, format) if format.samples_per_pixel == 3 else colour


def _bytes_of_bits(format: PixelFormat, value: Span, start: int, stop: int) -> NDArray[np.uint8]:
    """The bytes that hold bits `start` to `stop`, in the order that pixels have in little endian."""
    first, last = start // 8, (stop + 7) // 8
    if not _is_swapped(format):
        return np.frombuffer(value.read(first, last), np.uint8)
    words = value.read(first - first % 2, last + last % 2)
    swapped = np.frombuffer(words + bytes(len(words) % 2), ">u2").astype("<u2").view(np.uint8)
    return swapped[first % 2 : first % 2 + last - first]


def _upsampled(samples: NDArray[Any], format: PixelFormat) -> NDArray[Any]:
    """Y1 Y2 Cb Cr to Y1 Cb Cr Y2 Cb Cr (PS3.3 C.7.6.3.1.2)."""
    pairs = samples.reshape(-1, 4)
    if format.columns % 2:
        raise Undecodable("Columns is odd, and the chrominance is given once for two columns")
    return pairs[:, [0, 2, 3, 1, 2, 3]].reshape(-1)


def _decoded_frame(format: PixelFormat, value: Span, group: Items) -> NDArray[Any]:
    """The frame that the fragments of a group make up."""
    _check_ratio(frame_bytes(format), sum(length for _, length in group))
    data = b"".join(value.read(start, start + length) for start, length in group)
    if format.transfer_syntax_uid == UNCOMPRESSED_SYNTAX:
        native = replace(format, transfer_syntax_uid=EXPLICIT_SYNTAX, number_of_frames=1)
        return _uncompressed(native, Span(data, 0, len(data)))
    return decode_frame(data, format)


def _check_ratio(size: int, compressed: int) -> None:
    """Refuse, before any of it is read, what is far smaller or far larger than the pixels it stands for."""
    if size > max(LARGE_FRAME, LARGEST_RATIO * compressed):
        raise Undecodable("a frame claims to be thousands of times larger than its compressed bytes")
    if compressed > max(LARGE_FRAME, 2 * size):
        raise Undecodable("a compressed frame is more than twice as large as its pixels")


def _uncompressed(format: PixelFormat, value: Span) -> NDArray[Any]:
    """The one frame of a fragment of Encapsulated Uncompressed (PS3.5 A.4.11)."""
    frame = next(_native_frames(format, value))
    return to_rgb(frame, format) if format.samples_per_pixel == 3 and _stands_as_is(format) else frame


def _frames_of_fragments(format: PixelFormat, value: Span) -> list[Items]:
    """The fragments of each frame: one each, or all for one, or as the Basic Offset Table or their starts say."""
    try:
        (table_start, table_length), *found = fragments(value)[0]
    except (Malformed, ValueError):
        raise Undecodable("the encapsulated pixel data is not a sequence of fragments") from None
    count = format.number_of_frames
    if len(found) < count:
        raise Undecodable("there are fewer fragments than NumberOfFrames says")
    if len(found) == count:
        return [[item] for item in found]
    if count == 1:
        return [_without_further_frames(found, value)]
    offsets = _offset_table(value.read(table_start, table_start + table_length))
    starts = _starts_by_table(offsets, found) if len(offsets) == count else []
    starts = starts or _starts_by_content(found, value)
    if len(starts) < count or starts[0] != 0:
        raise Undecodable("nothing says which fragments belong to which frame")
    return [found[start:stop] for start, stop in zip(starts, [*starts[1:], len(found)], strict=True)][:count]


def _without_further_frames(found: Items, value: Span) -> Items:
    """The fragments of a single frame, short of a second frame that Number of Frames does not count."""
    starts = _starts_by_content(found, value)
    return found[: starts[1]] if len(starts) > 1 and starts[0] == 0 else found


def _offset_table(data: bytes) -> list[int]:
    return [offset for (offset,) in struct.iter_unpack("<I", data[: len(data) // 4 * 4])]


def _starts_by_table(offsets: list[int], found: Items) -> list[int]:
    """The index of the fragment at each offset; offsets count from the first fragment's item tag."""
    index_at = {start - found[0][0]: index for index, (start, _) in enumerate(found)}
    starts = [index_at.get(offset, -1) for offset in offsets]
    return starts if starts == sorted(set(starts)) and starts[0] == 0 else []


def _starts_by_content(found: Items, value: Span) -> list[int]:
    """The indices of the fragments that begin a compressed frame."""
    return [index for index, (start, _) in enumerate(found) if starts_frame(value.read(start, start + 12))]
