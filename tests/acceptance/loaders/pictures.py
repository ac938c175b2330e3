"""Pictures as Pillow, tifffile and OpenCV read them: (rows, columns[, 3 of RGB]), values and dtype as stored."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def load_with_pillow(path: Path) -> NDArray[Any]:
    """A picture as Pillow reads it."""
    with Image.open(path) as image:
        return np.asarray(image)


def load_with_tifffile(path: Path) -> NDArray[Any]:
    """A TIFF as tifffile reads it."""
    import tifffile

    return tifffile.imread(path)


def load_with_opencv(path: Path) -> NDArray[Any]:
    """A picture as OpenCV reads it, depth kept, colours turned from its BGR to RGB."""
    import cv2

    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("OpenCV does not read this file")
    return pixels[..., ::-1] if pixels.ndim == 3 else pixels


def equalized_with_opencv(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """OpenCV's histogram equalisation of an 8-bit picture."""
    import cv2

    return np.asarray(cv2.equalizeHist(pixels))
