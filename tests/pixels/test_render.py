import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.errors import Undecodable, UsageError
from dicomconv.pixels.attributes import FrameAttributes, LookupTable, Rescale, Window
from dicomconv.pixels.modality import stored_values
from dicomconv.render import PRESETS, missing, needs_range, parse_window, render, resolve, value_range
from tests.pixels.pixel_files import grey_format

LUT = LookupTable(0, 8, np.arange(256, dtype=np.uint16))
WITH_WINDOW = FrameAttributes(windows=(Window(40, 400), Window(-600, 1500)), voi_lut=LUT)


def asked(text: str, attributes: FrameAttributes, series_range=None, **fields):
    return resolve(parse_window(text), attributes, grey_format(**fields), series_range)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lungs",
        "40",
        "40,",
        "40,400,1",
        "nan,400",
        "40,0",
        "40,inf",
        "a,b",
        "file:",
        "file:0",
        "file:-1",
        "file:²",
        "file:99999",
    ],
)
def test_nonsense_is_not_a_window(text):
    with pytest.raises(UsageError):
        parse_window(text)


def test_the_error_names_the_presets():
    with pytest.raises(UsageError, match="soft-tissue, lung, liver, bone, brain"):
        parse_window("lungs")


def test_a_fixed_window_does_not_look_at_the_file():
    assert asked(" 35,80.5 ", WITH_WINDOW) == Window(35, 80.5)
    assert asked("LUNG", WITH_WINDOW) == PRESETS["lung"] == Window(-600, 1500)


def test_file_takes_the_first_window_then_the_voi_lut_then_the_range_of_the_series():
    assert asked("file", WITH_WINDOW) == Window(40, 400)
    assert asked("file", FrameAttributes(voi_lut=LUT)) is LUT
    assert asked("file", FrameAttributes(), (-10.0, 30.0)) == Window(10, 40, "LINEAR_EXACT")


@pytest.mark.parametrize(("text", "attributes", "needed"), [
    ("file", WITH_WINDOW, False), ("file", FrameAttributes(voi_lut=LUT), False), ("file", FrameAttributes(), True),
    ("auto", WITH_WINDOW, True), ("full", FrameAttributes(), False), ("lung", FrameAttributes(), False),
])  # fmt: skip
def test_the_range_of_the_series_is_needed_for_auto_and_where_the_file_gives_nothing(text, attributes, needed):
    assert needs_range(parse_window(text), attributes) is needed


def test_full_shows_all_that_bits_stored_can_hold():
    attributes = FrameAttributes(rescale=Rescale(2, -100))
    raw = np.array([[0, 4095]], "<u2")
    voi = asked("full", attributes, bits_stored=12)
    assert render(raw, grey_format(12), attributes, voi).tolist() == [[0, 255]]


def test_auto_shows_the_ends_of_the_series_black_and_white_in_every_slice():
    slices = [np.array([[10, 50]], "<u2"), np.array([[50, 90]], "<u2")]
    ranges = [value_range(raw, grey_format(), FrameAttributes()) for raw in slices]
    voi = asked("auto", FrameAttributes(), (min(r[0] for r in ranges), max(r[1] for r in ranges)))
    assert [render(raw, grey_format(), FrameAttributes(), voi).tolist() for raw in slices] == [[[0, 128]], [[128, 255]]]


def test_a_series_of_one_value_or_of_padding_alone_is_drawn_all_the_same():
    for series_range in ((7.0, 7.0), None):
        voi = asked("auto", FrameAttributes(), series_range)
        assert render(np.full((3, 5), 7, "<u2"), grey_format(), FrameAttributes(), voi).shape == (3, 5)


def test_colour_has_no_range_and_ignores_the_window():
    format = grey_format(8, samples_per_pixel=3, photometric_interpretation="RGB", bits_allocated=8)
    raw = np.arange(45, dtype="u1").reshape(3, 5, 3)
    assert value_range(raw, format, FrameAttributes()) is None
    assert np.array_equal(render(raw, format, FrameAttributes(), Window(1, 1)), raw)


def test_depth_16_is_the_same_picture_in_finer_steps():
    raw = np.arange(4096, dtype="<u2").reshape(64, 64)
    fine, coarse = (render(raw, grey_format(12), FrameAttributes(), Window(2048, 4096), depth=d) for d in (16, 8))
    assert (fine.dtype, fine.max(), fine.min()) == (np.uint16, 65535, 0)
    assert np.abs(fine / 257 - coarse).max() <= 0.51
    assert np.array_equal(stored_values(raw, grey_format(12)), raw)


def test_file_n_takes_that_very_window_or_none():
    assert asked("file:2", WITH_WINDOW) == Window(-600, 1500)
    assert missing(parse_window("file:2"), WITH_WINDOW) == ""
    with pytest.raises(Undecodable, match="no window 3"):
        asked("file:3", WITH_WINDOW)


def test_lut_takes_the_voi_lut_or_none():
    assert asked("lut", WITH_WINDOW) is LUT
    with pytest.raises(Undecodable, match="no VOI LUT"):
        asked("lut", FrameAttributes(windows=WITH_WINDOW.windows), (0.0, 1.0))


numbers = st.floats(-1e300, 1e300) | st.integers(-5000, 5000)


@given(numbers, st.floats(1, 1e300) | st.integers(1, 5000), numbers, st.floats(1, 1e300) | st.integers(1, 5000))
def test_names_of_windows_are_safe_in_any_file_system_and_no_two_windows_share_one(c1, w1, c2, w2):
    one, two = parse_window(f"{c1!r},{w1!r}"), parse_window(f"{c2!r},{w2!r}")
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,60}[a-z0-9]", one.name)
    assert (one.name == two.name) == (one.window == two.window)


def test_the_names_of_windows_are_what_was_asked_for():
    asked_for = ["lung", "file", "file:2", "40,400", "-600.5,1500", "lut"]
    assert [parse_window(text).name for text in asked_for] == [
        "lung", "file", "file-2", "40_400", "minus600.5_1500", "lut",
    ]  # fmt: skip
