"""Compressed frames made here, the places in them where a comment may stand, and what a walker leaves of them."""

import struct
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomconv.deid.codestream.edits import Walker, edited, searched

SECRET = b"DOE^JANE born 1970"


def stripped(frame: bytes, walker: Walker) -> bytes:
    """The frame with what the walker finds taken out; it has to be followed to its end."""
    found = searched(frame, walker)
    assert found.is_complete
    return edited(frame, found.edits)


@cache
def picture(*shape: int, dtype: str = "u1") -> NDArray[Any]:
    """A picture with edges and noise, so that all kinds of bytes come out of a codec."""
    noise = np.random.default_rng(len(shape)).integers(0, 200, shape)
    noise[: shape[0] // 2] //= 16
    return noise.astype(dtype)


def segment(code: int, content: bytes = SECRET) -> bytes:
    """A marker segment as JPEG, JPEG-LS and JPEG 2000 have it."""
    return struct.pack(">BBH", 0xFF, code, len(content) + 2) + content


def box(kind: bytes, content: bytes = SECRET) -> bytes:
    """A box as JP2 and JPEG XL have it."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def jpeg_places(frame: bytes, in_scan: bytes = b"\0\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7") -> list[int]:
    """Where a marker segment may be put into a JPEG: before each marker that is not within entropy-coded data."""
    places, at = [], 2
    while frame[at + 1] != 0xD9:
        places.append(at)
        code, length = struct.unpack_from(">xBH", frame, at)
        at += 2 + length
        while code == 0xDA and (frame[at] != 0xFF or frame[at + 1] in in_scan):
            at += 1
    return [*places, at]


def jpeg_ls_places(frame: bytes) -> list[int]:
    """The same of JPEG-LS, where a bit is stuffed and not a byte."""
    return jpeg_places(frame, bytes(range(0x80)))


def jpeg_2000_headers(frame: bytes) -> Iterator[tuple[int, list[int]]]:
    """The headers of a JPEG 2000 codestream: where a tile-part begins (0: main header), and the places in it."""
    at, start = 2, 0
    places: list[int] = []
    while frame[at + 1] != 0xD9:
        code = frame[at + 1]
        if code == 0x93 or (code == 0x90 and not start):
            yield start, [*places[0 if start else 1 :], at]
        if code == 0x93:
            at = start + struct.unpack_from(">I", frame, start + 6)[0]
            continue
        if code == 0x90:
            start, places, at = at, [], at + 12
        else:
            places.append(at)
            at += 2 + struct.unpack_from(">H", frame, at + 2)[0]


def with_tile_comment(frame: bytes, start: int, at: int, comment: bytes) -> bytes:
    """A comment in the header of a tile-part, whose length follows."""
    length = struct.unpack_from(">I", frame, start + 6)[0] + len(comment)
    return frame[: start + 6] + struct.pack(">I", length) + frame[start + 10 : at] + comment + frame[at:]


def tile_lengths(frame: bytes) -> list[int]:
    """The length of each tile-part."""
    return [struct.unpack_from(">I", frame, start + 6)[0] for start, _ in jpeg_2000_headers(frame) if start]


def with_tlm(frame: bytes, lengths: list[int], wide: bool) -> bytes:
    """A table of the lengths of tile-parts behind the SIZ segment."""
    at = 4 + struct.unpack_from(">H", frame, 4)[0]
    form = ">BI" if wide else ">BH"
    entries = b"".join(struct.pack(form, index, length) for index, length in enumerate(lengths))
    return frame[:at] + segment(0x55, bytes([0, 0x50 if wide else 0x10]) + entries) + frame[at:]


def jpegs() -> dict[str, bytes]:
    """JPEG frames of several processes."""
    grey, colour = picture(40, 56), picture(40, 56, 3)
    return {
        "baseline grey": imagecodecs.jpeg8_encode(grey, level=90),
        "baseline colour": imagecodecs.jpeg8_encode(colour, level=80, subsampling="420"),
        "12 bits": imagecodecs.jpeg8_encode(picture(40, 56, dtype="u2"), level=90, bitspersample=12),
        "progressive": _saved(colour, "JPEG", progressive=True, quality=85),
        "restarts": _saved(grey, "JPEG", restart_marker_blocks=2),
        "lossless": imagecodecs.jpeg8_encode(grey, lossless=True, predictor=1),
        "lossless 16 bits": imagecodecs.jpeg8_encode(picture(40, 56, dtype="u2"), lossless=True, bitspersample=16),
        "lossless colour": imagecodecs.jpeg8_encode(colour, lossless=True),
    }


def jpeg_lss() -> dict[str, bytes]:
    """JPEG-LS frames."""
    return {
        "grey": imagecodecs.jpegls_encode(picture(40, 56)),
        "near": imagecodecs.jpegls_encode(picture(40, 56), level=3),
        "16 bits": imagecodecs.jpegls_encode(picture(40, 56, dtype="u2")),
        "colour": imagecodecs.jpegls_encode(picture(40, 56, 3)),
    }


def jpeg_2000s() -> dict[str, bytes]:
    """JPEG 2000 and HTJ2K frames, one of them of several tiles."""
    grey, colour = picture(40, 56), picture(40, 56, 3)
    return {
        "lossless": imagecodecs.jpeg2k_encode(grey, codecformat="j2k", reversible=True),
        "lossy": imagecodecs.jpeg2k_encode(colour, codecformat="j2k", level=40),
        "16 bits": imagecodecs.jpeg2k_encode(picture(40, 56, dtype="u2"), codecformat="j2k", reversible=True),
        "tiles": _saved(grey, "JPEG2000", irreversible=False, no_jp2=True, tile_size=(32, 16)),
        "high throughput": imagecodecs.htj2k_encode(grey),
    }


def _saved(pixels: NDArray[Any], form: str, **options: Any) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()
