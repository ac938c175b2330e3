import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.geometry import Slice, distance_along_normal_mm, grid, is_uniform, normal, order, to_image, to_patient_mm

AXIAL, CORONAL = (1.0, 0, 0, 0, 1, 0), (1.0, 0, 0, 0, 0, -1)
millimetres = st.floats(-500, 500)
lengths = st.floats(0.05, 20)


@st.composite
def orientations(draw) -> tuple[float, ...]:
    """Two unit vectors at right angles."""
    numbers = np.array(draw(st.lists(st.floats(-1, 1), min_size=6, max_size=6)))
    q, _ = np.linalg.qr(numbers.reshape(3, 2) + np.array([[2, 0], [0, 2], [0, 0]]))
    return tuple(q.T.ravel().tolist())


slices = st.builds(
    Slice,
    position=st.none() | st.tuples(millimetres, millimetres, st.integers(-5, 5).map(float)),
    orientation=st.none() | st.sampled_from([AXIAL, CORONAL]),
    instance_number=st.none() | st.integers(-3, 9),
    sop_instance_uid=st.sampled_from(["1.2", "1.3", "1.4"]),
    frame_number=st.integers(1, 3),
)


@pytest.mark.parametrize(
    ("orientation", "expected"), [(AXIAL, (0, 0, 1)), (CORONAL, (0, 1, 0)), ((0, 1, 0, 0, 0, -1), (-1, 0, 0))]
)
def test_the_normal_is_the_row_direction_times_the_column_direction(orientation, expected):
    assert normal(orientation) == expected


@given(orientations())
def test_the_normal_is_a_unit_vector_at_right_angles_to_both_directions(orientation):
    n = np.array(normal(orientation))
    assert np.allclose([n @ n, n @ orientation[:3], n @ orientation[3:]], [1, 0, 0], atol=1e-9)


@given(st.lists(slices, max_size=12, unique_by=lambda s: (s.sop_instance_uid, s.frame_number)), st.randoms())
def test_order_is_the_same_however_slices_are_shuffled(some, random):
    shuffled = random.sample(some, len(some))
    assert [shuffled[i] for i in order(shuffled)] == [some[i] for i in order(some)]


def at(z: float | None, number: int | None = None, uid: str = "1", orientation=AXIAL) -> Slice:
    return Slice(None if z is None else (0.0, 0.0, z), orientation, number, uid)


def test_slices_are_ordered_by_place_not_by_number():
    assert order([at(30, 1), at(10, 2), at(20, 3)]) == [1, 2, 0]


def test_slices_in_one_place_are_ordered_by_number_and_then_by_uid():
    assert order([at(0, 5, "b"), at(0, 5, "a"), at(0, 2, "z")]) == [2, 1, 0]


def test_slices_of_other_orientation_stay_together_the_smallest_number_first():
    some = [at(9, 2), at(1, 3), at(0, 1, orientation=CORONAL), at(5, 9, orientation=CORONAL)]
    assert order(some) == [2, 3, 1, 0]


def test_an_orientation_that_differs_in_the_last_decimals_is_the_same():
    nearly = (1.0, 0, 0.0004, 0, 1, 0)
    assert order([at(2, 1), at(1, 2, orientation=nearly), at(0, 3)]) == [2, 1, 0]


def test_slices_without_a_place_come_last_by_number():
    assert order([at(None, 2), at(None, None), at(None, 1), at(7, 9)]) == [3, 2, 0, 1]


def points(count: int, first, step) -> list[tuple[float, float, float]]:
    return [tuple((np.array(first) + k * np.array(step)).tolist()) for k in range(count)]


@given(orientations(), st.tuples(millimetres, millimetres, millimetres), lengths, st.floats(-1, 1), st.integers(2, 9))
def test_the_affine_leads_to_each_slices_position_even_under_a_gantry_tilt(orientation, first, dz, tilt, count):
    positions = points(count, first, np.array(normal(orientation)) * dz + np.array(orientation[3:]) * tilt)
    found = grid(positions, orientation, (1, 1), 3, 5)
    assert found.size == (5, 3, count)
    for k, position in enumerate(positions):
        assert np.allclose(found.affine_lps @ (0, 0, k, 1), (*position, 1), atol=1e-4)


