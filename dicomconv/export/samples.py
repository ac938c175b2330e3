"""A file of the samples of pictures of one size, one picture behind the other, which several processes write at a time."""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_at(path: Path, number: int, picture: NDArray[Any]) -> None:
    """Write a picture to its place in the file, which is made if it is not there. `number`: 0-based."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.seek(number * picture.nbytes)
        file.write(np.ascontiguousarray(picture).data)


def read_at(path: Path, number: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A picture of 8 bits, (rows, columns) or (rows, columns, 3), out of its place in the file."""
    size = math.prod(shape)
    return np.fromfile(path, np.uint8, size, offset=number * size).reshape(shape)
