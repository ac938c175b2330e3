"""The regions that an ultrasound image declares are believed only where they can be true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dicomconv.deid.burned_in.ultrasound import outside, regions
from dicomconv.model import Box
from tests.pixels.pixel_files import format_of, image_file

ROWS, COLUMNS = 30, 40


def declared(*corners: tuple[int, int, int, int]) -> tuple[Box, ...]:
    """What is believed of regions given as left, top, right, bottom."""
    items = []
    for left, top, right, bottom in corners:
        item = Dataset()
        item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
        item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
        items.append(item)
    parts = image_file(np.zeros((ROWS, COLUMNS), "u1"), SequenceOfUltrasoundRegions=items)
    return regions(parts.header(), format_of(parts))


def test_regions_within_the_image_are_believed_ends_included():
    assert declared((5, 6, 20, 25), (22, 6, 39, 29)) == (Box(5, 6, 21, 26), Box(22, 6, 40, 30))


@pytest.mark.parametrize("corners", [(5, 6, 41, 25), (5, 6, 20, 31), (20, 6, 5, 25), (5, 5, 5, 9)])
def test_one_region_that_cannot_be_takes_all_belief(corners):
    assert declared((5, 6, 20, 25), corners) == ()


def test_regions_of_hardly_any_of_the_image_are_not_where_the_image_is():
    assert declared((5, 6, 8, 9)) == ()


def test_an_image_without_regions_has_none():
    assert declared() == ()


boxes = st.builds(
    lambda left, top, width, height: Box(left, top, min(left + width, COLUMNS), min(top + height, ROWS)),
    st.integers(0, COLUMNS - 1), st.integers(0, ROWS - 1), st.integers(1, COLUMNS), st.integers(1, ROWS),
)  # fmt: skip


@given(st.lists(boxes, max_size=4), st.lists(boxes, max_size=3))
def test_outside_is_every_pixel_that_is_in_no_box_and_no_other(inside, spared):
    format = format_of(image_file(np.zeros((ROWS, COLUMNS), "u1")))
    covered = np.zeros((ROWS, COLUMNS), int)
    for box in outside(inside, spared, format):
        covered[box.top : box.bottom, box.left : box.right] += 1
    kept = np.zeros((ROWS, COLUMNS), bool)
    for box in (*inside, *spared):
        kept[box.top : box.bottom, box.left : box.right] = True
    assert np.array_equal(covered, (~kept).astype(int))
