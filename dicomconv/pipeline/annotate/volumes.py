"""Label maps of whole volumes onto the frames of a stack, by where both lie in the patient."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Volume
from dicomconv.pipeline.annotate.records import Misfit

SAME_MM = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A stack that is a regular volume. `size`: columns, rows, slices; `affine_lps` maps their indices to mm.

    `series`: the name that the files of its series have; `frames`: which frame of the stack each slice is.
    """

    series: str
    container: int
    stack: int
    size: tuple[int, int, int]
    affine_lps: NDArray[np.float64] = field(repr=False)
    frames: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A volume on a stack; `affine`: from indices of the stack (column, row, slice) to those of the volume."""

    grid: Grid
    affine: NDArray[np.float64] = field(repr=False)
    is_exact: bool


def matched(volume: Volume, file: str, grids: Sequence[Grid], *, allow_resampled: bool) -> Match:
    """The stack whose voxels are those of the volume, in any order of axes; or the only stack, if resampling is allowed.

    Of several, the one whose series the name of the file has. Misfit if there is none, or there are several still.
    """
    size = volume.values.shape[:-4:-1]
    exact = [grid for grid in grids if _is_same(volume.affine_lps, size, grid)]
    fitting = exact or (list(grids) if allow_resampled else [])
    if len(fitting) > 1:
        fitting = [grid for grid in fitting if grid.series and grid.series in file] or fitting
    if len(fitting) > 1:
        raise Misfit(f"it lies on {len(fitting)} stacks or series here; import --into the container that is meant")
    if not fitting:
        raise Misfit(_why_not(volume, size, grids))
    affine = np.asarray(np.linalg.solve(volume.affine_lps, fitting[0].affine_lps), np.float64)
    return Match(fitting[0], np.rint(affine) if exact else affine, bool(exact))


def _is_same(affine: NDArray[np.float64], size: tuple[int, ...], grid: Grid) -> bool:
    """Whether each voxel of a grid is one of the volume's, and all of these are met."""
    between = np.rint(np.linalg.solve(affine, grid.affine_lps))
    turns = np.abs(between[:3, :3])
    if not ((turns.sum(axis=0) == 1).all() and (turns.sum(axis=1) == 1).all()):
        return False
    corners = np.array([(*corner, 1) for corner in itertools.product(*((0, side - 1) for side in grid.size))]).T
    there = (between @ corners)[:3]
    apart = np.linalg.norm((affine @ between @ corners - grid.affine_lps @ corners)[:3], axis=0)
    is_whole = (there.min(axis=1) == 0).all() and (there.max(axis=1) == np.array(size) - 1).all()
    return bool(is_whole and apart.max() <= SAME_MM)


def _why_not(volume: Volume, size: tuple[int, ...], grids: Sequence[Grid]) -> str:
    if not grids:
        return "no stack here is evenly spaced, so that no label map of a volume lies on one"
    said = "; ".join(" x ".join(map(str, grid.size)) for grid in grids[:3])
    own = " x ".join(map(str, size))
    return (
        f"its voxels ({own}) are not those of a stack here ({said}, columns x rows x frames): it was resampled, cropped, "
        "moved, or is of another series; --allow-resampled takes the nearest voxels"
    )


def planes(volume: Volume, match: Match) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Of each layer and each frame that the volume reaches, the values: number of the layer, frame, (rows, columns)."""
    layers = volume.values if volume.values.ndim == 4 else volume.values[None]
    columns, rows, _ = match.grid.size
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    for place, frame in enumerate(match.grid.frames):
        x, y, z = (_whole(a * column + b * row + (c * place + d)) for a, b, c, d in match.affine[:3])
        inside = [(one >= 0) & (one < side) for one, side in zip((z, y, x), layers.shape[1:], strict=True)]
        is_inside = inside[0] & inside[1] & inside[2]
        if not is_inside.any():
            continue
        for number, layer in enumerate(layers):
            values = np.zeros((rows, columns), layer.dtype)
            values[is_inside] = layer[z[is_inside], y[is_inside], x[is_inside]]
            yield number, frame, values


def _whole(numbers: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.floor(numbers + 0.5).astype(np.intp)
