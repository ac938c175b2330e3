"""A picture that came back from somewhere: its text chunks, and its pixels as the PNG they are of had them."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomconv.pixels.png import SIGNATURE, pixel_sha256

DEPTH_AT, DEEP = 24, 16
LARGEST_TEXT = 1 << 20
GREYS = frozenset({"1", "L", "I;16", "I"})


def texts(data: bytes) -> Iterator[tuple[str, str]]:
    """Keyword and text of each iTXt and tEXt chunk of a PNG, as far as they are whole; none of any other file."""
    at = len(SIGNATURE) if data.startswith(SIGNATURE) else len(data)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        if kind in (b"iTXt", b"tEXt") and len(content) == length:
            keyword, _, rest = content.partition(b"\0")
            text = _international(rest) if kind == b"iTXt" else rest
            yield keyword.decode("latin-1"), text.decode("utf-8", "replace")
        at += 12 + length


def _international(rest: bytes) -> bytes:
    """The text of an iTXt chunk behind its keyword, inflated where it is deflated; empty if it cannot be."""
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if rest[:1] != b"\x01":
        return text
    try:
        return zlib.decompressobj().decompress(text, LARGEST_TEXT)
    except zlib.error:
        return b""


def decoded(data: bytes) -> NDArray[Any]:
    """The pixels of a picture: (rows, columns) grey or (rows, columns, 3) RGB, uint8 or uint16.

    A palette is looked up; alpha is dropped. ValueError if it cannot be decoded.
    """
    try:
        if data.startswith(SIGNATURE) and data[DEPTH_AT : DEPTH_AT + 1] == bytes([DEEP]):
            deep = np.asarray(imagecodecs.png_decode(data))
            return deep if deep.ndim == 2 else deep[..., 0] if deep.shape[2] < 3 else deep[..., :3]
        with Image.open(io.BytesIO(data)) as image:
            if image.mode.startswith("I"):
                return np.asarray(image).astype(np.uint16)
            return np.asarray(image.convert("L" if image.mode in {*GREYS, "LA"} else "RGB"))
    except (OSError, SyntaxError, RuntimeError, Image.DecompressionBombError, struct.error):
        raise ValueError("it cannot be decoded") from None


def digests(data: bytes) -> set[str]:
    """What `pixel_sha256` of this picture may have been: as it is, and as grey where all channels are alike."""
    image = decoded(data)
    found = {pixel_sha256(image)}
    if image.ndim == 3 and (image[..., :1] == image).all():
        found.add(pixel_sha256(image[..., 0]))
    return found
