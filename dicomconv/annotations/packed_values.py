"""Voxels that stand in a file behind a header, plain or compressed: read no further than the header says."""

import bz2
import gzip
import zlib
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.label_values import check_size

LARGEST_FACTOR = {
    "raw": 1,
    "gzip": 1100,
    "zlib": 1100,
    "bzip2": 50_000,
}  # how much shorter a stream can be than its content
BEHIND = 1 << 20
DAMAGED = (OSError, EOFError, zlib.error, ValueError)


def voxels(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], encoding: str, length: int) -> NDArray[Any]:
    """An array of this shape, the last axis fastest, from where the file stands; `length`: bytes that are left in it.

    Unreadable if the file holds fewer, or what is compressed is damaged.
    """
    check_size(shape, dtype.itemsize, length * LARGEST_FACTOR[encoding])
    wanted = int(np.prod(shape)) * dtype.itemsize
    try:
        content = _content(file, wanted, encoding)
    except DAMAGED:
        content = b""
    if len(content) < wanted:
        raise Unreadable("it is cut short or damaged; copy or save it again")
    return np.frombuffer(content, dtype).reshape(shape)


def _content(file: IO[bytes], wanted: int, encoding: str) -> bytes:
    if encoding == "raw":
        return file.read(wanted)
    if encoding == "zlib":
        stream = zlib.decompressobj()
        return stream.decompress(file.read(), wanted)
    packed: Any = gzip.GzipFile(fileobj=file) if encoding == "gzip" else bz2.BZ2File(file)
    content: bytes = packed.read(wanted)
    packed.read(BEHIND)  # so that the checksum at the end is looked at
    return content
