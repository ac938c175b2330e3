"""The pieces of a mask that hang together by the sides of pixels."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Piece = tuple[Mask, tuple[int, int]]


def cut(mask: Mask) -> Piece:
    """The box of a mask that has all its pixels, and the column and row of its first; (0, 0) pixels if none is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return mask[:0, :0], (0, 0)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], (int(columns[0]), int(rows[0]))


def pieces(mask: Mask) -> Iterator[Piece]:
    """The pieces of a mask (rows, columns), each cut to its box, with the column and row of that; by their first pixels.

    Pixels that touch at a corner only do not hang together.
    """
    whole, (left, top) = cut(mask)
    if not whole.size:
        return
    width = whole.shape[1] + 1  # of a row and one pixel behind it that is not set, which parts the runs
    starts, ends = _runs(whole, width)
    if _hang_together(starts, ends, width):
        yield whole, (left, top)
        return
    _, found, counts = np.unique(_first_of_each(starts, ends, width), return_inverse=True, return_counts=True)
    changes = np.zeros(whole.shape[0] * width, np.int32)
    changes[starts], changes[ends] = found + 1, -found - 1
    values = changes.cumsum(dtype=np.int32).reshape(whole.shape[0], width)
    rows, firsts, lasts = starts // width, starts % width, ends % width
    for number, own in enumerate(np.split(np.argsort(found, kind="stable"), counts.cumsum()[:-1]), 1):
        first, last = int(firsts[own].min()), int(lasts[own].max())
        part = values[rows[own[0]] : rows[own[-1]] + 1, first:last] == number
        yield part, (left + first, top + int(rows[own[0]]))


def _runs(mask: Mask, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where runs of pixels along rows begin and end, row by row, counted in rows of `width` pixels."""
    flat = np.zeros(mask.shape[0] * width + 1, np.bool_)
    flat[1:].reshape(mask.shape[0], width)[:, :-1] = mask
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return changes[::2], changes[1::2]


def _hang_together(starts: NDArray[np.intp], ends: NDArray[np.intp], width: int) -> bool:
    """Whether each run but the first lies below another one: then all are one piece. Most are; few that are do not."""
    above, beyond = np.searchsorted(ends, starts - width, "right"), np.searchsorted(starts, ends - width, "left")
    return bool((above < beyond)[1:].all())


def _first_of_each(starts: NDArray[np.intp], ends: NDArray[np.intp], width: int) -> list[int]:
    """The number of the first run of the piece that each run is of."""
    below = np.searchsorted(ends, starts + width, "right").tolist()  # the first run that ends behind where this one starts
    beyond = np.searchsorted(starts, ends + width, "left").tolist()  # the first that starts where this one has ended
    first = list(range(len(starts)))

    def of(run: int) -> int:
        while first[run] != run:
            first[run] = first[first[run]]
            run = first[run]
        return run

    for run, (low, high) in enumerate(zip(below, beyond, strict=True)):
        for other in range(low, high):
            one, two = of(run), of(other)
            first[max(one, two)] = min(one, two)
    return [of(run) for run in range(len(first))]
