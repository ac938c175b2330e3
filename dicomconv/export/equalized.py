"""The 8-bit rendering of MIMIC-CXR-JPG: stretched, turned round where low is white, histogram equalised."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.stack import Stack
from dicomconv.pixels.modality import stored_values


def equalized(stack: Stack, frame: int) -> NDArray[np.uint8]:
    """A frame as MIMIC-CXR-JPG draws it, (rows, columns) uint8. No window takes part."""
    return rendered(
        stored_values(stack[frame], stack.format), low_is_white=stack.format.photometric_interpretation == "MONOCHROME1"
    )


def rendered(stored: NDArray[Any], *, low_is_white: bool) -> NDArray[np.uint8]:
    """Stored values as MIMIC-CXR-JPG draws them, of the same shape.

    Stored values less the smallest, divided by the largest of that, times 255, cut to whole numbers; turned round for
    MONOCHROME1; then equalised as OpenCV's `equalizeHist` does. Of 16 bits or fewer, all that is done once for each value.
    """
    if stored.dtype.kind == "f" or stored.dtype.itemsize > 2:
        return equalize(_stretched(stored.astype(np.float64) - stored.min(), low_is_white))
    places = (stored.astype(np.int32) - int(stored.min())).astype(np.intp)
    found = np.bincount(places.ravel())
    grey = _stretched(np.arange(len(found), dtype=np.float64), low_is_white)
    counts = np.bincount(grey, weights=found, minlength=256).astype(np.int64)
    table: NDArray[np.uint8] = _table(counts)[grey]
    return table.take(places)


def _stretched(values: NDArray[np.float64], low_is_white: bool) -> NDArray[np.uint8]:
    """Values from 0 on as greys from 0 to 255."""
    largest = values.max()
    grey = (values / largest * 255 if largest else values).astype(np.uint8)
    return 255 - grey if low_is_white else grey


def equalize(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Histogram equalisation, bit for bit as OpenCV's: the darkest grey becomes 0, the brightest 255.

    One grey alone stays as it is.
    """
    equal: NDArray[np.uint8] = _table(np.bincount(grey.ravel(), minlength=256))[grey]
    return equal


def _table(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """What each of 256 greys becomes, where there are so many pixels of each."""
    darkest = int(np.flatnonzero(counts)[0])
    others = int(counts.sum() - counts[darkest])
    if not others:
        return np.arange(256, dtype=np.uint8)
    scale = np.float32(255.0) / np.float32(others)
    sums = np.cumsum(counts) - counts[darkest]
    table: NDArray[np.uint8] = np.rint(sums.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)
    table[: darkest + 1] = 0
    return table
