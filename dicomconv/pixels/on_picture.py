"""What lies on stored pixels, on a picture of them: masks by the nearest pixel, outlines point by point."""

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.square import IDENTITY, Matrix


def mask_on_picture(mask: NDArray[np.bool_], size: tuple[int, int], to_stored: Matrix) -> NDArray[np.bool_]:
    """A mask of stored pixels on a picture of `size` (columns, rows).

    Of each pixel of the picture, the stored one that its centre lies in.
    """
    columns, rows = size
    if to_stored == IDENTITY and (rows, columns) == mask.shape:
        return mask
    a, b, c, d, e, f, *_ = to_stored
    result = np.zeros((rows, columns), np.bool_)
    if b == d == 0:
        column, row = _nearest(a * np.arange(columns) + c), _nearest(e * np.arange(rows) + f)
        in_columns, in_rows = _is_within(column, mask.shape[1]), _is_within(row, mask.shape[0])
        result[np.ix_(in_rows, in_columns)] = mask[np.ix_(row[in_rows], column[in_columns])]
        return result
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    column, row = _nearest(a * x + b * y + c), _nearest(d * x + e * y + f)
    is_inside = _is_within(column, mask.shape[1]) & _is_within(row, mask.shape[0])
    result[is_inside] = mask[row[is_inside], column[is_inside]]
    return result


def _nearest(places: NDArray[np.floating]) -> NDArray[np.intp]:
    nearest: NDArray[np.intp] = np.floor(places + 0.5).astype(np.intp)
    return nearest


def _is_within(places: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    return (places >= 0) & (places < count)


def ring_on_picture(ring: NDArray[np.float64], to_stored: Matrix) -> NDArray[np.float64]:
    """Points on stored pixels, (n, 2) column and row with (0, 0) the outer corner of the first, on a picture."""
    if to_stored == IDENTITY:
        return ring
    inverse = np.linalg.inv(np.array(to_stored).reshape(3, 3))
    moved: NDArray[np.float64] = (ring - 0.5) @ inverse[:2, :2].T + inverse[:2, 2] + 0.5
    return moved
