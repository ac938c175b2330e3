"""`describe`: what a compressed frame says of itself, read before any decoder takes memory for it."""

import struct

from dicomconv.pixels.codestream import J2K_START, JXL_SIGNATURE, JXL_START, SOI, Codestream
from dicomconv.pixels.jpeg import describe_jpeg
from dicomconv.pixels.jpeg2000 import describe_jp2, describe_jpeg_2000, is_jp2
from dicomconv.pixels.jpegxl import describe_jpeg_xl

FARTHEST_START = 1 << 16


def describe(data: bytes) -> Codestream | None:
    """The description of a frame that is JPEG, JPEG-LS, JPEG 2000 or JPEG XL, by content; None if it is none of them.

    Undecodable if it would make a decoder take more memory or time than any frame of its size.
    """
    try:
        return _described(data)
    except (struct.error, IndexError):
        return None


def _described(data: bytes) -> Codestream | None:
    if data.startswith(SOI):
        return describe_jpeg(data)
    if is_jp2(data):
        return describe_jp2(data)
    if data.startswith((JXL_START, JXL_SIGNATURE)):
        return describe_jpeg_xl(data)
    start = data.find(J2K_START, 0, FARTHEST_START)
    return describe_jpeg_2000(data, start) if start >= 0 else None
