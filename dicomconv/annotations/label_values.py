"""Values of label maps, held to what they may be: whole numbers from 0 to 65535, and no more of them than memory takes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import LARGEST_LABEL
from dicomconv.annotations.checked import Unreadable

LARGEST_VOLUME = 1 << 31  # voxels of all layers: 4 GiB in memory, 10,000 slices of 512 x 512 and more


def check_size(shape: Sequence[int], item_bytes: int, at_most: int) -> None:
    """Refuse, before memory is taken, a volume that is empty or larger than its file can hold (`at_most` bytes)."""
    count = math.prod(shape)
    if min(shape) < 1 or count > LARGEST_VOLUME:
        raise Unreadable(
            f"a volume of {' x '.join(map(str, reversed(shape)))} voxels is not read; is its header damaged?"
        )
    if count * item_bytes > at_most:
        raise Unreadable("its header says more voxels than the file can hold; copy or save it again")


def label_values(slices: Iterable[NDArray[Any]], shape: Sequence[int]) -> NDArray[Any]:
    """Slices as one array of this shape, u1 where that holds all values, else u2; Unreadable if one is no label."""
    values = np.zeros(shape, np.uint16)
    flat = values.reshape(-1, *shape[-2:])
    for index, plane in enumerate(slices):
        flat[index] = checked(plane)
    return values.astype(np.uint8) if int(values.max(initial=0)) <= 255 else values


def checked(plane: NDArray[Any]) -> NDArray[Any]:
    """The same values; Unreadable if one is no whole number from 0 to 65535."""
    if plane.dtype.kind == "f" and not (np.isfinite(plane).all() and (plane == np.floor(plane)).all()):
        raise Unreadable("not all of its values are whole numbers; it is an image, or was resampled by interpolation")
    if plane.size and not (plane.min() >= 0 and plane.max() <= LARGEST_LABEL):
        raise Unreadable(f"its values are not all from 0 to {LARGEST_LABEL}; it is no label map")
    return plane
