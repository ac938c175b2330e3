"""How well masks agree: figures worked out by hand, and a brute force that shares nothing with the package."""

import math
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv.agreement import Overlap, boundary, directed_mm, distances, overlap
from dicomconv.errors import UsageError

pytest.importorskip("scipy", reason="scipy is not installed")

Pixel = tuple[int, ...]


def brute_boundary(pixels: set[Pixel]) -> set[Pixel]:
    """The pixels of a set of which a neighbour by an edge or face is not in it; what is outside is not in it."""
    found = set()
    for pixel in pixels:
        for axis, step in product(range(len(pixel)), (-1, 1)):
            if (*pixel[:axis], pixel[axis] + step, *pixel[axis + 1 :]) not in pixels:
                found.add(pixel)
    return found


def brute_distances(a: list[tuple[float, ...]], b: list[tuple[float, ...]]) -> tuple[float, float, float]:
    """Hausdorff, the larger 95th percentile, and the mean, of points in mm: every pair is looked at."""
    forth = sorted(min(math.dist(one, other) for other in b) for one in a)
    back = sorted(min(math.dist(one, other) for one in a) for other in b)
    return max(forth[-1], back[-1]), max(percentile(forth), percentile(back)), (sum(forth) + sum(back)) / (len(a) + len(b))


def percentile(ordered: list[float]) -> float:
    """The 95th percentile, linear between neighbours."""
    place = 0.95 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def pixels(mask: NDArray[np.bool_]) -> set[Pixel]:
    return {tuple(int(part) for part in place) for place in np.argwhere(mask)}


MASKS = st.integers(0, 2**42 - 1).map(
    lambda bits: np.array([bits >> i & 1 for i in range(42)], bool).reshape(6, 7)
)


@given(MASKS)
def test_the_boundary_is_that_of_the_brute_force(mask: NDArray[np.bool_]) -> None:
    assert pixels(boundary(mask)) == brute_boundary(pixels(mask))


@given(st.integers(0, 2**60 - 1))
def test_the_boundary_in_space_is_that_of_the_brute_force(bits: int) -> None:
    volume = np.array([bits >> i & 1 for i in range(60)], bool).reshape(3, 4, 5)
    outside = np.zeros((4, 5), bool)
    around = [outside, *volume, outside]
    found = {(k, *p) for k in range(3) for p in pixels(boundary(around[k + 1], around[k], around[k + 2]))}
    assert found == brute_boundary(pixels(volume))


@given(MASKS.filter(np.any), MASKS.filter(np.any), st.sampled_from([(1.0, 1.0), (2.0, 0.5), (0.7, 3.0)]))
@settings(deadline=None)
def test_distances_are_those_of_the_brute_force(
    a: NDArray[np.bool_], b: NDArray[np.bool_], spacing: tuple[float, float]
) -> None:
    points = [np.argwhere(boundary(one)) * np.array(spacing) for one in (a, b)]
    found = distances([directed_mm(*points)], [directed_mm(points[1], points[0])])
    plain = [[(r * spacing[0], c * spacing[1]) for r, c in brute_boundary(pixels(one))] for one in (a, b)]
    assert found is not None
    assert (found.hausdorff_mm, found.hausdorff95_mm, found.mean_surface_mm) == pytest.approx(brute_distances(*plain))


@given(MASKS, MASKS)
def test_overlap_is_that_of_sets(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> None:
    one, other, found = pixels(a), pixels(b), overlap(a, b)
    assert found == Overlap(len(one), len(other), len(one & other))
    if one | other:
        assert found.dice == 2 * len(one & other) / (len(one) + len(other))
        assert found.iou == len(one & other) / len(one | other)


def test_a_square_moved_by_a_column() -> None:
    """By hand: 2 x 2 pixels, B one column to the right; rows 2 mm, columns 0.5 mm apart. All pixels are boundary.

    A has 4, B 4, both 2: Dice 4/8, IoU 2/6. Two pixels of each are on the other, two 0.5 mm from it.
    """
    a, b = np.zeros((4, 5), bool), np.zeros((4, 5), bool)
    a[1:3, 1:3], b[1:3, 2:4] = True, True
    found = overlap(a, b)
    assert (found.dice, found.iou) == (0.5, pytest.approx(1 / 3))
    points = [np.argwhere(boundary(one)) * np.array([2.0, 0.5]) for one in (a, b)]
    measured = distances([directed_mm(*points)], [directed_mm(points[1], points[0])])
    assert measured is not None
    assert (measured.hausdorff_mm, measured.hausdorff95_mm, measured.mean_surface_mm) == (0.5, 0.5, 0.25)


def test_the_inside_of_a_square_is_no_boundary() -> None:
    mask = np.ones((3, 3), bool)
    assert pixels(boundary(mask)) == pixels(mask) - {(1, 1)}


def test_two_empty_masks_have_no_figure_and_one_alone_has_nought() -> None:
    assert (Overlap().dice, Overlap().iou) == (None, None)
    assert (Overlap(3, 0, 0).dice, Overlap(0, 3, 0).iou) == (0, 0)
    assert distances([], []) is None
    assert distances([np.ones(2)], []) is None


def test_without_scipy_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.spatial", None)
    with pytest.raises(UsageError, match=r"install dicomconv\[annotate\]"):
        directed_mm(np.zeros((1, 2)), np.zeros((1, 2)))
