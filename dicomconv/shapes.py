"""Outlines as pixels: which pixels of an image lie within rings of points, exactly."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

PAIRS_AT_A_TIME = 1 << 20  # of an edge and a row that it crosses: bounds memory where long edges are many


def rasterised(rings: Sequence[NDArray[np.float64]], rows: int, columns: int) -> NDArray[np.bool_]:
    """The pixels whose centres lie within an odd number of rings. Result: (rows, columns) bool.

    `rings`: each (n, 2), column and row, (0, 0) the outer corner of the first pixel, closed from its last point to its
    first; they may cross themselves, each other and the edges of the image. A centre that lies on an outline belongs to
    what is right of it or below it: so neighbours that share an edge share no pixel, and leave none out. Exact for
    points on a grid of 2**-8 within 2**16 pixels; ValueError for points that are not finite.
    """
    turns = np.zeros((rows, columns + 1), np.bool_)  # where, from the left, a row passes into a ring or out of it
    if turns.size:
        for edges in _blocks(_edges(rings)):
            row, column = _crossings(edges, rows, columns)
            np.logical_xor.at(turns, (row, column), True)
    return np.logical_xor.accumulate(turns, axis=1)[:, :columns]


def _edges(rings: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The edges of all rings as (n, 4): column and row of the upper end, then of the lower; level ones are left out."""
    both = [np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings if len(ring)]
    edges = np.concatenate(both).astype(np.float64) if both else np.empty((0, 4))
    if not np.isfinite(edges).all():
        raise ValueError("a point of an outline is not finite")
    upward = edges[:, 1] > edges[:, 3]
    edges[upward] = edges[upward][:, [2, 3, 0, 1]]
    return edges[edges[:, 1] < edges[:, 3]]


def _blocks(edges: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """The edges, so many at a time that they cross few enough rows."""
    spans = np.cumsum(np.clip(edges[:, 3] - edges[:, 1], 0, PAIRS_AT_A_TIME) + 1)
    marks = np.arange(PAIRS_AT_A_TIME, spans[-1] if len(edges) else 0, PAIRS_AT_A_TIME)
    yield from np.split(edges, np.unique(np.searchsorted(spans, marks)))


def _crossings(edges: NDArray[np.float64], rows: int, columns: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows whose centre line an edge crosses, and the first column there whose centre is on the edge or right of it."""
    first = np.clip(np.ceil(edges[:, 1] - 0.5), 0, rows).astype(np.intp)  # an upper end belongs to its edge
    beyond = np.clip(np.ceil(edges[:, 3] - 0.5), 0, rows).astype(np.intp)  # a lower end does not
    count = np.maximum(beyond - first, 0)
    x0, y0, x1, y1 = np.repeat(edges, count, axis=0).T
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    wide, high, down = x1 - x0, y1 - y0, row + 0.5 - y0
    column = np.clip(np.ceil(x0 + down * (wide / high) - 0.5), 0, columns)
    for _ in range(2):  # the quotient is rounded, the products are not
        column += (column + 0.5 - x0) * high < down * wide
        column -= (column - 0.5 - x0) * high >= down * wide
    return row, np.clip(column, 0, columns).astype(np.intp)
