"""Stored values come back out of a PNG as they went in, offset aside."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from dicomconv.errors import Undecodable
from dicomconv.pixels import png
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.raw import raw_samples, sample_bits, sample_offset
from tests.pixels.pixel_files import frames_of, grey_format, image_file

layouts = st.sampled_from([8, 16, 32]).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(1, min(size, 16)), st.booleans(), st.integers(0, size))
)


@given(layouts, st.data())
def test_a_png_less_its_offset_is_the_stored_values(layout, data):
    size, stored, signed, above = layout
    raw = data.draw(arrays(f"<u{size // 8}", (3, 4)))  # rubbish in the other bits included
    format = grey_format(
        stored, bits_allocated=size, high_bit=min(size, stored + above) - 1, pixel_representation=int(signed)
    )
    picture = np.asarray(Image.open(io.BytesIO(png.encode(raw_samples(raw, format), None))))
    assert np.array_equal(picture.astype(np.int64) - sample_offset(format), stored_values(raw, format))
    assert picture.dtype == (np.uint8 if stored <= 8 else np.uint16)


@given(arrays(np.int32, (2, 3), elements=st.integers(-40000, 40000)))
def test_32_bits_are_drawn_if_and_only_if_their_values_fit_in_16(values):
    format = grey_format(32, bits_allocated=32, pixel_representation=1)
    if values.min() >= -32768 and values.max() <= 32767:
        assert np.array_equal(raw_samples(values, format).astype(np.int64) - 32768, values)
    else:
        with pytest.raises(Undecodable, match="do not fit in the 16 bits"):
            raw_samples(values, format)


@pytest.mark.parametrize("end", [65535, 65536, (1 << 32) - 1])
def test_large_unsigned_values_do_not_wrap_around(end):
    format = grey_format(32, bits_allocated=32)
    values = np.array([[0, end]], "<u4")
    if end == 65535:
        assert raw_samples(values, format).tolist() == [[0, 65535]]
    else:
        with pytest.raises(Undecodable):
            raw_samples(values, format)


@pytest.mark.parametrize("fields", [{"float_kind": "f4", "bits_stored": 32}, {"samples_per_pixel": 4}], ids=str)
def test_what_a_png_cannot_hold_is_said(fields):
    with pytest.raises(Undecodable, match="PNG"):
        raw_samples(np.zeros((2, 3), "<f4" if "float_kind" in fields else "<u2"), grey_format(**fields))


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_is_the_stored_samples_and_no_colours_made_of_them(planar):
    pixels = np.arange(2 * 3 * 3, dtype="uint8").reshape((3, 2, 3) if planar else (2, 3, 3))
    fields = {"PhotometricInterpretation": "YBR_FULL", "SamplesPerPixel": 3, "PlanarConfiguration": planar}
    [frame], format, _ = frames_of(image_file(pixels, Rows=2, Columns=3, **fields))
    assert np.array_equal(raw_samples(frame, format), np.moveaxis(pixels, 0, -1) if planar else pixels)


def test_a_palettes_indices_are_grey_values():
    format = grey_format(8, bits_allocated=8, photometric_interpretation="PALETTE COLOR")
    raw = np.arange(6, dtype="uint8").reshape(2, 3)
    assert np.array_equal(raw_samples(raw, format), raw)
    assert (sample_bits(format), sample_offset(format)) == (8, 0)
