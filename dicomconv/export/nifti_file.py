"""Files of NIfTI-1."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.container.uniform import Uniform
from dicomconv.export.nifti_header import header_of
from dicomconv.export.nifti_values import Storage

LEVEL = 1  # of compression: six times as fast as zlib's own 6, and a few hundredths larger


def write(
    out: BinaryIO, volume: Uniform, storage: Storage, frames: Iterable[NDArray[Any]], *,
    channels: int = 1, labels: Sequence[Label] = (), compress: bool = False,
) -> None:  # fmt: skip
    """Header and voxels, frame by frame: the column index runs fastest, then the row, the slice, and the channel."""
    with packed(out, compress=compress) as file:
        header_of(volume, storage, labels, channels).write_to(file)
        for frame in frames:
            file.write(np.ascontiguousarray(frame).tobytes())


@contextmanager
def packed(file: BinaryIO, *, compress: bool) -> Iterator[BinaryIO]:
    """The file, or a gzip stream into it that holds no name and no time."""
    if not compress:
        yield file
        return
    with gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=file, mtime=0) as stream:
        yield cast(BinaryIO, stream)
