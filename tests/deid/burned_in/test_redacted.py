"""Boxes are blanked in the stored pixels of every layout and syntax, and nothing outside them changes."""

from collections.abc import Iterator
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.deid.burned_in.redacted import Redacted, redacted
from dicomconv.deid.pixel_value import exact_pixel_value
from dicomconv.errors import Undecodable
from dicomconv.model import Box, Span
from dicomconv.part10 import Parts, fragments
from dicomconv.pixels.attributes import FrameAttributes
from dicomconv.pixels.blank import blanked
from dicomconv.pixels.decode import frames, stored_format
from dicomconv.pixels.photometric import to_rgb
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.reencode import encoded_frame
from tests.pixels.pixel_files import BIG, EXPLICIT, IMPLICIT, format_of, grey_format, image_file

JPEG_FAMILY = "1.2.840.10008.1.2.4."
LOSSLESS = {
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG lossless": JPEG_FAMILY + "57",
    "JPEG lossless SV1": JPEG_FAMILY + "70",
    "JPEG-LS": JPEG_FAMILY + "80",
    "JPEG 2000": JPEG_FAMILY + "90",
    "HTJ2K": JPEG_FAMILY + "201",
    "JPEG XL": JPEG_FAMILY + "110",
    "deflated": "1.2.840.10008.1.2.8.1",
    "uncompressed": "1.2.840.10008.1.2.1.98",
}
BOX = Box(1, 2, 6, 4)
ROWS, COLUMNS = 7, 10


def outcome(parts: Parts, *boxes: Box) -> tuple[Redacted, ImageAttributes]:
    """What becomes of the pixel value of an image when boxes are blanked."""
    header = parts.header()
    attributes = ImageAttributes(header, format_of(parts))
    return redacted(exact_pixel_value(parts, header), attributes, "PixelData", boxes), attributes


def decoded(parts: Parts) -> list[np.ndarray]:
    """The frames as stored."""
    return [frame.copy() for frame in frames(format_of(parts), parts.pixels)]


def after(result: Redacted) -> list[np.ndarray]:
    """The frames of the redacted value, read by what it says of its layout."""
    return [frame.copy() for frame in frames(result.format, result.value.span)]


def pixels_of(dtype: str, *, samples: int = 1, count: int = 1, bits: int = 0) -> np.ndarray:
    """Noise, (count, rows, columns[, samples])."""
    info = np.iinfo(dtype)
    low, high = (info.min, info.max) if not bits else (0, (1 << bits) - 1)
    shape = (count, ROWS, COLUMNS, samples) if samples > 1 else (count, ROWS, COLUMNS)
    return np.random.default_rng(5).integers(low, high, shape, dtype, endpoint=True)


def inside(frame: np.ndarray) -> np.ndarray:
    return frame[BOX.top : BOX.bottom, BOX.left : BOX.right]


def outside(frame: np.ndarray) -> np.ndarray:
    copy = frame.copy()
    copy[BOX.top : BOX.bottom, BOX.left : BOX.right] = 0
    return copy


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_native_grey_is_blanked_with_what_is_drawn_darkest(syntax, dtype, photometric):
    pixels = pixels_of(dtype, count=3)
    order = ">" if syntax == BIG else "<"
    value = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    bits = 8 * pixels.dtype.itemsize
    parts = image_file(
        value, syntax, vr="OB" if dtype == "u1" else "OW", Rows=ROWS, Columns=COLUMNS, BitsAllocated=bits,
        BitsStored=bits, HighBit=bits - 1, PixelRepresentation=int(dtype == "i2"), NumberOfFrames=3,
        PhotometricInterpretation=photometric,
    )  # fmt: skip
    result, _ = outcome(parts, BOX)
    assert (result.format.transfer_syntax_uid, result.value.span.length) == (syntax, len(value))
    for before, now in zip(decoded(parts), after(result), strict=True):
        dark = before.max() if photometric == "MONOCHROME1" else before.min()
        assert (inside(now) == dark).all()
        assert np.array_equal(outside(before), outside(now))


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize(("photometric", "black"), [("RGB", (0, 0, 0)), ("YBR_FULL", (0, 128, 128))])
def test_native_colour_is_blanked_black(planar, photometric, black):
    pixels = pixels_of("u1", samples=3, count=2)
    value = (np.moveaxis(pixels, -1, 1) if planar else pixels).tobytes()
    parts = image_file(value, Rows=ROWS, Columns=COLUMNS, SamplesPerPixel=3, PlanarConfiguration=planar,
                       NumberOfFrames=2, PhotometricInterpretation=photometric)  # fmt: skip
    result, _ = outcome(parts, BOX)
    now = np.frombuffer(result.value.span.read(), "u1")
    now = np.moveaxis(now.reshape(2, 3, ROWS, COLUMNS), 1, -1) if planar else now.reshape(2, ROWS, COLUMNS, 3)
    for one, before in zip(now, pixels, strict=True):
        assert (inside(one) == black).all()
        assert np.array_equal(outside(one), outside(before))


