"""Frames of many series as slices of one array: modality values, at one size, of the smallest type that holds them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.stack import Stack
from dicomconv.export.cube import resized
from dicomconv.pixels.square import IDENTITY, Matrix, square_of


@dataclass(frozen=True, slots=True)
class Array:
    """What slices become. `padding`: the value around them."""

    rows: int
    columns: int
    dtype: np.dtype[Any]
    padding: float
    size: int = 0

    def slice_of(self, stack: Stack, frame: int) -> NDArray[Any]:
        """(rows, columns): the frame in the upper left corner or, if a size was asked for, resampled to a square around it."""
        values, result = stack.modality(frame), np.full((self.rows, self.columns), self.padding, self.dtype)
        if not self.size:
            result[: values.shape[0], : values.shape[1]] = values
            return result
        square = square_of(values.shape[0], values.shape[1], self.size)
        small = resized(values, square.width, square.height)
        small = np.rint(small) if self.dtype.kind == "i" else small
        result[square.top : square.top + square.height, square.left : square.left + square.width] = small
        return result

    def to_stored(self, stack: Stack) -> Matrix:
        """Where a slice's pixels lie in the stored ones, as `png_to_stored` of pictures."""
        return square_of(stack.format.rows, stack.format.columns, self.size).png_to_stored if self.size else IDENTITY


def array_for(stacks: Iterable[Stack], size: int) -> Array:
    """The array that holds all these stacks: as large as the largest, whole numbers if all values are."""
    rows = columns = 0
    low, high, is_whole = np.inf, -np.inf, True
    for stack in stacks:
        table = stack.frames
        rows, columns = max(rows, stack.format.rows), max(columns, stack.format.columns)
        low, high = min(low, float(np.min(table["minimum"]))), max(high, float(np.max(table["maximum"])))
        by = np.concatenate([table["rescale_slope"], table["rescale_intercept"]])
        is_whole &= not stack.format.float_kind and bool((by == np.rint(by)).all())
    if size:
        rows = columns = size
    is_known = np.isfinite([low, high]).all()
    return Array(rows, columns, _dtype(low, high, is_whole=bool(is_whole and is_known)), low if is_known else 0.0, size)


def _dtype(low: float, high: float, *, is_whole: bool) -> np.dtype[Any]:
    if not is_whole:
        return np.dtype("<f4")
    return np.dtype("<i2" if low >= -(2**15) and high < 2**15 else "<i4")
