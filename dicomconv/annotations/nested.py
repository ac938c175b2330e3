"""Which rings are holes in which: COCO draws the union of an annotation's rings, and many tools write holes as rings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable

Ring = NDArray[np.float64]
MOST_PAIRS = 1 << 27  # of edges that are held against each other: some ten seconds
_PAIRS_AT_A_TIME = 1 << 20


def groups(rings: Sequence[Ring]) -> list[tuple[Ring, ...]]:
    """The rings that lie within no other, each with those that lie wholly within it.

    A ring within another would add nothing to a union: it is a hole of it (and a ring in that, an island). Rings that
    overlap in part are groups of their own: their pixels are united.
    """
    bounds = np.array([(*ring.min(axis=0), *-ring.max(axis=0)) for ring in rings])
    large_first = np.argsort(np.prod(bounds[:, :2] + bounds[:, 2:], axis=1) * -1, kind="stable")
    found: dict[int, list[Ring]] = {}
    is_outermost = np.zeros(len(rings), np.bool_)
    work = 0
    for index in large_first.tolist():
        ring = rings[index]
        for outer in np.flatnonzero(is_outermost & (bounds <= bounds[index]).all(axis=1)).tolist():
            work += len(ring) * len(rings[outer])
            if work > MOST_PAIRS:
                raise Unreadable("it has too many rings around one another")
            if _is_within(ring, rings[outer]):
                found[outer].append(ring)
                break
        else:
            found[index], is_outermost[index] = [ring], True
    return [tuple(group) for group in found.values()]


def _is_within(inner: Ring, outer: Ring) -> bool:
    """Whether no point of one ring is outside of another, and none of their edges cross."""
    pieces = np.array_split(np.arange(len(inner)), 1 + len(inner) * len(outer) // _PAIRS_AT_A_TIME)
    after = np.roll(inner, -1, axis=0)
    return all(_stays_within(inner[piece], after[piece], outer) for piece in pieces)


def _stays_within(starts: Ring, ends: Ring, outer: Ring) -> bool:
    a, b = outer, np.roll(outer, -1, axis=0)
    x, y = starts[:, :1], starts[:, 1:]
    spans = (a[:, 1] <= y) != (b[:, 1] <= y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x >= a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    if not ((spans & right).sum(axis=1) % 2 == 1).all():
        return False
    p, q = starts[:, None], ends[:, None]
    apart = _side(p, q, a) * _side(p, q, b) < 0
    return not (apart & (_side(a, b, p) * _side(a, b, q) < 0)).any()


def _side(a: Ring, b: Ring, point: Ring) -> NDArray[np.float64]:
    """On which side of the line from a to b a point lies: the sign of the cross product."""
    along, to = b - a, point - a
    side: NDArray[np.float64] = np.sign(along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0])
    return side
