"""Stored values in every transfer syntax, by encoders that are not those of the program under test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import encapsulate

from tests.benchmarks.deid.pixels.storing import Storage, Values

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Syntax:
    """A transfer syntax."""

    name: str
    uid: str
    lossy: bool = False
    method: str = ""


EXPLICIT, IMPLICIT = Syntax("explicit", "1.2.840.10008.1.2.1"), Syntax("implicit", "1.2.840.10008.1.2")
BIG, DEFLATED = Syntax("big endian", "1.2.840.10008.1.2.2"), Syntax("deflated", "1.2.840.10008.1.2.1.99")
RLE = Syntax("RLE", "1.2.840.10008.1.2.5")
JPEG = Syntax("JPEG baseline", "1.2.840.10008.1.2.4.50", True, "ISO_10918_1")
JPEG_LOSSLESS = Syntax("JPEG lossless", "1.2.840.10008.1.2.4.70")
JPEG_LS = Syntax("JPEG-LS", "1.2.840.10008.1.2.4.80")
JPEG_LS_NEAR = Syntax("JPEG-LS near-lossless", "1.2.840.10008.1.2.4.81", True, "ISO_14495_1")
JPEG_2000 = Syntax("JPEG 2000 lossless", "1.2.840.10008.1.2.4.90")
JPEG_2000_LOSSY = Syntax("JPEG 2000", "1.2.840.10008.1.2.4.91", True, "ISO_15444_1")
HTJ2K = Syntax("HTJ2K lossless", "1.2.840.10008.1.2.4.201")
JPEG_XL = Syntax("JPEG XL lossless", "1.2.840.10008.1.2.4.110")
NATIVE = (EXPLICIT, IMPLICIT, BIG, DEFLATED)


def rle(frame: Array) -> bytes:
    """A frame as PS3.5 Annex G has it: one segment for each byte of each sample, the high byte first."""
    planes = np.moveaxis(np.atleast_3d(frame), -1, 0)
    segments = []
    for plane in planes:
        byte_planes = np.ascontiguousarray(plane).astype(plane.dtype.newbyteorder(">")).view(np.uint8)
        byte_planes = byte_planes.reshape(*plane.shape, plane.dtype.itemsize)
        segments += [_packed(byte_planes[..., index]) for index in range(plane.dtype.itemsize)]
    starts = np.cumsum([64, *(len(one) for one in segments)])[:-1]
    header = np.zeros(16, "<u4")
    header[0], header[1 : 1 + len(starts)] = len(segments), starts
    return header.tobytes() + b"".join(segments)


def _packed(plane: Array) -> bytes:
    """PackBits, row by row, padded to even length."""
    rows = b"".join(imagecodecs.packbits_encode(np.ascontiguousarray(row).tobytes()) for row in plane)
    return rows + b"\0" * (len(rows) % 2)


def jpeg(frame: Array, storage: Storage) -> bytes:
    """Baseline: greys; RGB as it is, by Adobe's marker; luminance and differences with halved columns."""
    if storage.samples == 1:
        return bytes(imagecodecs.jpeg8_encode(frame, level=92))
    if storage.photometric == "RGB":
        return bytes(
            imagecodecs.jpeg8_encode(frame, level=92, colorspace="RGB", outcolorspace="RGB", subsampling="444")
        )
    options = {"colorspace": "YCBCR", "outcolorspace": "YCBCR"}
    subsampling = "422" if storage.photometric == "YBR_FULL_422" else "444"
    return bytes(imagecodecs.jpeg8_encode(frame, level=92, subsampling=subsampling, **options))


def jpeg_lossless(frame: Array, storage: Storage) -> bytes:
    """Process 14, first-order prediction; signed values by their bits."""
    bits = frame.view(f"u{frame.dtype.itemsize}")
    precision = storage.bits_allocated if storage.signed else storage.bits_stored
    colours = {"colorspace": "RGB", "outcolorspace": "RGB"} if storage.samples == 3 else {}
    return bytes(imagecodecs.jpeg8_encode(bits, lossless=True, predictor=1, bitspersample=precision, **colours))


def jpeg_ls(frame: Array, near: int = 0) -> bytes:
    """JPEG-LS, lossless or with an error of so many at most."""
    return bytes(imagecodecs.jpegls_encode(frame.view(f"u{frame.dtype.itemsize}"), level=near))


def jpeg_2000(frame: Array, storage: Storage, level: int = 0) -> bytes:
    """A code stream without the boxes of a file; `level` 0 is lossless, else decibels."""
    return bytes(imagecodecs.jpeg2k_encode(
        frame, level=level, codecformat="j2k", reversible=level == 0, mct=storage.photometric == "YBR_RCT",
        bitspersample=storage.bits_stored, numthreads=1,
    ))  # fmt: skip


def htj2k(frame: Array) -> bytes:
    """High-throughput JPEG 2000, reversible."""
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True))


def jpeg_xl(frame: Array) -> bytes:
    """A JPEG XL code stream without container."""
    return bytes(imagecodecs.jpegxl_encode(frame, lossless=True, usecontainer=False, numthreads=1))


ENCODERS: dict[str, Callable[[Array, Storage], bytes]] = {
    RLE.uid: lambda frame, _: rle(frame),
    JPEG.uid: jpeg,
    JPEG_LOSSLESS.uid: jpeg_lossless,
    JPEG_LS.uid: lambda frame, _: jpeg_ls(frame),
    JPEG_LS_NEAR.uid: lambda frame, _: jpeg_ls(frame, 2),
    JPEG_2000.uid: lambda frame, storage: jpeg_2000(frame, storage),
    JPEG_2000_LOSSY.uid: lambda frame, storage: jpeg_2000(frame, storage, 48),
    HTJ2K.uid: lambda frame, _: htj2k(frame),
    JPEG_XL.uid: lambda frame, _: jpeg_xl(frame),
}


def native(values: Values, storage: Storage, syntax: Syntax) -> bytes:
    """Frames one after the other: (frames, rows, columns) or (frames, rows, columns, 3), padded to even length."""
    if storage.photometric == "YBR_FULL_422":
        pairs = values.reshape(*values.shape[:-2], -1, 2, 3)
        values = np.concatenate([pairs[..., 0], pairs[..., 0, 1:]], -1)
    elif storage.planar:
        values = np.moveaxis(values, -1, 1)
    content = values.astype(values.dtype.newbyteorder(">" if syntax == BIG else "<")).tobytes()
    return content + b"\0" * (len(content) % 2)


def put_pixels(dataset: Dataset, values: Values, storage: Storage, syntax: Syntax) -> None:
    """The pixel value of a data set, and what says that it has lost something."""
    if syntax in NATIVE:
        dataset.PixelData = native(values, storage, syntax)
        dataset["PixelData"].VR = "OB" if storage.bits_allocated == 8 and syntax != IMPLICIT else "OW"
        return
    encode = ENCODERS[syntax.uid]
    frames = [encode(np.ascontiguousarray(frame), storage) for frame in values]
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    if syntax.lossy:
        dataset.LossyImageCompression = "01"
        dataset.LossyImageCompressionRatio = f"{values.nbytes / sum(len(one) for one in frames):.2f}"
        dataset.LossyImageCompressionMethod = syntax.method
