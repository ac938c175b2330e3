"""The pixel value as it goes out: exactly as long as rows, columns, samples and frames say (PS3.5 8.1.1)."""

import struct
from dataclasses import dataclass, field

from dicomconv.header import Header
from dicomconv.model import Change, Span
from dicomconv.part10 import Parts, fragments
from dicomconv.standard import keyword_of


@dataclass(frozen=True, slots=True)
class PixelValue:
    """The pixel data element: its encoded header, its value, the padding after it, and what was cut."""

    header: bytes = field(repr=False)
    span: Span
    padding: bytes = b""
    changes: tuple[Change, ...] = ()


def exact_pixel_value(parts: Parts, header: Header) -> PixelValue:
    """Native pixel data without what stands behind the last pixel; encapsulated, short, unclear values as they are."""
    pixel, span = parts.pixel_element, parts.pixels
    if pixel is None:
        return PixelValue(b"", span)
    encoded = parts.head[pixel.start : pixel.value]
    if len(encoded) == 12:
        encoded = encoded[:6] + bytes(2) + encoded[8:]
    if pixel.undefined and not has_sound_offsets(span):
        return PixelValue(encoded, _without_offsets(span), changes=(Change(keyword_of(pixel.tag), "C"),))
    length = None if pixel.undefined else native_length(header, parts.transfer_syntax_uid, span.length)
    if length is not None and pixel.vr == "OW" and not parts.encoding.little:
        length += length % 2  # bytes are swapped in words: the last byte stands after the padding
    if length is None or length >= span.length:
        return PixelValue(encoded, span)
    padding = bytes(length % 2)
    cut = () if length + len(padding) == span.length else (Change(keyword_of(pixel.tag), "cut"),)
    size = (length + len(padding)).to_bytes(4, "little" if parts.encoding.little else "big")
    return PixelValue(encoded[:-4] + size, Span(span.source, span.offset, length), padding, cut)


def has_sound_offsets(value: Span) -> bool:
    """Whether the Basic Offset Table is empty, or nothing but the starts of fragments in order (PS3.5 A.4)."""
    (table, length), *rest = fragments(value)[0] or [(0, 0)]
    if not length or not rest:
        return not length
    starts = {offset - rest[0][0] for offset, _ in rest}
    if length % 4:
        return False
    offsets = struct.unpack(f"<{length // 4}I", value.read(table, table + length))
    return offsets[0] == 0 and set(offsets) <= starts and list(offsets) == sorted(set(offsets))


def _without_offsets(value: Span) -> Span:
    """The same fragments behind an empty table. The whole value is in memory for it: few files need this."""
    table, length = fragments(value)[0][0]
    return _in_memory(value.read(0, table - 4) + bytes(4) + value.read(table + length))


def _in_memory(data: bytes) -> Span:
    return Span(data, 0, len(data))


def native_length(header: Header, transfer_syntax_uid: str, present: int) -> int | None:
    """The bytes that native pixel data takes; None if the header does not say, or the frames are compressed.

    `present`: the bytes there are. They tell whether colour that is declared as subsampled is.
    """
    numbers = [header.number(keyword) for keyword in ("Rows", "Columns", "BitsAllocated")]
    if None in numbers or transfer_syntax_uid.startswith("1.2.840.10008.1.2.4"):
        return None
    if header.text("NumberOfFrames") and header.number("NumberOfFrames") is None:
        return None  # there are frames, nobody knows how many: none is cut off
    rows, columns, bits = (int(number or 0) for number in numbers)
    samples = int(header.number("SamplesPerPixel") or 1)
    frames = int(header.number("NumberOfFrames") or 1)
    length = (rows * columns * samples * frames * bits + 7) // 8
    is_422 = header.text("PhotometricInterpretation").startswith(("YBR_FULL_422", "YBR_PARTIAL_422"))
    if is_422 and samples == 3 and present < length:
        length = length * 2 // 3
    return length if length > 0 else None
