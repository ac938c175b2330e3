"""Which rings are holes in which: COCO draws the union of an annotation's rings, and many tools write holes as rings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
_PAIRS_AT_A_TIME = 1 << 20


def groups(rings: Sequence[Ring]) -> list[tuple[Ring, ...]]:
    """The rings that lie within no other, each with those that lie wholly within it.

    A ring within another would add nothing to a union: it is a hole of it (and a ring in that, an island). Rings that
    overlap in part are groups of their own: their pixels are united.
    """
    large_first = sorted(rings, key=lambda ring: -float(np.prod(np.ptp(ring, axis=0))))
    found: list[list[Ring]] = []
    for ring in large_first:
        around = next((group for group in found if _is_within(ring, group[0])), None)
        if around is None:
            found.append([ring])
        else:
            around.append(ring)
    return [tuple(group) for group in found]


def _is_within(inner: Ring, outer: Ring) -> bool:
    """Whether no point of one ring is outside of another, and none of their edges cross."""
    if (inner.min(axis=0) < outer.min(axis=0)).any() or (inner.max(axis=0) > outer.max(axis=0)).any():
        return False
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
