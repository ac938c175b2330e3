"""Files of MetaImage with their voxels in them (.mha): itk.org/Wiki/ITK/MetaIO."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.container.uniform import Uniform
from dicomconv.export.nifti_file import LEVEL
from dicomconv.export.nifti_values import Storage

TYPES = {"u1": "MET_UCHAR", "u2": "MET_USHORT", "i2": "MET_SHORT", "i4": "MET_INT", "f4": "MET_FLOAT"}


def write(
    out: BinaryIO, volume: Uniform, storage: Storage, frames: Iterable[NDArray[Any]], *,
    channels: int = 1, labels: Sequence[Label] = (), compress: bool = False,
) -> None:  # fmt: skip
    """Header and voxels; what is compressed is in memory until its size is known. ValueError for several channels."""
    if channels != 1:
        raise ValueError("one channel")
    size = 0
    content: Iterable[bytes] = (np.ascontiguousarray(frame).tobytes() for frame in frames)
    if compress:
        stream = zlib.compressobj(LEVEL)
        pieces = [stream.compress(one) for one in content]
        pieces.append(stream.flush())
        content, size = pieces, sum(map(len, pieces))
    out.write(_header(volume, storage.dtype, size))
    for piece in content:
        out.write(piece)


def _header(volume: Uniform, dtype: np.dtype[Any], compressed_size: int) -> bytes:
    axes = volume.affine_lps[:3, :3]
    spacing = np.linalg.norm(axes, axis=0)
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        f"CompressedData = {bool(compressed_size)}",
        *([f"CompressedDataSize = {compressed_size}"] if compressed_size else []),
        f"TransformMatrix = {_numbers((axes / spacing).T.ravel())}",  # the cosines of each axis in turn
        f"Offset = {_numbers(volume.affine_lps[:3, 3])}",
        "CenterOfRotation = 0 0 0",
        f"ElementSpacing = {_numbers(spacing)}",
        f"DimSize = {' '.join(map(str, volume.size))}",
        f"ElementType = {TYPES[dtype.str[1:]]}",
        "ElementDataFile = LOCAL",
    ]
    return ("\n".join(lines) + "\n").encode()


def _numbers(parts: NDArray[np.float64]) -> str:
    return " ".join(f"{float(part) + 0.0:.17g}" for part in parts)
