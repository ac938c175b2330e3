"""What of the detector's findings are lines of text, and where they lie; the models themselves are not asked here."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.burned_in.detector import OVERLAP, TILE, _shrunk, _straightened, _tiles, _wider, is_shape
from dicomconv.deid.burned_in.detector import Line as Found
from dicomconv.model import Box

SCREEN = (768, 1024)


@pytest.mark.parametrize(("width", "height", "text", "score", "expected"), [
    (200, 20, "DOE JANE", 0.9, False), (200, 20, "", 0.0, False),  # detection decides
    (300, 300, "0", 0.9, True), (150, 120, "", 0.0, True),  # a head, a vessel
    (150, 120, "AB 12", 0.9, False), (192, 143, "AB", 0.7, True), (150, 60, "BRCEE", 0.3, True),
    (20, 120, "ACC 99", 0.9, False), (20, 120, "1", 0.9, True),  # turned text, a scale
    (900, 600, "DOE JANE", 0.99, True), (200, 45, "SMITH", 0.95, False),
])  # fmt: skip
def test_what_is_a_line_and_what_is_a_shape(width, height, text, score, expected):
    assert is_shape(Box(0, 0, width, height), text, score, SCREEN) is expected


@given(st.integers(1, 6000), st.integers(1, 6000))
def test_tiles_cover_every_pixel_and_overlap(rows, columns):
    tiles = list(_tiles(rows, columns))
    assert all(0 < tile.right - tile.left <= TILE and 0 < tile.bottom - tile.top <= TILE for tile in tiles)
    across = sorted({(tile.left, tile.right) for tile in tiles})
    assert (across[0][0], across[-1][1]) == (0, columns)
    assert all(before[1] - after[0] >= OVERLAP - 1 for before, after in pairwise(across))
    assert max(tile.bottom for tile in tiles) == rows


@given(st.integers(0, 500), st.integers(0, 300), st.integers(1, 80), st.integers(1, 80), st.sampled_from([1.25, 1.5]))
def test_a_line_of_an_enlarged_picture_covers_what_it_covered_there(left, top, width, height, times):
    large = Box(left, top, left + width, top + height)
    small = _shrunk(Found(large, "", 0.0), times).box
    assert small.left * times <= large.left
    assert small.top * times <= large.top
    assert small.right * times >= large.right
    assert small.bottom * times >= large.bottom


@given(st.integers(0, 90), st.integers(0, 50), st.integers(1, 60), st.integers(1, 40))
def test_margins_stay_within_the_picture(left, top, width, height):
    box = Box(left, top, min(left + width, 100), min(top + height, 60))
    wide = _wider(box, (60, 100))
    assert 0 <= wide.left <= box.left
    assert box.right <= wide.right <= 100
    assert 0 <= wide.top <= box.top
    assert box.bottom <= wide.bottom <= 60


def test_a_line_is_cut_out_straight():
    picture = np.zeros((20, 40, 3), np.uint8)
    picture[5:9, 10:30] = 200
    corners = np.array([[10, 5], [30, 5], [30, 9], [10, 9]], np.float32)
    cut = _straightened(picture, corners)
    assert cut.shape == (4, 20, 3)
    assert (cut[1:3, 1:-1] == 200).all()
