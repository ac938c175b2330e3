"""A square picture keeps the aspect, and its transform says where each of its pixels came from."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dicomconv.pixels.square import IDENTITY, square_of

sides, sizes = st.integers(1, 70), st.integers(1, 90)


def mapped(square, column, row):
    """A place in the picture as a place in the stored pixels."""
    return (np.array(square.png_to_stored).reshape(3, 3) @ (column, row, 1))[:2]


@given(sides, sides, sizes)
def test_the_edges_of_the_image_in_the_picture_are_its_edges_in_the_stored_pixels(rows, columns, size):
    square = square_of(rows, columns, size)
    first = mapped(square, square.left - 0.5, square.top - 0.5)
    last = mapped(square, square.left + square.width - 0.5, square.top + square.height - 0.5)
    assert np.allclose(first, (-0.5, -0.5), atol=1e-9)
    assert np.allclose(last, (columns - 0.5, rows - 0.5), atol=1e-9)


@given(sides, sides, sizes)
def test_the_aspect_is_kept_to_half_a_pixel_and_the_longer_side_fills_the_square(rows, columns, size):
    square, longer = square_of(rows, columns, size), max(rows, columns)
    assert max(square.height, square.width) == size
    for inside, stored in ((square.height, rows), (square.width, columns)):
        assert abs(inside - size * stored / longer) <= 0.5 or inside == 1


@given(sides, sides, sizes)
def test_the_image_is_in_the_middle_to_a_pixel(rows, columns, size):
    square = square_of(rows, columns, size)
    assert 0 <= size - square.width - 2 * square.left <= 1
    assert 0 <= size - square.height - 2 * square.top <= 1


@given(sides, sides, sizes, st.sampled_from([(), (3,)]), st.sampled_from([np.uint8, np.uint16]))
def test_a_picture_of_one_grey_is_that_grey_inside_and_black_around(rows, columns, size, channels, dtype):
    square, white = square_of(rows, columns, size), np.iinfo(dtype).max
    picture = square.resampled(np.full((rows, columns, *channels), white, dtype))
    assert (picture.shape, picture.dtype) == ((size, size, *channels), dtype)
    inside = picture[square.top : square.top + square.height, square.left : square.left + square.width]
    assert (inside == white).all()
    assert int((picture > 0).sum()) == inside.size


@given(arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9))), sizes)
def test_nothing_is_brighter_or_darker_than_it_was(image, size):
    square = square_of(*image.shape, size)
    picture = square.resampled(image)
    inside = picture[square.top : square.top + square.height, square.left : square.left + square.width]
    assert image.min() <= inside.min() <= inside.max() <= image.max()


@given(st.integers(8, 60), st.integers(8, 60), sizes, st.data())
def test_a_bright_dot_comes_back_to_where_it_was(rows, columns, size, data):
    square = square_of(rows, columns, size)
    assume(min(square.height, square.width) >= 4)
    reach = max(2, *(int(np.ceil(2 * n / m)) for n, m in ((rows, square.height), (columns, square.width))))
    assume(reach < min(rows, columns) - reach)
    column = data.draw(st.integers(reach, columns - 1 - reach))
    row = data.draw(st.integers(reach, rows - 1 - reach))
    image = np.zeros((rows, columns), np.uint16)
    image[row, column] = 65535
    picture = square.resampled(image).astype(float)
    across, down = (picture.sum(axis) @ np.arange(size) / picture.sum() for axis in (0, 1))
    # of a picture with few pixels the centre of brightness is known to a part of one of its pixels
    tolerance = 0.5 * max(1, columns / square.width), 0.5 * max(1, rows / square.height)
    assert (abs(mapped(square, across, down) - (column, row)) <= tolerance).all()


def test_a_plane_that_grows_is_the_plane_at_the_places_the_transform_names():
    rows, columns = 5, 8
    image = (1000 * np.arange(columns) + 3000 * np.arange(rows)[:, None]).astype(np.uint16)
    square = square_of(rows, columns, 37)
    picture = square.resampled(image)
    for row in range(37):
        for column in range(37):
            x, y = mapped(square, column, row)
            if 0 <= x <= columns - 1 and 0 <= y <= rows - 1:
                assert abs(int(picture[row, column]) - (1000 * x + 3000 * y)) <= 1


def test_fine_stripes_become_grey_when_they_shrink_and_no_other_stripes():
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    picture = square_of(64, 64, 16).resampled(stripes)
    assert picture[:, 1:-1].min() >= 120
    assert picture[:, 1:-1].max() <= 135


def test_a_square_image_at_its_own_size_is_itself():
    image = np.arange(49, dtype=np.uint16).reshape(7, 7) * 1337
    square = square_of(7, 7, 7)
    assert np.array_equal(square.resampled(image), image)
    assert square.png_to_stored == IDENTITY


@pytest.mark.parametrize(("size", "spacing"), [(10, (0.5, 1.0)), (40, (0.125, 0.25))])
def test_spacing_follows_the_size(size, spacing):
    assert square_of(10, 20, size).spacing((0.25, 0.5)) == spacing


@given(arrays(np.uint8, st.tuples(sides, sides)), sizes)
def test_eight_bits_are_at_most_a_level_off_what_sixteen_bits_say(image, size):
    square = square_of(*image.shape, size)
    exact = square.resampled(image.astype(np.uint16) * np.uint16(257)) / 257
    assert (abs(square.resampled(image) - exact) < 1.05).all()


def test_a_colour_is_resampled_as_its_channels_are():
    image = np.random.default_rng(5).integers(0, 256, (37, 50, 3), np.uint8)
    square = square_of(37, 50, 24)
    apart = [square.resampled(np.ascontiguousarray(image[..., channel])) for channel in range(3)]
    assert (square.resampled(image) == np.stack(apart, axis=-1)).all()