@given(orientations(), st.tuples(millimetres, millimetres, millimetres), lengths, lengths)
def test_the_affine_leads_along_a_row_by_the_spacing_between_columns(orientation, first, between_rows, between_columns):
    found = grid([first], orientation, (between_rows, between_columns), 3, 5)
    along_row, along_column = np.array(orientation[:3]) * between_columns, np.array(orientation[3:]) * between_rows
    corner = np.array(first) + 4 * along_row + 2 * along_column
    assert np.allclose((found.affine_lps @ (4, 2, 0, 1))[:3], corner, atol=1e-4)


def test_direction_times_spacing_is_the_affine():
    found = grid(points(4, (1, 2, 3), (0, 0.5, 2)), AXIAL, (0.7, 0.4), 3, 5)
    assert np.allclose(found.direction * found.spacing, found.affine_lps[:3, :3])
    assert found.spacing == (0.4, 0.7, pytest.approx(math.hypot(0.5, 2)))
    assert found.origin == (1, 2, 3)


def test_steps_that_differ_have_no_grid():
    positions = points(4, (0, 0, 0), (0, 0, 2))
    positions[2] = (0, 0, 4.01)
    assert not is_uniform(positions)
    assert grid(positions, AXIAL, (1, 1), 3, 5) is None


def test_steps_may_differ_by_what_decimals_leave_out():
    positions = points(4, (0, 0, 0), (0, 0, 2))
    positions[2] = (0, 0, 4.0009)
    assert is_uniform(positions)
    assert grid(positions, AXIAL, (1, 1), 3, 5) is not None


@pytest.mark.parametrize(
    ("positions", "orientation", "pixel_spacing"),
    [
        ([], AXIAL, (1, 1)),
        ([(0, 0, 0), None], AXIAL, (1, 1)),
        ([(0, 0, 0), (0, 0, 1)], None, (1, 1)),
        ([(0, 0, 0), (0, 0, 1)], AXIAL, None),
        ([(0, 0, 0), (0, 0, 0)], AXIAL, (1, 1)),
        ([(0, 0, 0), (1, 0, 0)], AXIAL, (1, 1)),
        ([(0, 0, 0), (0, 0, 1)], (1, 0, 0, 1, 0, 0), (1, 1)),
        ([(0, 0, 0), (0, 0, 1)], (0,) * 6, (1, 1)),
    ],
)
def test_there_is_no_grid_where_something_is_missing_or_cannot_be(positions, orientation, pixel_spacing):
    assert grid(positions, orientation, pixel_spacing, 3, 5) is None


@pytest.mark.parametrize(("thickness_mm", "step"), [(None, 1), (2.5, 2.5)])
def test_a_single_slice_is_as_deep_as_it_is_thick_or_1_mm(thickness_mm, step):
    found = grid([(1, 2, 3)], AXIAL, (0.7, 0.4), 3, 5, thickness_mm=thickness_mm)
    assert found.affine_lps.tolist() == [[0.4, 0, 0, 1], [0, 0.7, 0, 2], [0, 0, step, 3], [0, 0, 0, 1]]


def test_distance_is_measured_along_the_normal():
    assert distance_along_normal_mm((5, 7, -3), AXIAL) == -3
    assert distance_along_normal_mm((5, 7, -3), CORONAL) == 7


image_points = st.lists(st.tuples(st.floats(-20, 600), st.floats(-20, 600)), min_size=1, max_size=5).map(np.array)


@given(image_points, st.tuples(millimetres, millimetres, millimetres), orientations(), st.tuples(lengths, lengths))
def test_points_of_an_image_come_back_from_the_patient_to_a_ten_thousandth_of_a_mm(found, position, orientation, spacing):
    mm = to_patient_mm(found, position, orientation, spacing)
    back, off = to_image(mm, position, orientation, spacing)
    assert np.abs((back - found) * spacing[::-1]).max() < 1e-4
    assert np.abs(off).max() < 1e-4


def test_the_centre_of_the_first_pixel_lies_at_image_position_and_columns_are_counted_along_the_row():
    """PS3.3 C.7.6.2.1.1: Pixel Spacing is between rows, then between columns; C.18.6: the centre is 0.5, 0.5."""
    corner_and_last = np.array([[0.5, 0.5], [3.5, 1.5]])
    mm = to_patient_mm(corner_and_last, (10, 20, 30), CORONAL, (2.0, 0.5))
    assert mm.tolist() == [[10, 20, 30], [11.5, 20, 28]]


def test_a_point_off_the_plane_is_told_by_how_far():
    _, off = to_image(np.array([[0.0, 0.0, 7.0], [0.0, 0.0, -1.0]]), (0, 0, 5), AXIAL, (1, 1))
    assert off.tolist() == [2, -6]