def test_subsampled_colour_loses_whole_pairs_and_nothing_beside_them():
    value = pixels_of("u1", samples=2)[0].reshape(ROWS, COLUMNS // 2, 4)
    parts = image_file(value.tobytes(), Rows=ROWS, Columns=COLUMNS, SamplesPerPixel=3, PlanarConfiguration=0,
                       PhotometricInterpretation="YBR_FULL_422")  # fmt: skip
    result, _ = outcome(parts, Box(3, 2, 6, 4))
    now = np.frombuffer(result.value.span.read(), "u1").reshape(ROWS, COLUMNS // 2, 4)
    assert (now[2:4, 1:3] == (0, 0, 128, 128)).all()
    now = now.copy()
    now[2:4, 1:3] = value[2:4, 1:3]
    assert np.array_equal(now, value)
    assert (to_rgb(after(result)[0], stored_format(result.format))[2:4, 2:6] == 0).all()


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG])
def test_pixels_of_one_bit_are_blanked_across_frames_that_share_a_byte(syntax):
    bits = np.random.default_rng(3).integers(0, 2, (3, ROWS, COLUMNS), np.uint8)
    value = np.packbits(bits.ravel(), bitorder="little").tobytes()
    parts = image_file(value + bytes(len(value) % 2), vr="OB", Rows=ROWS, Columns=COLUMNS, BitsAllocated=1,
                       BitsStored=1, HighBit=0, NumberOfFrames=3)  # fmt: skip
    result, _ = outcome(parts, BOX)
    for before, now in zip(bits, after(result), strict=True):
        assert not inside(now).any()
        assert np.array_equal(outside(before), outside(now))


def test_8_bit_pixels_in_big_endian_words_are_blanked_where_they_are_seen():
    pixels = pixels_of("u1", count=1)
    value = np.frombuffer(pixels.tobytes(), "<u2").astype(">u2").tobytes()
    parts = image_file(value, BIG, Rows=ROWS, Columns=COLUMNS)
    result, _ = outcome(parts, BOX)
    [now] = after(result)
    assert (inside(now) == pixels.min()).all()
    assert np.array_equal(outside(now), outside(pixels[0]))


@pytest.mark.parametrize(("keyword", "code"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_float_pixels_are_blanked_with_their_least_number(keyword, code):
    values = np.array([[np.nan, 2.5, 7], [1.5, 9, 4]], code)
    format = grey_format(bits_stored=32, bits_allocated=32, float_kind=code[1:], rows=2, columns=3)
    now = blanked(values, format, FrameAttributes(), [Box(1, 0, 3, 1)])
    assert now[0, 1:].tolist() == [1.5, 1.5]
    assert np.array_equal(now[1], values[1])


def compressed(pixels: np.ndarray, syntax: str, **attributes) -> Parts:
    """An image whose frames are compressed by the encoder under test; that it is exact is another test's claim."""
    bits = attributes.pop("bits", 8 * pixels.dtype.itemsize)
    plain = {
        "Rows": ROWS, "Columns": COLUMNS, "BitsAllocated": 8 * pixels.dtype.itemsize, "BitsStored": bits,
        "HighBit": bits - 1, "PixelRepresentation": int(pixels.dtype.kind == "i"), "NumberOfFrames": len(pixels),
        "SamplesPerPixel": 3 if pixels.ndim == 4 else 1,
        "PhotometricInterpretation": "RGB" if pixels.ndim == 4 else "MONOCHROME2",
    }  # fmt: skip
    if pixels.ndim == 4:
        plain["PlanarConfiguration"] = 0
    native = image_file(pixels.tobytes(), **(plain | attributes))
    format = replace(format_of(native), transfer_syntax_uid=syntax)
    data = [encoded_frame(frame, format) for frame in pixels]
    if None in data:
        pytest.skip("this encoder does not write such pixels")
    return image_file([one + bytes(len(one) % 2) for one in data], syntax, **(plain | attributes))


@pytest.mark.parametrize("syntax", LOSSLESS.values(), ids=LOSSLESS)
@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "12 bits", "RGB", "YBR_FULL", "YBR_RCT", "PALETTE"])
def test_lossless_syntaxes_stay_and_nothing_outside_the_boxes_changes(syntax, kind):
    dtype = {"12 bits": "u2", "u2": "u2", "i2": "i2"}.get(kind, "u1")
    pixels = pixels_of(dtype, samples=3 if kind in ("RGB", "YBR_FULL", "YBR_RCT") else 1, count=2,
                       bits=12 if kind == "12 bits" else 0)  # fmt: skip
    more = {"bits": 12} if kind == "12 bits" else {}
    more |= {"PhotometricInterpretation": kind} if kind.startswith(("RGB", "YBR")) else {}
    parts = compressed(pixels, syntax, **more)
    result, _ = outcome(parts, BOX)
    assert (result.format.transfer_syntax_uid, result.encapsulated) == (syntax, True)
    for before, now in zip(decoded(parts), after(result), strict=True):
        assert np.array_equal(outside(before), outside(now))
        assert (inside(now) == inside(now)[0, 0]).all()


