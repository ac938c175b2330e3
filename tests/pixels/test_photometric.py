

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.errors import Undecodable
from dicomconv.pixels.photometric import colour, from_palette, is_inverted, to_rgb, ybr_to_rgb
from tests.pixels.pixel_files import grey_format

bytes_ = st.integers(0, 255)


@given(bytes_, bytes_, bytes_)
def test_rgb_survives_the_way_to_luminance_and_back_to_two_levels(red, green, blue):
    y = 0.299 * red + 0.587 * green + 0.114 * blue  # PS3.3 C.7.6.3.1.2, YBR_FULL
    cb = -0.1687 * red - 0.3313 * green + 0.5 * blue + 128
    cr = 0.5 * red - 0.4187 * green - 0.0813 * blue + 128
    ybr = np.clip(np.rint([[[y, cb, cr]]]), 0, 255).astype(np.uint8)
    assert np.abs(ybr_to_rgb(ybr, 8)[0, 0].astype(int) - [red, green, blue]).max() <= 2


def test_grey_has_no_colour():
    ybr = np.stack([np.arange(256), np.full(256, 128), np.full(256, 128)], axis=-1)[None].astype(np.uint8)
    assert np.array_equal(ybr_to_rgb(ybr, 8)[0], np.repeat(np.arange(256)[:, None], 3, axis=1))


def test_colour_by_plane_is_drawn_as_colour_by_pixel():
    rgb = {"samples_per_pixel": 3, "photometric_interpretation": "RGB", "planar_configuration": 1}
    format = grey_format(8, bits_allocated=8, **rgb)
    raw = np.arange(45, dtype="u1").reshape(3, 3, 5)
    assert np.array_equal(colour(raw, format, 8), np.moveaxis(raw, 0, -1))


@pytest.mark.parametrize(("bits", "depth", "expected"), [(16, 8, [0, 128, 255]), (8, 16, [0, 32896, 65535])])
def test_colour_of_another_depth_fills_the_range(bits, depth, expected):
    format = grey_format(bits, samples_per_pixel=3, photometric_interpretation="RGB", bits_allocated=bits)
    raw = np.array([[[0, 1 << bits - 1, (1 << bits) - 1]]], f"<u{bits // 8}")
    assert colour(raw, format, depth).tolist() == [[expected]]


@pytest.mark.parametrize(("samples", "photometric_interpretation"), [(4, "ARGB"), (4, "CMYK"), (3, "HSV"), (2, "RGB")])
def test_colour_models_that_nothing_draws_say_so(samples, photometric_interpretation):
    format = grey_format(8, samples_per_pixel=samples, photometric_interpretation=photometric_interpretation)
    with pytest.raises(Undecodable, match="PhotometricInterpretation"):
        to_rgb(np.zeros((3, 5, samples), np.uint8), format)


def test_a_palette_that_is_missing_says_so():
    with pytest.raises(Undecodable, match="Palette"):
        from_palette(np.zeros((3, 5), np.uint8), grey_format(8), None, 8)


@pytest.mark.parametrize(
    ("photometric_interpretation", "shape", "inverted"),
    [("MONOCHROME1", "", True), ("MONOCHROME1", "IDENTITY", False), ("MONOCHROME1", "INVERSE", True),
     ("MONOCHROME2", "", False), ("MONOCHROME2", "INVERSE", True)],
)  # fmt: skip
def test_presentation_lut_shape_has_the_last_word_on_what_is_white(photometric_interpretation, shape, inverted):
    assert is_inverted(photometric_interpretation, shape) is inverted
