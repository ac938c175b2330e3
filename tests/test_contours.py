"""Outlines give their mask back, by a rasteriser that knows nothing but the even-odd rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dicomconv.contours import keyholed, outlines

MASKS = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 11)))


def inside(rings, rows, columns):
    """Brute force: from each centre to the right, how many sides of all rings are crossed."""
    result = np.zeros((rows, columns), bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            for row in range(rows):
                y = row + 0.5
                if (y0 > y) != (y1 > y):
                    result[row] ^= np.arange(columns) + 0.5 < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return result


def area(ring):
    x, y = ring.T
    return abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


@settings(max_examples=120, deadline=None)
@given(MASKS)
def test_keyholed_outlines_give_the_mask_back(mask):
    assert np.array_equal(inside(keyholed(mask), *mask.shape), mask)


@settings(max_examples=80, deadline=None)
@given(MASKS)
def test_by_columns_too(mask):
    rings = [ring[:, ::-1] for ring in keyholed(mask)]
    assert np.array_equal(inside(rings, *mask.T.shape), mask.T)


@settings(max_examples=120, deadline=None)
@given(MASKS)
def test_each_keyholed_ring_is_a_piece_by_itself(mask):
    pieces = [inside([ring], *mask.shape) for ring in keyholed(mask)]
    assert np.array_equal(np.sum([*pieces, np.zeros(mask.shape)], axis=0), mask)
    assert [piece.sum() for piece in pieces] == [area(ring) for ring in keyholed(mask)]


@settings(max_examples=120, deadline=None)
@given(MASKS)
def test_outer_rings_without_their_holes_are_the_same_pieces(mask):
    whole, joined = outlines(mask), keyholed(mask)
    assert len(whole) == len(joined)
    pieces = {inside([one.outer, *one.holes], *mask.shape).tobytes() for one in whole}
    assert pieces == {inside([ring], *mask.shape).tobytes() for ring in joined}
    for one in whole:
        assert all(inside([one.outer], *mask.shape)[inside([hole], *mask.shape)].all() for hole in one.holes)


@settings(max_examples=100, deadline=None)
@given(MASKS)
def test_every_point_is_a_turn_and_no_point_comes_twice_in_a_row(mask):
    for ring in keyholed(mask):
        before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
        assert (np.abs(after).sum(axis=1) > 0).all()
        assert not (np.sign(before) == np.sign(after)).all(axis=1).any()


def test_a_single_pixel_is_its_four_corners():
    mask = np.zeros((4, 5), bool)
    mask[3, 4] = True
    assert keyholed(mask)[0].tolist() == [[4, 3], [5, 3], [5, 4], [4, 4]]


def test_a_ring_is_one_contour_with_a_keyhole_to_the_left():
    mask = np.ones((3, 4), bool)
    mask[1, 1:3] = False
    assert [len(one.holes) for one in outlines(mask)] == [1]
    assert [len(ring) for ring in keyholed(mask)] == [4 + 4 + 2]


def test_pixels_that_touch_at_a_corner_are_two_pieces():
    assert len(keyholed(np.eye(2, dtype=bool))) == 2


@pytest.mark.parametrize("mask", [np.zeros((3, 4), bool), np.zeros((0, 4), bool)])
def test_nothing_has_no_outline(mask):
    assert keyholed(mask) == []
    assert outlines(mask) == []
