"""What has changed outside the lines that name somebody."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deid.pixels.drawing import Line
from tests.benchmarks.deid.pixels.planting import Plate
from tests.benchmarks.deid.pixels.reading import COLOURS, Decoded

Array = NDArray[Any]
DILATION = 8  # pixels around a line that may go with it


def around(lines: Iterable[Line], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Lines and what is near them: (rows, columns)."""
    mask = np.zeros(shape, np.bool_)
    for line in lines:
        mask[line.box.grown(DILATION, shape).slices] = True
    return mask


def may_change(plate: Plate, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The lines that name somebody, dilated, and what a rule by region may blank: (rows, columns)."""
    mask = around((line for line in plate.lines if line.identifying), shape)
    if plate.kept_inside is not None:
        beside = np.ones(shape, np.bool_)
        beside[plate.kept_inside.slices] = False
        mask |= beside
    return mask


def changed(original: Decoded, output: Decoded, lossy: bool) -> NDArray[np.bool_]:
    """Which pixels differ, (frames, rows, columns): in stored values where these mean the same, else in colours.

    Of lossy sources, and where colours had to be computed, by more than 1.
    """
    same = original.photometric == output.photometric or {original.photometric, output.photometric} <= {*COLOURS}
    if same and original.palette is not None and output.palette is not None:
        same = np.array_equal(original.palette, output.palette)
    one, other = (original.values, output.values) if same else (original.colours, output.colours)
    apart = np.abs(one.astype(np.int64) - other.astype(np.int64))
    if apart.ndim == 4:
        apart = apart.max(-1)
    return np.asarray(apart > (0 if same and not lossy else 1))
