"""From a picture to the stored pixels and back: laws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from dicomconv.annotation import FrameKey
from dicomconv.annotations.drawn import Drawn, PictureRef
from dicomconv.pipeline.annotate.onto import cut, region_of, stored_mask, stored_rings
from dicomconv.pipeline.annotate.records import Found, Frame, Misfit, scaled, size_of
from dicomconv.pipeline.annotate.taken_out import on_picture, ring_on_picture
from dicomconv.pixels.square import IDENTITY, square_of
from dicomconv.shapes import rasterised

sides = st.integers(1, 40)
square_sides = st.integers(1, 120)


def found_of(rows: int, columns: int, size: int) -> Found:
    """A frame in a square picture."""
    return Found(Frame(0, FrameKey(0, 0), rows, columns), (size, size), square_of(rows, columns, size).png_to_stored)


@settings(deadline=None)
@given(sides, sides, square_sides)
def test_the_size_of_a_picture_can_be_told_from_its_transform(rows: int, columns: int, size: int) -> None:
    matrix = square_of(rows, columns, size).png_to_stored
    told = size_of(matrix, columns, rows)
    assert told == ((size, size) if matrix != IDENTITY else (columns, rows))


@settings(deadline=None)
@given(sides, sides, st.integers(0, 80), st.integers(0, 2**32))
def test_a_mask_that_grew_comes_back(rows: int, columns: int, more: int, seed: int) -> None:
    found = found_of(rows, columns, max(rows, columns) + more)
    placed = square_of(rows, columns, found.size[0])
    mask = np.random.default_rng(seed).random((rows, columns)) < 0.5
    mask[0, 0] = True
    if placed.height < rows or placed.width < columns:
        return  # the narrow side was rounded down: a line of pixels is not in the picture
    drawn = Drawn("", PictureRef(), 1, mask=on_picture(mask, found))
    assert np.array_equal(stored_mask(drawn, found), mask)


@settings(deadline=None)
@given(sides, sides, square_sides, st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=9))
def test_points_come_back(rows: int, columns: int, size: int, points: list[tuple[float, float]]) -> None:
    found = found_of(rows, columns, size)
    ring = np.array(points) * (columns, rows)
    drawn = Drawn("", PictureRef(), 1, "point", rings=(ring_on_picture(ring, found),))
    [back] = stored_rings(drawn, found)
    assert np.allclose(back, ring, atol=1e-9 * (rows + columns))


@settings(deadline=None)
@given(sides, sides, st.integers(1, 3), st.integers(1, 3))
def test_scaling_a_picture_scales_what_is_drawn(rows: int, columns: int, across: int, down: int) -> None:
    found = Found(Frame(0, FrameKey(0, 0), rows, columns), (columns, rows))
    mask = np.arange(rows * columns).reshape(rows, columns) % 3 == 0
    large = np.kron(mask, np.ones((down, across), np.bool_))
    drawn = Drawn("", PictureRef(), 1, mask=large)
    assert np.array_equal(stored_mask(drawn, scaled(found, (across * columns, down * rows))), mask)


def away(point: np.ndarray, ring: np.ndarray) -> float:
    """How far a point is from an outline."""
    edge = np.roll(ring, -1, axis=0) - ring
    part = np.clip(((point - ring) * edge).sum(axis=1) / (edge**2).sum(axis=1), 0, 1)
    return float(np.linalg.norm(ring + part[:, None] * edge - point, axis=1).min())


corners = st.lists(st.tuples(st.integers(-30, 60), st.integers(-30, 60)), min_size=3, max_size=8, unique=True)


@settings(deadline=None)
@given(corners)
def test_cutting_an_outline_at_the_edges_leaves_its_pixels(points: list[tuple[int, int]]) -> None:
    found = Found(Frame(0, FrameKey(0, 0), 23, 31), (31, 23))
    ring = np.array(points, np.float64)
    mask = rasterised((ring,), 23, 31)
    try:
        rings = cut((ring,), "polygon", found)
    except Misfit:
        assert not mask.any()
        return
    assert (rings[0] >= 0).all()
    assert (rings[0] <= (31, 23)).all()
    again = rasterised(rings, 23, 31)
    centres = np.argwhere(mask != again)[:, ::-1] + 0.5
    assert all(away(centre, ring) < 1e-9 for centre in centres)  # a cut edge is rounded; it may pass on either side


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 22))
def test_part_of_a_mask_lies_where_its_offset_says(left: int, top: int) -> None:
    found = Found(Frame(0, FrameKey(0, 0), 23, 31), (31, 23))
    part = np.ones((min(3, 23 - top), min(4, 31 - left)), np.bool_)
    image = Image.new("1", (31, 23))
    ImageDraw.Draw(image).rectangle((left, top, left + part.shape[1] - 1, top + part.shape[0] - 1), fill=1)
    drawn = Drawn("", PictureRef(size=(31, 23)), 1, mask=part, offset=(left, top))
    assert np.array_equal(stored_mask(drawn, found), np.asarray(image))
    with pytest.raises(Misfit, match="not within the picture"):
        stored_mask(replace(drawn, offset=(29, 22), mask=np.ones((2, 4), np.bool_)), found)


def test_a_polygon_without_a_pixel_centre_is_a_misfit() -> None:
    found = Found(Frame(0, FrameKey(0, 0), 5, 5), (5, 5))
    with pytest.raises(Misfit, match="no stored pixel"):
        region_of((np.array([(1.1, 1.1), (1.3, 1.1), (1.2, 1.3)]),), found)
