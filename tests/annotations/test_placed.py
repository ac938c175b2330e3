"""What lies in mm, put onto a slice: the same points by the geometry of DICOM, and masks turned by whole pixels only."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Drawn, PictureRef, Plane
from dicomconv.annotations.placed import lies_on, on_slice
from dicomconv.geometry import normal, to_patient_mm

SLICE = Plane((10.0, -20.0, 30.0), (0.8, 0.6, 0.0, -0.36, 0.48, 0.8), (0.7, 1.3))
ROWS, COLUMNS = 4, 6
MASK = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 5 < 2


def moved(plane: Plane, along_normal_mm: float) -> Plane:
    position = np.array(plane.position) + along_normal_mm * np.array(normal(plane.orientation))
    x, y, z = position.tolist()
    return Plane((x, y, z), plane.orientation, plane.pixel_spacing)


def corner(column: int, row: int) -> tuple[float, float, float]:
    """The centre of a pixel of the slice."""
    point = np.array([[column + 0.5, row + 0.5]])
    x, y, z = to_patient_mm(point, SLICE.position, SLICE.orientation, SLICE.pixel_spacing)[0].tolist()
    return x, y, z


def masked(mask: NDArray[np.bool_], plane: Plane, **picture: Any) -> Drawn:
    return Drawn("frame 1", PictureRef(plane=plane, **picture), "x", mask=mask)


def turned_by(
    mask: NDArray[np.bool_], *, flip_columns: bool, flip_rows: bool, swap: bool
) -> tuple[NDArray[np.bool_], Plane]:
    """A mask in another order of its pixels, and the plane that says so."""
    along_row, along_column = np.array(SLICE.orientation[:3]), np.array(SLICE.orientation[3:])
    between_rows, between_columns = SLICE.pixel_spacing
    position = corner((COLUMNS - 1) * flip_columns, (ROWS - 1) * flip_rows)
    axes = [along_row * (-1 if flip_columns else 1), along_column * (-1 if flip_rows else 1)]
    stored = mask[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
    if swap:
        plane = Plane(position, (*axes[1].tolist(), *axes[0].tolist()), (between_columns, between_rows))
        return stored.T, plane
    return stored, Plane(position, (*axes[0].tolist(), *axes[1].tolist()), SLICE.pixel_spacing)


@given(arrays.arrays(bool, (ROWS, COLUMNS)), st.booleans(), st.booleans(), st.booleans())
def test_a_mask_that_is_flipped_or_turned_comes_back(
    mask: NDArray[np.bool_], flip_columns: bool, flip_rows: bool, swap: bool
) -> None:
    stored, plane = turned_by(mask, flip_columns=flip_columns, flip_rows=flip_rows, swap=swap)
    found = on_slice(masked(stored, plane), SLICE, ROWS, COLUMNS)
    np.testing.assert_array_equal(found.mask, mask)


def test_a_mask_of_a_part_of_the_slice_is_moved_there() -> None:
    part = Plane(corner(2, 1), SLICE.orientation, SLICE.pixel_spacing)
    found = on_slice(masked(np.ones((2, 3), bool), part), SLICE, ROWS, COLUMNS)
    wanted = np.zeros((ROWS, COLUMNS), bool)
    wanted[1:3, 2:5] = True
    np.testing.assert_array_equal(found.mask, wanted)


@pytest.mark.parametrize(
    ("plane", "words"),
    [
        (Plane(SLICE.position, SLICE.orientation, (0.7, 0.65)), "another size|resampled"),
        (Plane(SLICE.position, SLICE.orientation, (0.71, 1.3)), "resampled"),
        (Plane((10.2, -20.0, 30.0), SLICE.orientation, SLICE.pixel_spacing), "not .* slice"),
        (moved(SLICE, 0.2), "does not lie in the plane"),
        (Plane(SLICE.position, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), SLICE.pixel_spacing), "does not lie in the plane"),
    ],
)
def test_a_mask_of_other_pixels_is_refused(plane: Plane, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        on_slice(masked(MASK, plane), SLICE, ROWS, COLUMNS)


def test_a_mask_that_reaches_beyond_the_slice_is_refused() -> None:
    with pytest.raises(Unreadable, match="reaches beyond the slice, which has 6 x 4 pixels"):
        on_slice(masked(np.ones((ROWS, COLUMNS + 1), bool), SLICE), SLICE, ROWS, COLUMNS)


@given(arrays.arrays(np.float64, (5, 2), elements=st.floats(-2, 8)))
def test_points_in_mm_come_back_to_a_ten_thousandth(points: NDArray[np.float64]) -> None:
    points_mm = to_patient_mm(points, SLICE.position, SLICE.orientation, SLICE.pixel_spacing)
    drawn = Drawn("ROI 1", PictureRef(), "x", "polygon", rings_mm=(points_mm,))
    assert lies_on(drawn, SLICE)
    assert not lies_on(drawn, moved(SLICE, 1))
    found = on_slice(drawn, SLICE, ROWS, COLUMNS)
    assert found.rings_mm == ()
    np.testing.assert_allclose(found.rings[0], points, atol=6e-5)
    with pytest.raises(Unreadable, match="do not lie in the plane"):
        on_slice(drawn, moved(SLICE, 1), ROWS, COLUMNS)


def test_what_lies_in_another_frame_of_reference_lies_on_no_slice_here() -> None:
    drawn = masked(MASK, SLICE, frame_of_reference_uid="1.2.3")
    assert lies_on(drawn, SLICE)
    assert lies_on(drawn, SLICE, "1.2.3")
    assert not lies_on(drawn, SLICE, "1.2.4")
    with pytest.raises(Unreadable, match="another frame of reference"):
        on_slice(drawn, SLICE, ROWS, COLUMNS, "1.2.4")


def test_what_says_no_place_is_left_as_it_is() -> None:
    drawn = Drawn("frame 1", PictureRef(), "x", mask=MASK)
    assert on_slice(drawn, SLICE, ROWS, COLUMNS) is drawn
    assert not lies_on(drawn, SLICE)
