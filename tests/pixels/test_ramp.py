"""A linear window as arithmetic gives the levels of its definition for every 16 bits, or is not used."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dicomconv.pixels.attributes import FrameAttributes, Rescale, Window
from dicomconv.pixels.grey import GreyTransform, _ramp, grey
from dicomconv.pixels.ramp import ramp_of
from tests.pixels.pixel_files import grey_format

EVERY = np.arange(65536, dtype="<u2").reshape(256, 256)
ROUND = st.integers(-1200, 3000).map(float)


def transform(center: float, width: float, slope: float = 1.0, intercept: float = -1024.0, **more) -> GreyTransform:
    return GreyTransform(
        grey_format(more.pop("bits", 16), pixel_representation=more.pop("sign", 1)),
        Rescale(slope, intercept),
        None,
        Window(center, width),
        more.get("padding"),
        more.get("inverted", False),
        8,
    )


@settings(max_examples=60, deadline=None)
@given(
    ROUND | st.floats(-3000, 3000),
    st.integers(2, 6000).map(float) | st.floats(1, 6000),
    st.sampled_from([1.0, 0.5, 2.0, 0.1, -1.0, 1e-9, 1e9]),
    st.sampled_from([0.0, -1024.0, 0.25, -8192.0]),
    st.integers(0, 1),
)
@example(40, 400, 1.0, -1024.0, 1)
@example(2048, 4096, 1.0, 0.0, 0)
@example(-600, 1500, 1.0, -1024.0, 1)
def test_levels_are_those_of_the_definition(center, width, slope, intercept, sign):
    wanted = transform(center, width, slope, intercept, sign=sign)
    attributes = FrameAttributes(rescale=wanted.rescale)
    drawn = grey(EVERY, grey_format(16, pixel_representation=sign), attributes, wanted.voi)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, wanted.grey_levels(EVERY))


@pytest.mark.parametrize(("center", "width", "sign"), [(40, 400, 1), (-600, 1500, 1), (2000.0, 4000.0, 0), (35, 80, 1)])
def test_usual_windows_are_ramps(center, width, sign):
    assert _ramp(transform(center, width, sign=sign)) is not None


def test_what_is_no_rising_line_over_all_bits_is_none():
    assert _ramp(transform(40, 400, inverted=True)) is None
    assert _ramp(transform(40, 400, padding=(1064, 1064))) is None
    assert _ramp(transform(40, 400, bits=12)) is None
    assert _ramp(transform(40, 400, slope=-1.0)) is None
    assert _ramp(transform(40, 1)) is None


def test_a_table_that_differs_at_one_place_is_no_ramp():
    known = transform(40, 400)
    table, steep = known.grey_levels(EVERY).reshape(-1), 255 / 399
    offset = steep * (-1024 - 39.5) + 128
    assert ramp_of(table, steep, offset, signed=True) is not None
    table[1000] ^= 1
    assert ramp_of(table, steep, offset, signed=True) is None