def jpeg(pixels: np.ndarray) -> bytes:
    data = bytes(imagecodecs.jpeg8_encode(pixels, level=90))
    return data + bytes(len(data) % 2)


def test_lossy_frames_become_native_and_say_that_they_were_lossy():
    pixels = pixels_of("u1", samples=3, count=2)
    parts = image_file([jpeg(frame) for frame in pixels], JPEG_FAMILY + "50", Rows=ROWS, Columns=COLUMNS,
                       SamplesPerPixel=3, PlanarConfiguration=0, NumberOfFrames=2,
                       PhotometricInterpretation="YBR_FULL_422")  # fmt: skip
    result, _ = outcome(parts, BOX)
    assert (result.format.transfer_syntax_uid, result.encapsulated) == (EXPLICIT, False)
    said = b"".join(result.value.replaced.values())
    assert b"RGB " in said
    assert b"01" in said
    for before, now in zip(decoded(parts), after(result), strict=True):
        assert not inside(now).any()
        assert np.array_equal(outside(before), outside(now))


def test_what_no_decoder_reads_is_not_blanked():
    parts = image_file([b"\0" * 64], JPEG_FAMILY + "100", Rows=ROWS, Columns=COLUMNS)
    with pytest.raises(Undecodable, match="no decoder"):
        outcome(parts, BOX)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_redacted_value_reads_the_same_in_pieces_as_whole(data):
    kind = data.draw(st.sampled_from(["native", "lossy", "lossless"]))
    pixels = pixels_of("u1", samples=3, count=3)
    colour = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "NumberOfFrames": 3, "Rows": ROWS, "Columns": COLUMNS}
    if kind == "native":
        parts = image_file(pixels.tobytes(), **colour, PhotometricInterpretation="RGB")
    elif kind == "lossy":
        parts = image_file([jpeg(one) for one in pixels], JPEG_FAMILY + "50", **colour,
                           PhotometricInterpretation="YBR_FULL_422")  # fmt: skip
    else:
        parts = compressed(pixels, LOSSLESS["RLE"])
    boxes = data.draw(st.lists(st.builds(Box, *[st.integers(-3, 12)] * 4), min_size=1, max_size=3))
    span = outcome(parts, *boxes)[0].value.span
    cuts = sorted(data.draw(st.lists(st.integers(0, span.length), max_size=5)))
    pieces = [span.read(start, stop) for start, stop in zip([0, *cuts], [*cuts, span.length], strict=True)]
    assert b"".join(pieces) == span.read()


def test_fragments_of_a_redacted_value_are_of_even_length_behind_an_empty_table():
    parts = compressed(pixels_of("u1", count=2), LOSSLESS["JPEG-LS"])
    result, _ = outcome(parts, BOX)
    items = list(fragments(Span(result.value.span.read(), 0, result.value.span.length))[0])
    assert [length % 2 for _, length in items] == [0, 0, 0]
    assert items[0][1] == 0


def boxes() -> Iterator[Box]:
    yield from (Box(0, 0, 2, 2), Box(5, 1, 9, 3), Box(-4, 6, 200, 99))


def test_boxes_may_reach_beyond_the_image():
    pixels = pixels_of("u2")
    parts = image_file(pixels.tobytes(), Rows=ROWS, Columns=COLUMNS, BitsAllocated=16, BitsStored=16, HighBit=15)
    result, _ = outcome(parts, *boxes())
    [now] = after(result)
    assert (now[6] == now.min()).all()
    assert np.array_equal(now[3:6], pixels[0, 3:6])
