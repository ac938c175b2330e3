"""The 8-bit rendering of MIMIC-CXR-JPG: stretched, turned round where low is white, histogram equalised."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.stack import Stack
from dicomconv.pixels.modality import stored_values


def equalized(stack: Stack, frame: int) -> NDArray[np.uint8]:
    """A frame as MIMIC-CXR-JPG draws it, (rows, columns) uint8.

    Stored values less the smallest, divided by the largest of that, times 255, cut to whole numbers; turned round for
    MONOCHROME1; then equalised as OpenCV's `equalizeHist` does. No window takes part.
    """
    values = stored_values(stack[frame], stack.format).astype(np.float64)
    values -= values.min()
    largest = values.max()
    grey = (values / largest * 255 if largest else values).astype(np.uint8)
    if stack.format.photometric_interpretation == "MONOCHROME1":
        grey = 255 - grey
    return equalize(grey)


def equalize(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Histogram equalisation, bit for bit as OpenCV's: the darkest grey becomes 0, the brightest 255.

    One grey alone stays as it is.
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    darkest = int(np.flatnonzero(counts)[0])
    others = grey.size - int(counts[darkest])
    if not others:
        return grey.copy()
    scale = np.float32(255.0) / np.float32(others)
    sums = np.cumsum(counts) - counts[darkest]
    table = np.rint(sums.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)
    table[: darkest + 1] = 0
    equal: NDArray[np.uint8] = table[grey]
    return equal
