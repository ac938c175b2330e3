"""A file of the samples of pictures of one size, one picture behind the other, which several processes write at a time."""

import math
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write_at(path: Path, number: int, picture: NDArray[np.uint8], shape: tuple[int, ...]) -> None:
    """Write a picture to its place in the file, which is made if it is not there. `number`: 0-based.

    `shape`: of all pictures in the file; ValueError for one that is not like the others.
    """
    if picture.shape != shape or picture.dtype != np.uint8:
        raise ValueError("a picture is not like the others in its file")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.seek(number * picture.nbytes)
        file.write(np.ascontiguousarray(picture).data)


def read_at(path: Path, number: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A picture of 8 bits, (rows, columns) or (rows, columns, 3), out of its place in the file."""
    size = math.prod(shape)
    return np.fromfile(path, np.uint8, size, offset=number * size).reshape(shape)
