"""Outlines of a mask along the edges of its pixels, so that the pixels whose centres they enclose are the mask again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
_STEPS = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])  # column, row: to the right, down, to the left, up


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """The edge of one connected piece of a mask: its outer ring and those of its holes.

    Each (n, 2) float64, column and row, with (0, 0) the outer corner of the first pixel; open: the last point is not the
    first again. Pixels that touch at a corner only are not connected.
    """

    outer: Ring = field(repr=False)
    holes: tuple[Ring, ...] = field(repr=False)


def outlines(mask: NDArray[np.bool_]) -> list[Outline]:
    """The outlines of a mask (rows, columns), in the order of their first pixels."""
    edges = _Edges(mask)
    owners = {ring[0]: number for number, ring in enumerate(edges.rings) if edges.is_outer(ring)}
    firsts = {edge: ring[0] for ring in edges.rings for edge in ring}
    holes: dict[int, list[Ring]] = {first: [] for first in owners}
    for ring in (ring for ring in edges.rings if ring[0] not in owners):
        holder = ring[0]
        while holder not in owners:
            holder = firsts[edges.beside(holder)]
        holes[holder].append(edges.points(ring))
    return [Outline(edges.points(edges.rings[number]), tuple(holes[first])) for first, number in owners.items()]


def keyholed(mask: NDArray[np.bool_]) -> list[Ring]:
    """One ring for each connected piece of a mask (rows, columns), as `Outline.outer`.

    A hole is joined to what is left of it by a line that is gone along twice (PS3.3 C.8.8.6.3). That runs between two rows
    of pixels and through no centre: the pixels inside by the even-odd rule are those of the mask.
    """
    edges = _Edges(mask)
    for ring in edges.rings:
        if not edges.is_outer(ring):
            edges.join(ring[0])
    return [edges.points(ring) for ring in edges.cycles()]


class _Edges:
    """The edges between pixels of a mask and what is none, each directed, with the mask to its right.

    An edge is a number; `_after` gives the one that follows it in its ring. Corners are numbered row by row.
    """

    def __init__(self, mask: NDArray[np.bool_]):
        rows, columns = mask.shape
        self._width = columns + 1
        padded = np.zeros((rows + 2, columns + 2), bool)
        padded[1:-1, 1:-1] = mask
        starts, directions = _directed(padded, self._width)
        ends = starts + _STEPS[directions] @ np.array([1, self._width])
        self._inside: list[bool] = _surrounded(padded).ravel().tolist()
        self._starts: list[int] = starts.tolist()
        after = _following(starts, directions, ends)
        self._after: list[int] = after.tolist()
        self._before: list[int] = np.argsort(after).tolist()
        self._leaving: dict[int, int] = dict(zip(self._starts, range(len(starts)), strict=True))
        self.rings = list(self.cycles())

    def cycles(self) -> Iterator[list[int]]:
        """The edges of each ring, from its first corner on: the uppermost row's leftmost, of a hole the leftmost column's
        uppermost.
        """
        was_met = bytearray(len(self._starts))
        for first in range(len(self._starts)):
            ring = []
            edge = first
            while not was_met[edge]:
                was_met[edge] = 1
                ring.append(edge)
                edge = self._after[edge]
            if ring:
                yield self._from_its_first_corner(ring)

    def _from_its_first_corner(self, ring: list[int]) -> list[int]:
        if self.is_outer(ring):
            return ring
        at = min(range(len(ring)), key=lambda index: divmod(self._starts[ring[index]], self._width)[::-1])
        return ring[at:] + ring[:at]

    def is_outer(self, ring: Sequence[int]) -> bool:
        """Whether a ring goes around pixels of the mask, and not around a hole."""
        points = self._corners(ring)
        columns, rows = points[:, 0], points[:, 1]
        return bool((columns * np.roll(rows, -1) - np.roll(columns, -1) * rows).sum() > 0)

    def beside(self, edge: int) -> int:
        """The edge that leaves the next corner on an outline to the left of where a hole's first edge starts."""
        corner = self._starts[edge] - 1
        while self._inside[corner]:
            corner -= 1
        return self._leaving[corner]

    def join(self, first: int) -> None:
        """Go from the outline to the left along a line to a hole's first corner, around it, and back along the line."""
        beside = self.beside(first)
        before_hole, before = self._before[first], self._before[beside]
        there, back = len(self._starts), len(self._starts) + 1
        self._starts += [self._starts[beside], self._starts[first]]
        self._after += [first, beside]
        self._before += [before, before_hole]
        self._after[before], self._after[before_hole] = there, back
        self._before[first], self._before[beside] = there, back

    def points(self, ring: Sequence[int]) -> Ring:
        """The corners at which a ring turns."""
        points = self._corners(ring).astype(np.float64)
        steps = np.sign(np.roll(points, -1, axis=0) - points)
        turns = (steps != np.roll(steps, 1, axis=0)).any(axis=1)
        turning: Ring = points[turns]
        return turning

    def _corners(self, ring: Sequence[int]) -> NDArray[np.int64]:
        rows, columns = np.divmod(np.array([self._starts[edge] for edge in ring], np.int64), self._width)
        return np.stack([columns, rows], axis=1)


def _directed(padded: NDArray[np.bool_], width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each edge starts, and its direction, in the order of the starts."""
    above, below = padded[:-1, 1:-1], padded[1:, 1:-1]
    left, right = padded[1:-1, :-1], padded[1:-1, 1:]
    found = [
        (below & ~above, 0, 0),  # to the right along the upper side of a pixel
        (left & ~right, 0, 1),
        (above & ~below, 1, 2),
        (right & ~left, width, 3),
    ]
    starts, directions = [], []
    for edges, shift, direction in found:
        rows, columns = np.nonzero(edges)
        starts.append(rows * width + columns + shift)
        directions.append(np.full(len(rows), direction))
    order = np.argsort(np.concatenate(starts), kind="stable")
    return np.concatenate(starts)[order], np.concatenate(directions)[order]


def _following(starts: NDArray[np.int64], directions: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edge that follows each. Where two pixels touch at a corner, the one around the same pixel: a turn to the right."""
    first = np.searchsorted(starts, ends)
    second = np.minimum(first + 1, len(starts) - 1)
    is_double = (second > first) & (starts[second] == ends) if len(starts) else np.zeros(0, bool)
    turns = is_double & (directions[second] == (directions + 1) % 4) if len(starts) else is_double
    return np.where(turns, second, first)


def _surrounded(padded: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The corners (rows + 1, columns + 1) whose four pixels are all of the mask."""
    surrounded: NDArray[np.bool_] = padded[:-1, :-1] & padded[:-1, 1:] & padded[1:, :-1] & padded[1:, 1:]
    return surrounded
