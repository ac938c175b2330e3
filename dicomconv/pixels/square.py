"""An image as a square picture: resampled with its aspect kept, centred, dark around it; and where each pixel went."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = tuple[float, float, float, float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 0, 1, 0, 0, 0, 1)


@dataclass(frozen=True, slots=True)
class Square:
    """How an image of `rows` x `columns` lies in a picture of `size` x `size`; fit with `square_of`."""

    size: int
    rows: int
    columns: int
    height: int
    width: int

    @property
    def top(self) -> int:
        """How many rows of the picture are above the image."""
        return (self.size - self.height) // 2

    @property
    def left(self) -> int:
        """How many columns of the picture are left of the image."""
        return (self.size - self.width) // 2

    @property
    def png_to_stored(self) -> Matrix:
        """3 x 3, row by row: (column, row, 1) of the picture to (column, row, 1) of the stored pixels.

        Centres of pixels are at whole numbers, so that an edge of the image is at -0.5.
        """
        across, down = self.columns / self.width, self.rows / self.height
        return (across, 0, (0.5 - self.left) * across - 0.5, 0, down, (0.5 - self.top) * down - 0.5, 0, 0, 1)

    def spacing(self, stored: tuple[float, float]) -> tuple[float, float]:
        """Between rows and between columns of the picture, in the unit of the stored spacing."""
        return stored[0] * self.rows / self.height, stored[1] * self.columns / self.width

    def resampled(self, image: NDArray[Any]) -> NDArray[Any]:
        """An image as the square picture: (rows, columns[, 3]) to (size, size[, 3]), uint8 or uint16 as it was.

        Linear between pixels where it grows, an average weighted by a triangle where it shrinks: neither overshoots.
        """
        picture = np.zeros((self.size, self.size, *image.shape[2:]), image.dtype)
        inside = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        for channel in range(image.shape[2] if image.ndim == 3 else 1):
            one = image[..., channel] if image.ndim == 3 else image
            target = inside[..., channel] if image.ndim == 3 else inside
            target[...] = self._channel(one) + np.float32(0.5)  # which is cut, and so rounded
        return picture

    def _channel(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """One channel at the size it has inside of the picture, in float32."""
        if (self.height, self.width) == (self.rows, self.columns):
            return values.astype(np.float32)
        from PIL import Image

        image = Image.fromarray(np.ascontiguousarray(values, np.float32))
        return np.asarray(image.resize((self.width, self.height), Image.Resampling.BILINEAR))


def square_of(rows: int, columns: int, size: int) -> Square:
    """The largest place in a picture of `size` x `size` that keeps the aspect, to whole pixels and at least one."""
    longer = max(rows, columns)
    height, width = (max(1, (2 * length * size + longer) // (2 * longer)) for length in (rows, columns))
    return Square(size, rows, columns, height, width)
