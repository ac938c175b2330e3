"""What is found in a PNG: every chunk, inflated where it is deflated, the samples, and what stands behind the end."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from dicomconv.pipeline.audit.own_digests import without_digests
from dicomconv.pipeline.audit.suspects import Suspects
from dicomconv.pipeline.audit.texts import Places
from dicomconv.pixels.png import SIGNATURE

LARGEST_TEXT = 1 << 24
LARGEST_PICTURE = 1 << 28
DEFLATED = frozenset({b"zTXt", b"iTXt", b"iCCP"})
IMAGE, END = b"IDAT", b"IEND"


def in_png(path: Path, suspects: Suspects, *, pixels: bool) -> Places:
    """What is found in a picture. ValueError or OSError if it is damaged."""
    data = path.read_bytes()
    found: Places = Counter()
    for name, content in _chunks(data):
        for text in (content, *_inflated(name, content)):
            if kinds := suspects.in_data(text):
                kinds = suspects.in_data(_without_digests(text, path))
            found.update((f"chunk {_named(name)}", kind) for kind in kinds)
    if pixels and suspects.is_known:
        found.update(("pixels", kind) for kind in suspects.in_pixels(_samples(path)))
    return found


def _without_digests(content: bytes, path: Path) -> bytes:
    """A chunk without the digest of the picture's own pixels."""
    return without_digests(content.decode("latin-1"), path).encode("latin-1")


def _named(name: bytes) -> str:
    """The name of a chunk; what is no name is not shown."""
    return name.decode() if name.isalpha() and name.isascii() else "of no name"


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk but those of the image, and what stands behind the last as one without a name."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            raise ValueError("a chunk runs past the end")
        if name != IMAGE:
            yield name, data[at + 8 : at + 8 + length]
        at += 12 + length
        if name == END:
            break
    else:
        raise ValueError("the picture has no end")
    if data[at:]:
        yield b"", data[at:]


def _inflated(name: bytes, content: bytes) -> Iterator[bytes]:
    """Of a chunk that may be deflated, every stream that can be inflated."""
    for at in range(len(content)) if name in DEFLATED else ():
        if content[at : at + 1] == b"\x78":
            try:
                yield zlib.decompressobj().decompress(content[at:], LARGEST_TEXT)
            except zlib.error:
                continue


def _samples(path: Path) -> bytes:
    """The samples of the picture; none if it is larger than anybody's."""
    try:
        with Image.open(path) as image:
            return image.tobytes() if image.width * image.height <= LARGEST_PICTURE else b""
    except (Image.DecompressionBombError, SyntaxError):
        raise ValueError("it cannot be decoded") from None
