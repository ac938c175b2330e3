"""Bits beside the stored ones: emptied if they hold something, and no pixel changes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.deid.unused_bits import without_unused_bits
from dicomconv.model import Span
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.decode import frames
from dicomconv.pixels.modality import stored_values
from tests import make, strategies

SYNTAX_OF_ORDER = {"<": make.EXPLICIT, ">": make.BIG_ENDIAN}


def format_of(layout: strategies.PixelFormat, order: str = "<") -> PixelFormat:
    """The package's record of a drawn format."""
    return PixelFormat(
        rows=layout.rows,
        columns=layout.columns,
        samples_per_pixel=layout.samples,
        photometric_interpretation="RGB" if layout.samples == 3 else "MONOCHROME2",
        planar_configuration=0,
        bits_allocated=layout.bits_allocated,
        bits_stored=layout.bits_stored,
        high_bit=layout.high_bit,
        pixel_representation=int(layout.signed),
        number_of_frames=layout.frames,
        transfer_syntax_uid=SYNTAX_OF_ORDER[order],
        pixel_vr="OB" if layout.bits_allocated == 8 else "OW",
    )


def span(content: bytes) -> Span:
    """Bytes as a span."""
    return Span(content, 0, len(content))


@settings(deadline=None)
@given(st.data(), strategies.pixel_formats(), st.sampled_from("<>"))
def test_pixels_with_nothing_beside_them_are_the_same_span(
    data: st.DataObject, layout: strategies.PixelFormat, order: str
) -> None:
    value = span(strategies.words(data.draw(strategies.pixels(layout)), layout, order=order))
    assert without_unused_bits(value, format_of(layout, order)) is value


@settings(deadline=None)
@given(st.data(), strategies.pixel_formats(), st.integers(0, 2**32 - 1), st.sampled_from("<>"))
def test_stored_values_stay_and_nothing_is_left_beside_them(
    data: st.DataObject, layout: strategies.PixelFormat, noise: int, order: str
) -> None:
    format = format_of(layout, order)
    value = span(strategies.words(data.draw(strategies.pixels(layout)), layout, noise, order))
    plain = without_unused_bits(value, format)
    for before, after in zip(frames(format, value), frames(format, plain), strict=True):
        assert np.array_equal(stored_values(before, format), stored_values(after, format))
    assert without_unused_bits(plain, format) is plain
    unused = ~(((1 << layout.bits_stored) - 1) << layout.high_bit + 1 - layout.bits_stored)
    if not layout.signed:
        dtype = f"{order}u{layout.bits_allocated // 8}"
        length = plain.length - plain.length % np.dtype(dtype).itemsize
        assert not np.any(np.frombuffer(plain.read(0, length), dtype).astype("i8") & unused)


def test_a_sign_that_is_extended_is_nothing_and_one_that_is_not_is_nothing_either() -> None:
    layout = strategies.PixelFormat(1, 2, 16, 12, 11, True, 1, 1)
    for content in (b"\x00\xf8\x01\x00", b"\x00\x08\x01\x00"):
        value = span(content)
        assert without_unused_bits(value, format_of(layout)) is value


def test_a_sign_that_is_extended_is_something_where_there_are_no_signs() -> None:
    layout = strategies.PixelFormat(1, 2, 16, 12, 11, False, 1, 1)
    assert without_unused_bits(span(b"\x00\xf8\x01\x00"), format_of(layout)).read() == b"\x00\x08\x01\x00"


def test_an_overlay_in_the_highest_bit_goes() -> None:
    layout = strategies.PixelFormat(1, 2, 16, 12, 11, True, 1, 1)
    assert without_unused_bits(span(b"\x23\x81\x01\x00"), format_of(layout)).read() == b"\x23\x01\x01\x00"


@pytest.mark.parametrize(("vr", "order", "content", "plain"), [
    ("OB", "<", b"\xff\xff", b"\xff\x7f"), ("OW", "<", b"\xff\xff", b"\xff\x7f"), ("OW", ">", b"\xff\xff", b"\x7f\xff"),
])  # fmt: skip
def test_bits_behind_the_last_one_bit_pixel_go(vr: str, order: str, content: bytes, plain: bytes) -> None:
    layout = strategies.PixelFormat(3, 5, 1, 1, 0, False, 1, 1)
    format = replace(format_of(layout, order), pixel_vr=vr)
    assert without_unused_bits(span(content), format).read() == plain
    value = span(plain)
    assert without_unused_bits(value, format) is value


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_float_pixels_have_no_unused_bits(kind: str) -> None:
    layout = strategies.PixelFormat(1, 2, 32, 12, 11, False, 1, 1)
    value = span(b"\xff" * 16)
    assert without_unused_bits(value, replace(format_of(layout), float_kind=kind)) is value  # type: ignore[arg-type]
