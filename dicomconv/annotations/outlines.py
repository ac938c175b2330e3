"""Boxes and ellipses of annotation tools, turned by angles or not, as kinds that we have."""

import math

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Kind
from dicomconv.annotations.checked import Unreadable

POINTS_OF_AN_ELLIPSE = 256
Outline = tuple[Kind, tuple[NDArray[np.float64], ...]]


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """A box between two corners, in any order."""
    edges = np.array([(left, top), (right, bottom)], np.float64)
    if (edges[0] == edges[1]).any():
        raise Unreadable("the box has no width or no height")
    return "box", (np.sort(edges, axis=0),)


def turned_box(
    corner: tuple[float, float], size: tuple[float, float], degrees: float, *, about: tuple[float, float]
) -> Outline:
    """A box from its upper left corner, turned clockwise about a point: a polygon, unless it is not turned at all."""
    (left, top), (width, height) = corner, size
    kind, (edges,) = box(left, top, left + width, top + height)
    if degrees % 360 == 0:
        return kind, (edges,)
    (x0, y0), (x1, y1) = edges.tolist()
    return "polygon", (turned(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]), degrees, about),)


def ellipse(center: tuple[float, float], radii: tuple[float, float], degrees: float = 0) -> Outline:
    """An ellipse, turned clockwise about its center, as a polygon of as large an area."""
    if min(radii) <= 0:
        raise Unreadable("a radius is not above 0")
    step = 2 * math.pi / POINTS_OF_AN_ELLIPSE
    angles = np.arange(POINTS_OF_AN_ELLIPSE) * step
    outside = math.sqrt(step / math.sin(step))
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii * outside + center
    return "polygon", (turned(points, degrees, center),)


def turned(points: NDArray[np.float64], degrees: float, about: tuple[float, float]) -> NDArray[np.float64]:
    """Points turned about one; clockwise as seen on a screen, where rows run downward."""
    quarter, rest = divmod(degrees % 360, 90)
    angle = math.radians(rest)
    cosine, sine = math.cos(angle), math.sin(angle)
    for _ in range(int(quarter)):  # exact for quarters
        cosine, sine = -sine, cosine
    found: NDArray[np.float64] = (points - about) @ np.array([(cosine, sine), (-sine, cosine)]) + about
    return found
