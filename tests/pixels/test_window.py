import numpy as np
import pytest

from dicomconv.pixels.attributes import LookupTable, Window
from dicomconv.pixels.window import display_values, window_of_range


@pytest.mark.parametrize(
    ("center", "width", "x", "y"),
    [  # PS3.3 C.11.2.1.2.1, the four examples of the note
        (2048, 4096, 0, 0), (2048, 4096, 4095, 1), (2048, 4096, 1000, (1000 - 2047.5) / 4095 + 0.5),
        (2048, 1, 2047, 0), (2048, 1, 2048, 1),
        (0, 100, -50, 0), (0, 100, 49, 1), (0, 100, 10, (10 + 0.5) / 99 + 0.5),
        (0, 1, -1, 0), (0, 1, 0, 1), (0.5, 1, 0, 0),
    ],
)  # fmt: skip
def test_linear_windows_of_the_standards_note(center, width, x, y):
    assert display_values(np.array([float(x)]), Window(center, width))[0] == pytest.approx(y, abs=1e-15)


@pytest.mark.parametrize(
    ("center", "width", "x", "y"),
    [  # PS3.3 C.11.2.1.3.2, note
        (2048, 4096, 0, 0), (2048, 4096, 4096, 1), (2048, 4096, 1024, 0.25),
        (2048, 1, 2047.5, 0), (2048, 1, 2048.5, 1), (2048, 1, 2048, 0.5),
        (0, 100, -50, 0), (0, 100, 50, 1),
    ],
)  # fmt: skip
def test_linear_exact_windows_of_the_standards_note(center, width, x, y):
    assert display_values(np.array([float(x)]), Window(center, width, "LINEAR_EXACT"))[0] == y


def test_sigmoid_is_one_half_at_its_center_and_does_not_overflow():
    y = display_values(np.array([40.0, -1e300, 1e300]), Window(40, 1, "SIGMOID"))
    assert y[0] == 0.5
    assert y[1] == pytest.approx(0)
    assert y[2] == 1


def test_voi_lut_entries_are_parts_of_its_largest_value_and_its_ends_go_on():
    lut = LookupTable(-1, 8, np.array([0, 51, 255], np.uint16))
    assert display_values(np.array([-9.0, -1, 0, 0.4, 0.6, 99]), lut).tolist() == [0, 0, 0.2, 0.2, 1, 1]


@pytest.mark.parametrize(("lowest", "highest"), [(-1000.0, 3000.0), (0.0, 1e-30), (-5e9, -4e9)])
def test_the_window_of_a_range_shows_its_ends_black_and_white(lowest, highest):
    y = display_values(np.array([lowest, highest]), window_of_range(lowest, highest))
    assert np.floor(255 * y + 0.5).tolist() == [0, 255]


def test_the_window_of_a_single_value_shows_it_black():
    assert display_values(np.array([7.0]), window_of_range(7.0, 7.0))[0] == 0
