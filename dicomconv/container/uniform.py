"""Where a stack is a regular volume with right angles, as formats need it that have one grid; or why it is none."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.stack import Stack
from dicomconv.geometry import distance_along_normal_mm, grid

SQUARE = 1e-3  # cosine of the angle between axes: what the decimals of orientations leave
PLACED = ("position", "orientation", "pixel_spacing")


@dataclass(frozen=True, slots=True)
class Uniform:
    """A stack as a volume. `frames`: its frames in the order of their places; `affine_lps`: (column, row, place) to mm."""

    stack: Stack
    frames: tuple[int, ...]
    affine_lps: NDArray[np.float64] = field(repr=False)

    @property
    def size(self) -> tuple[int, int, int]:
        """Columns, rows, slices."""
        return self.stack.format.columns, self.stack.format.rows, len(self.frames)


def in_order(stack: Stack) -> Uniform | str:
    """A stack as a volume, sheared ones too; or why it is none, in words that follow its name.

    The frames of a multi-frame object may stand in any order: they are sorted along their normal.
    """
    affine, frames = stack.affine_lps, tuple(range(len(stack)))
    if affine is None:
        if reason := _why_not_parallel(stack):
            return reason
        frames, affine = _sorted(stack)
    if affine is None:
        return "its slices are not evenly spaced: one is missing, or they lie at different distances"
    if not np.isfinite(affine).all() or not np.linalg.norm(affine[:3, :3], axis=0).all():
        return "its grid is damaged; verify it"
    return Uniform(stack, frames, affine)


def uniform(stack: Stack) -> Uniform | str:
    """As `in_order`, but none whose axes are not at right angles."""
    found = in_order(stack)
    if isinstance(found, str):
        return found
    axes = found.affine_lps[:3, :3] / np.linalg.norm(found.affine_lps[:3, :3], axis=0)
    if abs(axes.T @ axes - np.eye(3)).max() > SQUARE:
        return "its slices are not at right angles to the line on which they lie (gantry tilt); resample it first"
    return found


def _why_not_parallel(stack: Stack) -> str:
    """Why frames cannot be sorted along one normal; empty if they can."""
    table = stack.frames
    if not all(np.isfinite(table[name]).all() for name in PLACED):
        return "not all of its frames say where they lie (position, orientation, pixel spacing)"
    if len(np.unique(table["orientation"].round(4), axis=0)) > 1:
        return "its slices are not parallel to each other"
    if len(np.unique(table["pixel_spacing"], axis=0)) > 1:
        return "its slices differ in their pixel spacing"
    if len(np.unique(table["position"].round(3), axis=0)) < len(stack):
        return "several of its slices lie at one place, such as phases or echoes"
    return ""


def _sorted(stack: Stack) -> tuple[tuple[int, ...], NDArray[np.float64] | None]:
    """The frames by their place along the normal, and the affine of that; None if they are not evenly spaced."""
    table = stack.frames
    orientation, positions = tuple(table["orientation"][0].tolist()), table["position"].tolist()
    frames = sorted(range(len(stack)), key=lambda frame: distance_along_normal_mm(positions[frame], orientation))
    thickness = float(table["slice_thickness"][0])
    between_rows, between_columns = table["pixel_spacing"][0].tolist()
    found = grid(
        [tuple(positions[frame]) for frame in frames], orientation, (between_rows, between_columns), 1, 1,
        thickness_mm=thickness if math.isfinite(thickness) and thickness > 0 else None,
    )  # fmt: skip
    return tuple(frames), None if found is None else found.affine_lps
