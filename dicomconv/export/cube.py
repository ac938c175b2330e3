"""A regular volume as a cube of grey: one window, its aspect in mm kept, centred, dark around it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.uniform import Uniform
from dicomconv.frame_image import image_of_frame
from dicomconv.render import WindowChoice


def cube_of(
    volume: Uniform, size: int, window: WindowChoice, series_range: tuple[float, float] | None
) -> NDArray[np.uint8]:
    """(slices, rows, columns) uint8 of `size` each, slices in the order of their places. Undecodable, if a frame is.

    Linear between voxels where it grows, an average weighted by a triangle where it shrinks.
    """
    columns_mm, rows_mm, slices_mm = np.linalg.norm(volume.affine_lps[:3, :3], axis=0) * volume.size
    longest = max(columns_mm, rows_mm, slices_mm)
    width, height, depth = (max(1, round(size * side / longest)) for side in (columns_mm, rows_mm, slices_mm))
    flat = np.empty((len(volume.frames), height * width), np.float32)
    for place, frame in enumerate(volume.frames):
        flat[place] = resized(image_of_frame(volume.stack, frame, window, series_range), width, height).ravel()
    inside = np.floor(resized(flat, height * width, depth) + 0.5).astype(np.uint8)
    cube = np.zeros((size, size, size), np.uint8)
    front, top, left = ((size - length) // 2 for length in (depth, height, width))
    cube[front : front + depth, top : top + height, left : left + width] = inside.reshape(depth, height, width)
    return cube


def resized(values: NDArray[Any], width: int, height: int) -> NDArray[np.float32]:
    """Values of (rows, columns) at another size: linear where it grows, an average weighted by a triangle where it shrinks."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
