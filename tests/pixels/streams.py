"""Compressed frames made here, and pixel values of them."""

import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterable
from functools import cache

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from dicomconv.pixels.attributes import PixelFormat
from tests.pixels.pixel_files import grey_format, rle

ITEM, DELIMITER = b"\xfe\xff\0\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
FAMILY = "1.2.840.10008.1.2.4."
ROWS, COLUMNS = 19, 27


def encapsulated(frames: Iterable[bytes], table: bytes = b"") -> bytes:
    """A pixel value of one fragment for each frame (PS3.5 A.4)."""
    items = [table, *(frame + b"\0" * (len(frame) % 2) for frame in frames)]
    return b"".join(ITEM + struct.pack("<I", len(item)) + item for item in items) + DELIMITER


def picture(bits: int = 8, samples: int = 1, *, signed: bool = False, number: int = 0) -> NDArray[np.generic]:
    """A picture with an edge, a slope and noise, of the whole range of `bits`; another for each number."""
    random = np.random.default_rng(number)
    slope = np.indices((ROWS, COLUMNS)).sum(0) * (1 << bits) / (ROWS + COLUMNS)
    channels = [np.roll(slope, 5 * sample + number, axis=1) for sample in range(samples)]
    noisy = np.stack(channels, axis=-1) + random.normal(0, (1 << bits) / 64, (ROWS, COLUMNS, samples))
    whole = noisy.clip(0, (1 << bits) - 1).astype(np.int64) - (1 << bits - 1 if signed else 0)
    dtype = np.dtype(f"{'i' if signed else 'u'}{max(1, 1 << (bits - 1).bit_length() >> 3)}")
    array: NDArray[np.generic] = whole.astype(dtype)
    return array if samples > 1 else array[..., 0]


def cjpeg(pixels: NDArray[np.generic], *options: str) -> bytes:
    """A picture of 8 bits as libjpeg's own program makes a JPEG of it."""
    if shutil.which("cjpeg") is None:
        pytest.skip("libjpeg's cjpeg is not installed")
    kind = b"P6" if pixels.ndim == 3 else b"P5"
    pnm = b"%s\n%d %d\n255\n%s" % (kind, pixels.shape[1], pixels.shape[0], pixels.tobytes())
    return subprocess.run(["cjpeg", *options], input=pnm, capture_output=True, check=True, timeout=60).stdout


def deflated(data: bytes) -> bytes:
    """A raw deflate stream."""
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


@cache
def samples_of(codec: str) -> tuple[tuple[PixelFormat, bytes], ...]:
    """Sound frames that one decoder reads, of every kind that its encoder makes here."""
    return tuple(
        (grey_format(16, rows=ROWS, columns=COLUMNS, samples_per_pixel=samples, transfer_syntax_uid=syntax), bytes(data))
        for syntax, samples, data in _samples(codec)
    )


def _samples(codec: str) -> Iterable[tuple[str, int, bytes]]:
    pictures = {1: (picture(8), picture(16)), 3: (picture(8, 3),)}
    every = [(samples, pixels) for samples, found in pictures.items() for pixels in found]
    if codec == "jpeg":
        for samples, pixels in every:
            yield from ((f"{FAMILY}57", samples, imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=p)) for p in (1, 7))
        yield f"{FAMILY}51", 1, imagecodecs.jpeg8_encode(picture(12), bitspersample=12)
        yield from ((f"{FAMILY}50", samples, imagecodecs.jpeg8_encode(picture(8, samples))) for samples in (1, 3))
    for samples, pixels in every:
        if codec == "JPEG-LS":
            yield from ((f"{FAMILY}81", samples, imagecodecs.jpegls_encode(pixels, level=near)) for near in (0, 2))
        elif codec == "JPEG 2000":
            options = ({"reversible": True}, {"level": 40}, {"reversible": True, "codecformat": "JP2"})
            for option in options:
                yield f"{FAMILY}91", samples, imagecodecs.jpeg2k_encode(pixels, **{"codecformat": "J2K"} | option)
        elif codec == "HTJ2K":
            yield f"{FAMILY}201", samples, imagecodecs.htj2k_encode(pixels, reversible=True)
            yield f"{FAMILY}203", samples, imagecodecs.htj2k_encode(pixels, reversible=False)
        elif codec == "JPEG XL":
            yield f"{FAMILY}110", samples, imagecodecs.jpegxl_encode(pixels, lossless=True, usecontainer=samples == 3)
            yield f"{FAMILY}112", samples, imagecodecs.jpegxl_encode(pixels, level=80)
    if codec == "RLE":
        low, high = (rle(plane.tobytes())[64:] for plane in (np.full((19, 27), 7, "u1"), picture(8)))
        yield "1.2.840.10008.1.2.5", 1, struct.pack("<16I", 2, 64, 64 + len(low), *[0] * 13) + low + high
    elif codec == "deflate":
        yield "1.2.840.10008.1.2.8.1", 1, deflated(picture(16).tobytes())
