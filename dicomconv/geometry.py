"""Where slices lie: their order along the normal, the grid from indices to mm in DICOM's LPS (PS3.3 C.7.6.2.1.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]

SAME_ORIENTATION = 1e-3  # per direction cosine, 0.06 degrees
UNIFORM_MM, UNIFORM_PART = 1e-3, 1e-3
PLACE_DIGITS = 3  # of mm: phases of one place differ by less, and are told apart by Instance Number
LAST = float("inf")


@dataclass(frozen=True, slots=True)
class Slice:
    """What decides a frame's place in its series. `frame_number` is 1-based, `instance_number` None if absent."""

    position: Vector | None
    orientation: tuple[float, ...] | None
    instance_number: int | None
    sop_instance_uid: str
    frame_number: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular volume: `affine_lps` maps (column index i, row index j, slice index k, 1), 0-based, to mm in LPS.

    `affine_lps` (4, 4) float64; `origin` the centre of the first voxel; `spacing` in mm along i, j, k; `direction`
    (3, 3), its columns the unit vectors of i, j, k. The k column is the real step between slices, so that under a
    gantry tilt it is not at right angles to the other two. `size`: columns, rows, slices.
    """

    affine_lps: NDArray[np.float64] = field(repr=False)
    origin: Vector
    spacing: Vector
    direction: NDArray[np.float64] = field(repr=False)
    size: tuple[int, int, int]


def normal(orientation: Sequence[float]) -> Vector:
    """The unit vector at right angles to a slice: row direction x column direction of Image Orientation (Patient)."""
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:6]
    return _unit((b * f - c * e, c * d - a * f, a * e - b * d))


def _unit(vector: Vector) -> Vector:
    length = _length(vector) or 1.0
    return vector[0] / length, vector[1] / length, vector[2] / length


def _length(vector: Sequence[float] | NDArray[np.float64]) -> float:
    return float(np.linalg.norm(vector))


def distance_along_normal_mm(position: Sequence[float], orientation: Sequence[float]) -> float:
    """How far a slice lies along its normal."""
    return sum(p * n for p, n in zip(position, normal(orientation), strict=True))


def to_patient_mm(
    points: NDArray[np.float64],
    position: Sequence[float],
    orientation: Sequence[float],
    pixel_spacing: Sequence[float],
) -> NDArray[np.float64]:
    """Where points of an image lie in the patient: (n, 2) column and row to (n, 3) mm in LPS.

    A point (0, 0) is the outer corner of the first pixel and (0.5, 0.5) its centre (PS3.3 C.10.5, C.18.6), which is where
    `position` lies (C.7.6.2.1.1). `pixel_spacing`: between rows, then between columns.
    """
    inside = np.column_stack([points - 0.5, np.zeros(len(points))])
    moved: NDArray[np.float64] = inside @ _axes(orientation, pixel_spacing).T + np.asarray(position, np.float64)
    return moved


def to_image(
    points_mm: NDArray[np.float64],
    position: Sequence[float],
    orientation: Sequence[float],
    pixel_spacing: Sequence[float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inverse of `to_patient_mm`: (n, 3) mm to (n, 2) column and row, and (n,) mm off the plane along its normal."""
    away = np.asarray(points_mm, np.float64) - np.asarray(position, np.float64)
    found = np.asarray(np.linalg.solve(_axes(orientation, pixel_spacing), away.T).T, np.float64)
    return found[:, :2] + 0.5, found[:, 2]


def _axes(orientation: Sequence[float], pixel_spacing: Sequence[float]) -> NDArray[np.float64]:
    """(3, 3): its columns are the steps from column to column and from row to row in mm, and the unit normal."""
    along_row, along_column = np.asarray(orientation[:3], np.float64), np.asarray(orientation[3:6], np.float64)
    return np.stack([along_row * pixel_spacing[1], along_column * pixel_spacing[0], normal(orientation)], axis=1)


