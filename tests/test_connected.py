"""The pieces of a mask are those that its outlines go around, and together they are the mask."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dicomconv.connected import cut, pieces
from dicomconv.contours import outlines
from dicomconv.shapes import rasterised

masks = arrays(np.bool_, st.tuples(st.integers(0, 12), st.integers(0, 12)))


@given(masks)
def test_pieces_are_what_the_outlines_enclose_in_the_same_order(mask):
    expected = [rasterised([one.outer, *one.holes], *mask.shape) for one in outlines(mask)]
    found = list(pieces(mask))
    assert len(found) == len(expected)
    for (part, (left, top)), whole in zip(found, expected, strict=True):
        placed = np.zeros_like(mask)
        placed[top : top + part.shape[0], left : left + part.shape[1]] = part
        assert np.array_equal(placed, whole)
        assert all(side.any() for side in (part[0], part[-1], part[:, 0], part[:, -1]))


@given(masks)
def test_what_is_cut_has_all_pixels(mask):
    part, (left, top) = cut(mask)
    assert part.sum() == mask.sum()
    assert np.array_equal(mask[top : top + part.shape[0], left : left + part.shape[1]], part)


def test_pieces_that_touch_at_corners_or_lie_in_each_other_are_apart():
    mask = np.array([[1, 1, 1, 1, 0], [1, 0, 0, 1, 0], [1, 0, 1, 1, 0], [1, 1, 0, 0, 1], [0, 0, 0, 0, 1]], bool)
    assert [(part.sum(), place) for part, place in pieces(mask)] == [(11, (0, 0)), (2, (4, 3))]
    ring = np.pad(np.zeros((3, 3), bool), 1, constant_values=True)
    ring[2, 2] = True
    assert [(part.sum(), place) for part, place in pieces(ring)] == [(16, (0, 0)), (1, (2, 2))]


def test_speckle_has_as_many_pieces_as_dots():
    rows, columns = np.mgrid[:300, :400]
    mask = (rows % 2 == 0) & (columns % 2 == 1)
    found = list(pieces(mask))
    assert len(found) == 150 * 200
    assert [place for _, place in found[:2]] == [(1, 0), (3, 0)]
    assert {part.shape for part, _ in found} == {(1, 1)}
