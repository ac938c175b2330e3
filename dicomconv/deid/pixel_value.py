"""The pixel value as it goes out: nothing but pixels, and as long as they take (PS3.5 8.1.1, A.4)."""

import struct
from dataclasses import dataclass, field, replace

from dicomconv.deid.codestream.walkers import FRAME_IS_FRAGMENT, walker_of
from dicomconv.deid.encapsulated import Encapsulated, Extended, Frames, stripped
from dicomconv.deid.unused_bits import without_unused_bits
from dicomconv.encode import encode
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.model import Change, Span, Splice
from dicomconv.part10 import NATIVE_SYNTAXES, Parts, fragments
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.decode import WITHOUT_FRAMES
from dicomconv.pixels.read_format import pixel_format
from dicomconv.standard import keyword_of, tag_of

JPEG_FAMILY = "1.2.840.10008.1.2.4."


@dataclass(frozen=True, slots=True)
class PixelValue:
    """The pixel data element: its encoded header, its value, the padding after it, and what was done to it.

    `replaced`: elements of the data set that have to follow, by tag: their new bytes, none if they have to go.
    Changes: "cut" behind the last pixel or frame, "C" offsets, "stripped" comments and the like, "masked" unused bits,
    "unsearched": there are frames that could not be followed to their ends.
    """

    header: bytes = field(repr=False)
    span: Span
    padding: bytes = b""
    changes: tuple[Change, ...] = ()
    replaced: dict[int, bytes] = field(default_factory=dict, repr=False)


def exact_pixel_value(parts: Parts, header: Header) -> PixelValue:
    """Pixel data without what stands behind and beside the pixels; short and unclear values as they are."""
    pixel = parts.pixel_element
    if pixel is None:
        return PixelValue(b"", parts.pixels)
    encoded = parts.head[pixel.start : pixel.value]
    if len(encoded) == 12:
        encoded = encoded[:6] + bytes(2) + encoded[8:]
    format = _format(parts, header, keyword_of(pixel.tag))
    if pixel.undefined:
        return _encapsulated(parts, header, format, PixelValue(encoded, parts.pixels))
    exact = _exact_native(parts, header, PixelValue(encoded, parts.pixels))
    keyword = keyword_of(pixel.tag)
    if parts.transfer_syntax_uid not in NATIVE_SYNTAXES:
        is_unsearched = bool(parts.pixels.length) and not _has_no_frames(parts.transfer_syntax_uid)
        return _with(exact, keyword, ["unsearched"] * is_unsearched)
    span = without_unused_bits(exact.span, format) if format else exact.span
    return exact if span is exact.span else _with(replace(exact, span=span), keyword, ["masked"])


def _with(value: PixelValue, keyword: str, actions: list[str]) -> PixelValue:
    return replace(value, changes=(*value.changes, *(Change(keyword, action) for action in actions)))


def _format(parts: Parts, header: Header, keyword: str) -> PixelFormat | None:
    try:
        return pixel_format(header, parts.transfer_syntax_uid, keyword)
    except Undecodable:
        return None


def _has_no_frames(transfer_syntax_uid: str) -> bool:
    """Whether pixel data of this transfer syntax are video, or the address of a server: no frames to follow."""
    return transfer_syntax_uid.removeprefix(JPEG_FAMILY) in WITHOUT_FRAMES


def _encapsulated(parts: Parts, header: Header, format: PixelFormat | None, value: PixelValue) -> PixelValue:
    """Fragments without what stands beside the frames."""
    keyword = keyword_of(parts.elements[-1].tag)
    if not has_sound_offsets(value.span):
        value = _with(replace(value, span=_without_offsets(value.span)), keyword, ["C"])
    if _has_no_frames(parts.transfer_syntax_uid):
        return value
    walker = walker_of(parts.transfer_syntax_uid, format)
    frames = Frames(_frame_count(header), parts.transfer_syntax_uid in FRAME_IS_FRAGMENT)
    result = stripped(value.span, frames, walker, _extended_table(header))
    actions = {"stripped": result.is_stripped, "cut": result.is_cut, "unsearched": not result.is_searched}
    value = replace(value, span=result.span, replaced=_extended_elements(parts, header, result))
    value = _with(value, keyword, [action for action, is_done in actions.items() if is_done])
    for tag, content in value.replaced.items():
        value = _with(value, keyword_of(tag), ["C" if content else "X"])
    return value


def _frame_count(header: Header) -> int | None:
    """Number of Frames; None if there is something else than a number."""
    count = header.number("NumberOfFrames")
    if count is None:
        return None if header.text("NumberOfFrames") else 1
    return max(1, int(count))


def _extended_table(header: Header) -> Extended | None:
    keywords = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
    if not any(keyword in header for keyword in keywords):
        return None
    return Extended(*(header.raw(keyword) for keyword in keywords))


def _extended_elements(parts: Parts, header: Header, result: Encapsulated) -> dict[int, bytes]:
    """The elements of the Extended Offset Table that are not what they were, encoded; empty if they have to go."""
    new = result.extended or Extended(b"", b"")
    contents = {"ExtendedOffsetTable": new.offsets, "ExtendedOffsetTableLengths": new.lengths}
    return {
        tag_of(keyword): encode(tag_of(keyword), "OV", content, parts.encoding) if content else b""
        for keyword, content in contents.items()
        if keyword in header and header.raw(keyword) != content
    }


def _exact_native(parts: Parts, header: Header, value: PixelValue) -> PixelValue:
    """Native pixel data without what stands behind the last pixel."""
    pixel, span = parts.elements[-1], value.span
    length = native_length(header, parts.transfer_syntax_uid, span.length)
    if length is not None and pixel.vr == "OW" and not parts.encoding.little:
        length += length % 2  # bytes are swapped in words: the last byte stands after the padding
    if length is None or length >= span.length:
        return value
    padding = bytes(length % 2)
    cut = () if length + len(padding) == span.length else (Change(keyword_of(pixel.tag), "cut"),)
    size = (length + len(padding)).to_bytes(4, "little" if parts.encoding.little else "big")
    return PixelValue(value.header[:-4] + size, span.part(0, length), padding, cut)


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
    """The same fragments behind an empty table."""
    table, length = fragments(value)[0][0]
    splice = Splice(value)
    splice.keep(0, table - 4)
    splice.put(bytes(4))
    splice.keep(table + length, value.length)
    return splice.span()


def native_length(header: Header, transfer_syntax_uid: str, present: int) -> int | None:
    """The bytes that native pixel data takes; None if the header does not say, or the frames are compressed.

    `present`: the bytes there are. They tell whether colour that is declared as subsampled is.
    """
    numbers = [header.number(keyword) for keyword in ("Rows", "Columns", "BitsAllocated")]
    if None in numbers or transfer_syntax_uid.startswith("1.2.840.10008.1.2.4"):
        return None
    rows, columns, bits = (int(number or 0) for number in numbers)
    bits_of_frame = rows * columns * int(header.number("SamplesPerPixel") or 1) * bits
    frames = int(header.number("NumberOfFrames") or 0)
    if frames < 1 and "NumberOfFrames" in header and bits_of_frame > 0:
        frames = present * 8 // bits_of_frame  # there are some, nobody says how many: all that are whole
    length = (bits_of_frame * max(frames, 1) + 7) // 8
    samples = header.number("SamplesPerPixel")
    is_422 = header.text("PhotometricInterpretation").startswith(("YBR_FULL_422", "YBR_PARTIAL_422"))
    if is_422 and samples == 3 and present < length:
        length = length * 2 // 3
    return length if length > 0 else None
