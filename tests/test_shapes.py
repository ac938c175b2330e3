"""Outlines as pixels: laws, and points held against polygons one by one."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv import shapes
from dicomconv.shapes import rasterised

ROWS, COLUMNS = 5, 7
on_a_grid = st.integers(-3 * 8, 10 * 8).map(lambda eighths: eighths / 8)  # halves are frequent: ties
rings = st.lists(st.tuples(on_a_grid, on_a_grid), min_size=1, max_size=9).map(np.array)
many = st.lists(rings, max_size=3)
FRAME = np.array([(-50.0, -50), (50, -50), (50, 50), (-50, 50)])


def brute(outlines: list[NDArray[np.float64]], rows: int, columns: int) -> NDArray[np.bool_]:
    """The same, in fractions: a ray from each centre to the left."""
    mask = np.zeros((rows, columns), bool)
    for row in range(rows):
        for column in range(columns):
            x, y = Fraction(2 * column + 1, 2), Fraction(2 * row + 1, 2)
            for ring in outlines:
                points = [tuple(map(Fraction, point)) for point in ring.tolist()]
                for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
                    if (y0 <= y) != (y1 <= y) and x >= x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                        mask[row, column] ^= True
    return mask


@settings(deadline=None)
@given(many)
def test_every_centre_is_judged_as_a_ray_from_it_judges(outlines: list[NDArray[np.float64]]) -> None:
    assert (rasterised(outlines, ROWS, COLUMNS) == brute(outlines, ROWS, COLUMNS)).all()


@settings(deadline=None)
@given(many, st.integers(-6, 6), st.integers(-6, 6))
def test_outlines_that_move_by_whole_pixels_move_their_pixels(
    outlines: list[NDArray[np.float64]], right: int, down: int
) -> None:
    large = rasterised([ring + 20 for ring in outlines], 60, 61)
    moved = rasterised([ring + 20 + (right, down) for ring in outlines], 60, 61)
    assert (np.roll(large, (down, right), (0, 1)) == moved).all()


@settings(deadline=None)
@given(many)
def test_a_frame_around_everything_turns_inside_out(outlines: list[NDArray[np.float64]]) -> None:
    assert (rasterised([*outlines, FRAME], ROWS, COLUMNS) == ~rasterised(outlines, ROWS, COLUMNS)).all()


@settings(deadline=None)
@given(st.integers(0, 7), st.integers(0, 5), st.integers(0, 7), st.integers(0, 5), st.booleans())
def test_a_rectangle_of_whole_pixels_has_its_area(x0: int, y0: int, x1: int, y1: int, is_clockwise: bool) -> None:
    ring = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)[:: 1 if is_clockwise else -1]
    mask = rasterised([ring], ROWS, COLUMNS)
    assert mask.sum() == abs(x1 - x0) * abs(y1 - y0)
    assert mask[min(y0, y1) : max(y0, y1), min(x0, x1) : max(x0, x1)].all()


@settings(deadline=None)
@given(rings, rings.filter(lambda ring: len(ring) > 1))
def test_what_is_cut_in_two_loses_no_pixel_and_has_none_twice(
    ring: NDArray[np.float64], cut: NDArray[np.float64]
) -> None:
    one, other = np.vstack([ring, cut]), np.vstack([ring[-1:], cut, ring[:1]])[::-1]
    halves = rasterised([one], ROWS, COLUMNS) ^ rasterised([other], ROWS, COLUMNS)
    assert (halves == rasterised([ring], ROWS, COLUMNS)).all()


@settings(deadline=None)
@given(many, st.integers(1, 12))
def test_edges_in_blocks_give_the_same(outlines: list[NDArray[np.float64]], size: int) -> None:
    whole = rasterised(outlines, ROWS, COLUMNS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "PAIRS_AT_A_TIME", size)
        assert (rasterised(outlines, ROWS, COLUMNS) == whole).all()


def test_an_image_without_pixels_has_none_within() -> None:
    assert rasterised([FRAME], 0, 5).shape == (0, 5)
    assert rasterised([FRAME], 5, 0).shape == (5, 0)


def test_points_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        rasterised([np.array([(0, 0), (np.inf, 1), (2, 2)])], 3, 4)


def test_a_circle_of_many_points_has_the_area_of_a_circle() -> None:
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    ring = np.stack([300 + 250 * np.cos(angle), 260 + 250 * np.sin(angle)], axis=1)
    assert abs(rasterised([ring], 520, 610).sum() / (np.pi * 250**2) - 1) < 1e-3


@pytest.mark.parametrize(("high", "wide", "down"), [(14, 58, 7), (21, 87, 14), (22, 50, 11)])
def test_a_centre_on_an_edge_counts_though_the_quotient_is_rounded(high: int, wide: int, down: int) -> None:
    """down * (wide / high) is above the whole number that it should be."""
    ring = np.array([(0.5, 0.5), (wide + 0.5, high + 0.5), (200, high + 0.5), (200, 0.5)])
    assert np.flatnonzero(rasterised([ring], 30, 150)[down])[0] == wide * down // high
