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
        First along rows, then along columns; 8 bits are rounded after both, and so at most a level off.
        """
        picture = np.zeros((self.size, self.size, *image.shape[2:]), image.dtype)
        inside = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        if (self.height, self.width) == (self.rows, self.columns):
            inside[...] = image
        elif image.dtype == np.uint8:
            inside[...] = self._resized(image)
        elif image.ndim == 3:
            for channel in range(image.shape[2]):
                inside[..., channel] = self._rounded(image[..., channel])
        else:
            inside[...] = self._rounded(image)
        return picture

    def _rounded(self, values: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Values at the size they have inside of the picture, a half above the whole numbers that are left when it is cut."""
        resized: NDArray[np.float32] = self._resized(values.astype(np.float32)) + np.float32(0.5)
        return resized

    def _resized(self, values: NDArray[Any]) -> NDArray[Any]:
        """Pixels at the size they have inside of the picture: of uint8, (rows, columns[, 3]), or of float32."""
        from PIL import Image

        image = Image.fromarray(np.ascontiguousarray(values))
        return np.asarray(image.resize((self.width, self.height), Image.Resampling.BILINEAR))


def square_of(rows: int, columns: int, size: int) -> Square:
    """The largest place in a picture of `size` x `size` that keeps the aspect, to whole pixels and at least one."""
    longer = max(rows, columns)
    height, width = (max(1, (2 * length * size + longer) // (2 * longer)) for length in (rows, columns))
    return Square(size, rows, columns, height, width)
