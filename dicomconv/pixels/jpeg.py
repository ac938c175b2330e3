"""What the header of a JPEG (ISO 10918-1 B) or JPEG-LS (14495-1 C) says, read as libjpeg and CharLS read it."""

import struct
from collections.abc import Iterator

from dicomconv.errors import Undecodable
from dicomconv.pixels.codestream import Codestream, Colour

FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
LOSSLESS, JPEG_LS = frozenset({0xC3, 0xC7, 0xCB, 0xCF}), 0xF7
APP0, APP14, SCAN = 0xE0, 0xEE, 0xDA
WITHOUT_SEGMENT = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RSTn
LETTERS = (b"RGB", b"rgb")
MOST_SCANS = 500  # each is a walk over the whole frame; one for each bit of each coefficient would be more than that


def describe_jpeg(data: bytes) -> Codestream | None:
    """The first frame header, and what JFIF and Adobe markers before it say of the colour; None if there is none."""
    colour: Colour = ""
    for marker, at in _segments(data):
        if marker in FRAME_HEADERS:
            if data.count(bytes([0xFF, SCAN])) > MOST_SCANS:
                raise Undecodable("the compressed frame has more scans than any encoder makes")
            return _frame_header(marker, data, at + 4, colour)
        length = struct.unpack_from(">H", data, at + 2)[0]
        colour = _app_colour(marker, data[at + 4 : at + 2 + length]) or colour
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment up to the first scan; what stands between them is passed over."""
    at: int = 2
    while at + 1 < len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0, 0xFF):
            at += 1
        elif marker in WITHOUT_SEGMENT:
            at += 2
        elif marker == SCAN:
            return
        else:
            yield marker, at
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def _app_colour(marker: int, segment: bytes) -> Colour:
    if marker == APP0 and segment.startswith(b"JFIF"):
        return "YBR"
    if marker == APP14 and segment.startswith(b"Adobe") and len(segment) > 11:
        return "YBR" if segment[11] == 1 else "RGB"
    return ""


def _frame_header(marker: int, data: bytes, at: int, colour: Colour) -> Codestream:
    precision, rows, columns, samples = struct.unpack_from(">BHHB", data, at)
    components = data[at + 6 : at + 6 + 3 * samples : 3]
    return Codestream(
        "jpegls" if marker == JPEG_LS else "jpeg8",
        rows,
        columns,
        samples,
        precision,
        colour="RGB" if components in LETTERS else colour,
        is_lossless_jpeg=marker in LOSSLESS,
        rows_at=at + 1,
    )
