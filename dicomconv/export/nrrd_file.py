"""Files of NRRD (teem.sourceforge.net/nrrd/format.html), header and voxels in one."""

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.container.uniform import Uniform
from dicomconv.export.nifti_file import packed
from dicomconv.export.nifti_values import Storage

TYPES = {"u1": "unsigned char", "u2": "unsigned short", "i2": "short", "i4": "int", "f4": "float"}


def write(
    out: BinaryIO, volume: Uniform, storage: Storage, frames: Iterable[NDArray[Any]], *,
    channels: int = 1, labels: Sequence[Label] = (), compress: bool = False,
) -> None:  # fmt: skip
    """Header and voxels. There is no room for names of labels: those are in .seg.nrrd. ValueError for several channels."""
    if channels != 1:
        raise ValueError("one channel")
    write_header(out, volume, storage.dtype, compress=compress)
    with packed(out, compress=compress) as file:
        for frame in frames:
            file.write(np.ascontiguousarray(frame).tobytes())


def write_header(
    out: BinaryIO, volume: Uniform, dtype: np.dtype[Any], *, layers: int = 1, more: Sequence[str] = (), compress: bool = False
) -> None:
    """The header, and the empty line after it. `layers`: if more than one, they are the fastest axis. `more`: key:=value."""
    affine, is_layered = volume.affine_lps, layers > 1
    directions = [_vector(affine[:3, axis]) for axis in range(3)]
    lines = [
        "NRRD0004",
        f"type: {TYPES[dtype.str[1:]]}",
        f"dimension: {3 + is_layered}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, [layers] * is_layered + [*volume.size]))}",
        f"space directions: {' '.join(['none'] * is_layered + directions)}",
        f"kinds: {'list ' * is_layered}domain domain domain",
        *(["endian: little"] if dtype.itemsize > 1 else []),
        f"encoding: {'gzip' if compress else 'raw'}",
        'space units: "mm" "mm" "mm"',
        f"space origin: {_vector(affine[:3, 3])}",
        *more,
    ]
    out.write(("\n".join(lines) + "\n\n").encode())


def _vector(parts: NDArray[np.float64]) -> str:
    return f"({','.join(f'{float(part) + 0.0:.17g}' for part in parts)})"
