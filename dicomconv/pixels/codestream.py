"""What the header of a compressed frame says: JPEG (ISO 10918-1), JPEG-LS (14495-1 C), JPEG 2000 (15444-1 A)."""

import struct
from dataclasses import dataclass
from typing import Literal

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
J2K_START = b"\xff\x4f\xff\x51"
JP2_SIGNATURE = b"\0\0\0\x0cjP  "
FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
APP0, APP14, SCAN, CODING_STYLE = 0xE0, 0xEE, 0xDA, 0x52
LETTERS = (b"RGB", b"rgb")
Colour = Literal["", "RGB", "YBR"]


@dataclass(frozen=True, slots=True)
class Codestream:
    """Size and sample format of one compressed frame; `colour`: what the codestream itself says, "" if nothing."""

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool = False
    colour: Colour = ""


def starts_frame(data: bytes) -> bool:
    """Whether a fragment begins a compressed frame."""
    return data.startswith((SOI, J2K_START, JP2_SIGNATURE))


def describe(data: bytes) -> Codestream | None:
    """The codestream's own description; None if it has none that can be read."""
    try:
        if data.startswith(SOI):
            return _jpeg(data)
        start = data.find(J2K_START, 0, 1 << 16)
        return _jpeg2000(data, start) if start >= 0 else None
    except (struct.error, IndexError):
        return None


def _jpeg(data: bytes) -> Codestream | None:
    """Walk the marker segments up to the frame header, remembering what JFIF and Adobe markers say of the colour."""
    at: int = 2
    colour: Colour = ""
    while at < len(data):
        if data[at] != 0xFF or data[at + 1] == 0xFF:
            at += 1
            continue
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if marker in FRAME_HEADERS:
            return _frame_header(data, at + 4, colour)
        if marker == SCAN:
            return None
        colour = _app_colour(marker, data[at + 4 : at + 2 + length]) or colour
        at += 2 + length
    return None


def _app_colour(marker: int, segment: bytes) -> Colour:
    if marker == APP0 and segment.startswith(b"JFIF"):
        return "YBR"
    if marker == APP14 and segment.startswith(b"Adobe") and len(segment) > 11:
        return "YBR" if segment[11] == 1 else "RGB"
    return ""


def _frame_header(data: bytes, at: int, colour: Colour) -> Codestream:
    precision, rows, columns, samples = struct.unpack_from(">BHHB", data, at)
    components = data[at + 6 : at + 6 + 3 * samples : 3]
    return Codestream(rows, columns, samples, precision, colour="RGB" if components in LETTERS else colour)


def _jpeg2000(data: bytes, start: int) -> Codestream:
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    samples, depth = struct.unpack_from(">HB", data, start + 40)
    return Codestream(
        bottom - top,
        right - left,
        samples,
        (depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        colour="RGB" if _has_component_transform(data, start + 2) else "",
    )


def _has_component_transform(data: bytes, at: int) -> bool:
    """Whether the coding style says RCT or ICT, so that what comes out of the decoder is RGB."""
    while data[at] == 0xFF and data[at + 1] != CODING_STYLE:
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return data[at] == 0xFF and data[at + 8] == 1
