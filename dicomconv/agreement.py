"""How well two masks agree: overlap, and the distances between their boundaries (arithmetic only).

Distances are between the centres of boundary pixels: those of a mask that touch, by an edge or in a volume by a face, a
pixel that is not of the mask or lies outside of the image.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import UsageError

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]
PERCENTILE = 95


@dataclass(frozen=True, slots=True)
class Overlap:
    """Pixels of A, of B, and of both. Dice and IoU are None if both are empty: there is nothing that could agree."""

    a: int = 0
    b: int = 0
    both: int = 0

    def __add__(self, other: "Overlap") -> "Overlap":
        return Overlap(self.a + other.a, self.b + other.b, self.both + other.both)

    @property
    def dice(self) -> float | None:
        """2 |A ∩ B| / (|A| + |B|)."""
        return 2 * self.both / (self.a + self.b) if self.a + self.b else None

    @property
    def iou(self) -> float | None:
        """|A ∩ B| / |A ∪ B|."""
        return self.both / (self.a + self.b - self.both) if self.a + self.b else None


@dataclass(frozen=True, slots=True)
class Distances:
    """Between two boundaries, in mm: the largest, the larger of the two 95th percentiles, the mean over both."""

    hausdorff_mm: float
    hausdorff95_mm: float
    mean_surface_mm: float


def overlap(a: Mask, b: Mask) -> Overlap:
    """How many pixels two masks of one shape have, and have in common."""
    return Overlap(*(int(np.count_nonzero(one)) for one in (a, b, a & b)))


def boundary(mask: Mask, before: Mask | None = None, behind: Mask | None = None) -> Mask:
    """The boundary pixels of a mask (rows, columns). `before`, `behind`: the masks of the next slices of a volume."""
    inside = mask.copy()
    for axis in (0, 1):
        first, last = ((slice(None),) * axis + (part,) for part in (slice(1, None), slice(None, -1)))
        for to, origin in ((first, last), (last, first)):
            neighbour = np.zeros_like(mask)
            neighbour[to] = mask[origin]
            inside &= neighbour
    for other in (before, behind):
        if other is not None:
            inside &= other
    return mask & ~inside


def directed_mm(a: Points, b: Points) -> NDArray[np.float64]:
    """How far each of the points `a` is from the nearest of `b`: (n,) mm; both (n, d) mm, `b` not empty.

    UsageError if SciPy is not installed.
    """
    try:
        from scipy.spatial import cKDTree
    except ImportError:
        raise UsageError("distances between boundaries need SciPy: install dicomconv[annotate]") from None
    found: Any = cKDTree(b).query(a)[0]
    return np.asarray(found, np.float64)


def distances(to_b: Iterable[NDArray[np.float64]], to_a: Iterable[NDArray[np.float64]]) -> Distances | None:
    """What the distances from A to B and from B to A come to; None if there are none."""
    forth, back = (np.concatenate([np.empty(0), *parts]) for parts in (to_b, to_a))
    if not len(forth) or not len(back):
        return None
    return Distances(
        float(max(forth.max(), back.max())),
        float(max(np.percentile(forth, PERCENTILE), np.percentile(back, PERCENTILE))),
        float((forth.sum() + back.sum()) / (len(forth) + len(back))),
    )