def order(slices: Sequence[Slice]) -> list[int]:
    """The indices of the slices in the order of their series, the same however they are shuffled.

    Slices of one orientation stay together, the group with the smallest Instance Number first; in a group by place
    along the normal, then Instance Number, UID, frame number. Slices without a place come last, by Instance Number.
    """
    by_number = sorted(range(len(slices)), key=lambda index: _number_key(slices[index]))
    orientations: list[tuple[float, ...]] = []
    keys: dict[int, tuple[float, ...]] = {}
    for rank, index in enumerate(by_number):
        keys[index] = (*_place(slices[index], orientations), rank)
    return sorted(by_number, key=keys.__getitem__)


def _number_key(one: Slice) -> tuple[float, str, int]:
    return LAST if one.instance_number is None else one.instance_number, one.sop_instance_uid, one.frame_number


def _place(one: Slice, orientations: list[tuple[float, ...]]) -> tuple[float, float]:
    """The number of the slice's orientation among those met before, and how far it lies along that group's normal."""
    if one.position is None or one.orientation is None:
        return LAST, 0.0
    group = next((i for i, known in enumerate(orientations) if _is_same(known, one.orientation)), len(orientations))
    if group == len(orientations):
        orientations.append(one.orientation)
    return group, round(distance_along_normal_mm(one.position, orientations[group]), PLACE_DIGITS)


def _is_same(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= SAME_ORIENTATION for a, b in zip(first, second, strict=True))


def is_uniform(positions: Sequence[Vector]) -> bool:
    """Whether slices follow each other in equal steps, to 0.001 mm or 0.1 % of the step, whichever is more."""
    return len(positions) < 2 or _step(np.asarray(positions, np.float64)) is not None


def grid(
    positions: Sequence[Vector | None],
    orientation: Sequence[float] | None,
    pixel_spacing: tuple[float, float] | None,
    rows: int,
    columns: int,
    *,
    thickness_mm: float | None = None,
) -> Grid | None:
    """The grid of slices that stand in order; None if something is missing or the steps between slices differ.

    `pixel_spacing`: between rows, between columns. A single slice has no step: its k column is the normal, as long as
    `thickness_mm`, or 1 mm where that is unknown.
    """
    if not positions or None in positions or orientation is None or pixel_spacing is None:
        return None
    origins = np.asarray(positions, np.float64)
    along_row, along_column = np.asarray(orientation[:3], np.float64), np.asarray(orientation[3:6], np.float64)
    if not _is_at_right_angles(along_row, along_column):
        return None
    across = np.asarray(normal(orientation))
    step = across * (thickness_mm or 1.0) if len(origins) == 1 else _step(origins)
    if step is None or abs(step @ across) < UNIFORM_MM:
        return None
    steps = along_row * pixel_spacing[1], along_column * pixel_spacing[0], step
    return _grid(origins[0], steps, (columns, rows, len(origins)))


def _grid(origin: NDArray[np.float64], steps: tuple[NDArray[np.float64], ...], size: tuple[int, int, int]) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = np.stack(steps, axis=1)
    affine[:3, 3] = origin
    i, j, k = (_length(step) for step in steps)
    x, y, z = origin.tolist()
    return Grid(affine, (x, y, z), (i, j, k), affine[:3, :3] / (i, j, k), size)


def _is_at_right_angles(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Whether two direction cosines are unit vectors at right angles, as far as their decimals say."""
    lengths = abs(_length(first) - 1) < SAME_ORIENTATION and abs(_length(second) - 1) < SAME_ORIENTATION
    return lengths and bool(abs(first @ second) < SAME_ORIENTATION)


def _step(origins: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The step from slice to slice; None if there is none that leads to each of them."""
    count = len(origins) - 1
    step: NDArray[np.float64] = (origins[-1] - origins[0]) / count
    apart = np.linalg.norm(origins - origins[0] - np.arange(count + 1)[:, None] * step, axis=1)
    length = _length(step)
    return step if length > 0 and apart.max() <= max(UNIFORM_MM, UNIFORM_PART * length) else None
