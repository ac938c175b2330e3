"""Reads pixels back from files, in the stored values and as colours; by decoders that the program did not choose."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRBigEndian

from tests.benchmarks.deid.pixels import encoding
from tests.benchmarks.deid.pixels.storing import FULL

Array = NDArray[Any]
COLOURS = ("RGB", "YBR_RCT", "YBR_ICT")  # decoded, all three are RGB


class Unreadable(Exception):
    """Pixels that cannot be read, or that are not what their header says."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Stored values, (frames, rows, columns) or (frames, rows, columns, 3), with what they mean."""

    values: Array = field(repr=False)
    photometric: str
    palette: Array | None = field(default=None, repr=False)

    @property
    def colours(self) -> Array:
        """(frames, rows, columns, 3), or without the last axis where there are greys; no window, no rescale."""
        if self.photometric == "PALETTE COLOR" and self.palette is not None:
            return self.palette[np.clip(self.values, 0, len(self.palette) - 1)]
        if self.photometric in ("YBR_FULL", "YBR_FULL_422"):
            shifted = self.values.astype(np.float64) - np.array([0, 128, 128])
            return np.clip(np.rint(shifted @ np.linalg.inv(FULL).T), 0, 255).astype(np.uint8)
        return self.values


def decoded(dataset: FileDataset) -> Decoded:
    """All frames of a file; raises Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(dataset)
    except Unreadable:
        raise
    except Exception as fault:  # a program may have written anything
        raise Unreadable(f"{type(fault).__name__}: {fault}") from fault


def _decoded(dataset: FileDataset) -> Decoded:
    syntax = dataset.file_meta.TransferSyntaxUID
    photometric = str(dataset.PhotometricInterpretation)
    if syntax in {one.uid for one in encoding.NATIVE}:
        values = _native(dataset)
    else:
        count = int(dataset.get("NumberOfFrames") or 1)
        frames = list(generate_frames(dataset.PixelData, number_of_frames=count))
        if len(frames) != count:
            raise Unreadable(f"{len(frames)} frames of {count}")
        values = np.stack([_frame(frame, dataset) for frame in frames])
    _expect_shape(values, dataset)
    return Decoded(values, photometric, _palette(dataset) if photometric == "PALETTE COLOR" else None)


def _expect_shape(values: Array, dataset: FileDataset) -> None:
    samples = int(dataset.SamplesPerPixel)
    expected = (int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns))
    if values.shape != (expected if samples == 1 else (*expected, samples)):
        raise Unreadable(f"shape {values.shape}, the header says {expected} and {samples} samples")


def dtype_of(dataset: FileDataset) -> np.dtype[Any]:
    """Of the stored values, in the byte order of this machine."""
    return np.dtype(f"{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}")


def _native(dataset: FileDataset) -> Array:
    dtype, samples = dtype_of(dataset), int(dataset.SamplesPerPixel)
    order = ">" if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
    frames, rows, columns = int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns)
    halved = dataset.PhotometricInterpretation == "YBR_FULL_422"
    count = frames * rows * columns * (2 if halved else samples)
    if len(dataset.PixelData) != count * dtype.itemsize + count * dtype.itemsize % 2:
        raise Unreadable(f"{len(dataset.PixelData)} bytes, the header says {count * dtype.itemsize}")
    flat = np.frombuffer(dataset.PixelData, dtype.newbyteorder(order), count).astype(dtype)
    if halved:
        four = flat.reshape(frames, rows, columns // 2, 4)
        differences = np.repeat(four[..., 2:], 2, axis=2)
        return np.concatenate([four[..., :2].reshape(frames, rows, columns, 1), differences], -1)
    if samples == 1:
        return flat.reshape(frames, rows, columns)
    if dataset.PlanarConfiguration:
        return np.moveaxis(flat.reshape(frames, samples, rows, columns), 1, -1)
    return flat.reshape(frames, rows, columns, samples)


def _rle(frame: bytes, dataset: FileDataset) -> Array:
    dtype, samples = dtype_of(dataset), int(dataset.SamplesPerPixel)
    shape = (int(dataset.Rows), int(dataset.Columns))
    starts = [*np.frombuffer(frame, "<u4", 1 + int.from_bytes(frame[:4], "little"))[1:].tolist(), len(frame)]
    if len(starts) - 1 != samples * dtype.itemsize:
        raise Unreadable(f"{len(starts) - 1} segments of RLE")
    size = shape[0] * shape[1]
    segments = [_unpacked(frame[start:stop], size) for start, stop in pairwise(starts)]
    planes = [np.stack(segments[at : at + dtype.itemsize], -1) for at in range(0, len(segments), dtype.itemsize)]
    values = [plane.view(dtype.newbyteorder(">"))[:, 0].astype(dtype).reshape(shape) for plane in planes]
    return values[0] if samples == 1 else np.stack(values, -1)


def _unpacked(segment: bytes, size: int) -> Array:
    return np.frombuffer(imagecodecs.packbits_decode(segment), np.uint8)[:size]


def _jpeg(frame: bytes, dataset: FileDataset) -> Array:
    """Baseline, without a conversion of colours: what the components hold."""
    if int(dataset.SamplesPerPixel) == 1:
        return np.asarray(imagecodecs.jpeg8_decode(frame))
    space = "RGB" if dataset.PhotometricInterpretation == "RGB" else "YCBCR"
    return np.asarray(imagecodecs.jpeg8_decode(frame, colorspace=space, outcolorspace=space))


DECODERS: dict[str, Callable[[bytes], Array]] = {
    encoding.JPEG_LOSSLESS.uid: imagecodecs.jpegsof3_decode,
    "1.2.840.10008.1.2.4.57": imagecodecs.jpegsof3_decode,
    encoding.JPEG_LS.uid: imagecodecs.jpegls_decode,
    encoding.JPEG_LS_NEAR.uid: imagecodecs.jpegls_decode,
    encoding.JPEG_2000.uid: imagecodecs.jpeg2k_decode,
    encoding.JPEG_2000_LOSSY.uid: imagecodecs.jpeg2k_decode,
    encoding.HTJ2K.uid: imagecodecs.jpeg2k_decode,
    "1.2.840.10008.1.2.4.202": imagecodecs.jpeg2k_decode,
    encoding.JPEG_XL.uid: imagecodecs.jpegxl_decode,
}


def _frame(frame: bytes, dataset: FileDataset) -> Array:
    uid, dtype = str(dataset.file_meta.TransferSyntaxUID), dtype_of(dataset)
    if uid == encoding.RLE.uid:
        return _rle(frame, dataset)
    if uid == encoding.JPEG.uid:
        return _jpeg(frame, dataset)
    if uid not in DECODERS:
        raise Unreadable(f"no decoder for {uid}")
    values = np.asarray(DECODERS[uid](frame))
    if values.dtype.itemsize != dtype.itemsize:
        raise Unreadable(f"{values.dtype} in the frame, {dtype} in the header")
    return values.view(dtype)


def _palette(dataset: FileDataset) -> Array:
    """(entries, 3) of uint8: the tables of the three colours."""
    tables = []
    for colour in ("Red", "Green", "Blue"):
        count, _, bits = dataset[f"{colour}PaletteColorLookupTableDescriptor"].value
        data = dataset[f"{colour}PaletteColorLookupTableData"].value
        order = ">" if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
        wide = np.frombuffer(data, f"{order}u2" if bits == 16 else "u1", count)
        tables.append((wide >> 8 if bits == 16 else wide).astype(np.uint8))
    return np.stack(tables, -1)
