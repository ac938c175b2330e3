"""From the pixels of a picture to those that are stored: masks by the nearest pixel, outlines point by point."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Kind
from dicomconv.annotations.drawn import Drawn
from dicomconv.pipeline.annotate.records import Found, Misfit
from dicomconv.shapes import rasterised

Ring = NDArray[np.float64]
POINTS: dict[Kind, int] = {"polygon": 3, "box": 2, "polyline": 2, "point": 1}
BEYOND = 1.0  # pixels of the picture that a point may lie outside of it: tools let hands slip


def stored_mask(drawn: Drawn, found: Found) -> NDArray[np.bool_]:
    """A mask on the stored pixels. Misfit if it is empty, not as large as the picture, or all on its border."""
    mask = _whole(drawn, found)
    if not mask.any():
        raise Misfit("the mask is empty")
    if not found.is_stored:
        mask = _nearest(mask, found)
        if not mask.any():
            raise Misfit("the mask covers no stored pixel: it lies on the border around the image, or between pixels")
    return mask


def _whole(drawn: Drawn, found: Found) -> NDArray[np.bool_]:
    """The mask as large as the picture."""
    assert drawn.mask is not None
    (columns, rows), (left, top), mask = found.size, drawn.offset, drawn.mask
    height, width = mask.shape
    if (height, width) == (rows, columns) and (left, top) == (0, 0):
        return mask
    if left < 0 or top < 0 or left + width > columns or top + height > rows:
        raise Misfit(
            f"a mask of {width} x {height} pixels (columns x rows) at {left}, {top} is not within the picture, "
            f"which is {columns} x {rows}"
        )
    whole = np.zeros((rows, columns), np.bool_)
    whole[top : top + height, left : left + width] = mask
    return whole


def _nearest(mask: NDArray[np.bool_], found: Found) -> NDArray[np.bool_]:
    """Of each stored pixel, the pixel of the picture that is nearest to its centre; what lies beside it is not set."""
    frame, inverse = found.frame, np.linalg.inv(np.array(found.to_stored).reshape(3, 3))
    column, row = np.meshgrid(np.arange(frame.columns), np.arange(frame.rows))
    x, y = (np.floor(a * column + b * row + c + 0.5).astype(np.intp) for a, b, c in inverse[:2])
    is_inside = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
    result = np.zeros((frame.rows, frame.columns), np.bool_)
    result[is_inside] = mask[y[is_inside], x[is_inside]]
    return result


def stored_rings(drawn: Drawn, found: Found) -> tuple[Ring, ...]:
    """Outlines on the stored pixels, not cut yet. Misfit if there are too few points, or one lies outside."""
    kind: Kind = drawn.kind or "polygon"
    rings = [np.asarray(ring, np.float64) for ring in drawn.in_pixels(*found.size).rings]
    for ring in rings:
        _check(ring, kind, found)
    matrix = np.array(found.to_stored).reshape(3, 3)
    moved = [(ring - 0.5) @ matrix[:2, :2].T + matrix[:2, 2] + 0.5 for ring in rings]
    return tuple(moved) if not found.is_stored else tuple(rings)


def _check(ring: Ring, kind: Kind, found: Found) -> None:
    if ring.ndim != 2 or ring.shape[1] != 2 or not np.isfinite(ring).all():
        raise Misfit("its points are not pairs of numbers")
    if len(np.unique(ring, axis=0)) < POINTS[kind] or (kind == "box" and len(ring) != POINTS[kind]):
        raise Misfit(f"a {kind} has {POINTS[kind]} points or more, and they differ")
    if (ring < -BEYOND).any() or (ring > np.array(found.size) + BEYOND).any():
        raise Misfit(f"it lies outside of the picture, which is {found.size[0]} x {found.size[1]} pixels (columns x rows)")


def region_of(rings: tuple[Ring, ...], found: Found) -> NDArray[np.bool_]:
    """The stored pixels whose centres lie within outlines. Misfit if there is none."""
    mask = rasterised(rings, found.frame.rows, found.frame.columns)
    if not mask.any():
        raise Misfit("it covers the centre of no stored pixel")
    return mask


def cut(rings: tuple[Ring, ...], kind: Kind, found: Found) -> tuple[Ring, ...]:
    """Outlines without what lies outside of the stored pixels. Misfit if nothing is left."""
    low, high = np.zeros(2), np.array(found.frame.size, np.float64)
    if all((ring >= low).all() and (ring <= high).all() for ring in rings):
        return tuple(np.sort(ring, axis=0) for ring in rings) if kind == "box" else rings
    if kind == "box":
        edges = [np.clip(np.sort(ring, axis=0), low, high) for ring in rings]
        left = [ring for ring in edges if (ring[0] < ring[1]).all()]
    elif kind == "polygon":
        left = [ring for one in rings if len(ring := _clipped(one, high)) >= POINTS[kind]]
    else:
        left = [np.clip(ring, low, high) for ring in rings if ((ring >= low) & (ring <= high)).all(axis=1).any()]
    if not left:
        raise Misfit("it lies on the border around the image")
    return tuple(left)


def _clipped(ring: Ring, high: NDArray[np.float64]) -> Ring:
    """A polygon cut at the edges of the image, one after the other (Sutherland and Hodgman)."""
    for axis, bound, sign in ((0, 0.0, 1), (1, 0.0, 1), (0, high[0], -1), (1, high[1], -1)):
        points = list(_beyond(ring, axis, bound, sign)) if len(ring) else []
        ring = np.array(points, np.float64).reshape(-1, 2)
    return ring


def _beyond(ring: Ring, axis: int, bound: float, sign: int) -> Iterator[Ring]:
    """The points on one side of an edge, and those where the outline crosses it."""
    for before, point in zip(np.roll(ring, 1, axis=0), ring, strict=True):
        was, is_in = sign * (before[axis] - bound) >= 0, sign * (point[axis] - bound) >= 0
        if was != is_in:
            part = (bound - before[axis]) / (point[axis] - before[axis])
            crossing = before + part * (point - before)
            crossing[axis] = bound
            yield crossing
        if is_in:
            yield point
