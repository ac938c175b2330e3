

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dicomconv.errors import Undecodable
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.photometric import ybr_to_rgb
from tests.pixels.pixel_files import (
    EXPLICIT,
    JPEG_2000,
    RLE,
    frames_of,
    image_file,
    rle,
)


def jpeg_2000(pixels: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="J2K", reversible=True))


def test_one_fragment_per_frame_needs_no_offset_table():
    pixels = np.arange(60, dtype="u1").reshape(4, 3, 5)
    found, format, _ = frames_of(image_file([rle(frame.tobytes()) for frame in pixels], RLE, NumberOfFrames=4))
    assert np.array_equal(np.stack(found), pixels)
    assert format.transfer_syntax_uid == EXPLICIT


def test_a_single_frame_may_come_in_many_fragments():
    pixels = np.arange(16 * 20, dtype="<u2").reshape(16, 20)
    data = jpeg_2000(pixels)
    pieces = [data[at : at + 40] for at in range(0, len(data), 40)]
    attributes = {"Rows": 16, "Columns": 20, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15}
    found, _, _ = frames_of(image_file(pieces, JPEG_2000, **attributes))
    assert len(pieces) > 2
    assert np.array_equal(found[0], pixels)


def test_frames_in_several_fragments_are_told_apart_by_how_they_begin():
    pixels = np.arange(2 * 16 * 20, dtype="<u2").reshape(2, 16, 20)
    pieces = [data[start:stop] for data in map(jpeg_2000, pixels) for start, stop in ((0, 60), (60, None))]
    attributes = {"Rows": 16, "Columns": 20, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "NumberOfFrames": 2}
    assert np.array_equal(np.stack(frames_of(image_file(pieces, JPEG_2000, **attributes))[0]), pixels)


@settings(max_examples=25, deadline=None)
@given(arrays(np.int16, (3, 5), elements=st.integers(-2048, 2047)), st.sampled_from([JPEG_2000, RLE]))
def test_signed_pixels_of_12_bits_come_back_signed(pixels, syntax):
    if syntax == RLE:
        data = [_rle16(pixels)]
    else:  # an encoder that knows nothing of the sign: 12 bits, unsigned
        bits = (pixels & 0xFFF).astype(np.uint16)
        data = [bytes(imagecodecs.jpeg2k_encode(bits, codecformat="J2K", reversible=True, bitspersample=12))]
    attributes = {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    (frame,), format, _ = frames_of(image_file(data, syntax, **attributes))
    assert np.array_equal(stored_values(frame, format), pixels)
    assert np.array_equal(frame, pixels)
    assert frame.dtype == np.dtype("<i2")


def _rle16(pixels: np.ndarray) -> bytes:
    """Two segments, the high bytes first."""
    high, low = (segment.tobytes() for segment in pixels.astype(">i2").view(np.uint8).reshape(-1, 2).T)
    runs = [rle(part)[64:] for part in (high, low)]
    return struct.pack("<16I", 2, 64, 64 + len(runs[0]), *[0] * 13) + b"".join(runs)


def test_colour_in_jpeg_2000_comes_as_rgb_by_pixel():
    rgb = np.random.default_rng(5).integers(0, 256, (16, 20, 3), np.uint8)
    data = imagecodecs.jpeg2k_encode(rgb, codecformat="J2K", reversible=True, mct=True)
    attributes = {"Rows": 16, "Columns": 20, "SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_RCT"}
    (frame,), format, _ = frames_of(image_file([bytes(data)], JPEG_2000, **attributes))
    assert np.array_equal(frame, rgb)
    assert (format.photometric_interpretation, format.planar_configuration) == ("RGB", 0)


@pytest.mark.parametrize("photometric_interpretation", ["RGB", "YBR_FULL"])
def test_lossless_jpeg_is_converted_only_if_it_is_luminance_and_chrominance(photometric_interpretation):
    samples = np.random.default_rng(6).integers(60, 190, (16, 20, 3), np.uint8)
    space = "RGB" if photometric_interpretation == "RGB" else "YCBCR"
    data = imagecodecs.jpeg8_encode(samples, lossless=True, colorspace=space, outcolorspace=space)
    layout = {"Rows": 16, "Columns": 20, "SamplesPerPixel": 3, "PhotometricInterpretation": photometric_interpretation}
    (frame,), _, _ = frames_of(image_file([bytes(data)], "1.2.840.10008.1.2.4.70", **layout))
    assert np.array_equal(frame, samples if space == "RGB" else ybr_to_rgb(samples, 8))


@pytest.mark.parametrize("damage", [
    lambda data: data[:20],
    lambda data: struct.pack("<I", 15) + data[4:],
    lambda data: data[:4] + struct.pack("<I", 0xFFFFFF00) + data[8:],
    lambda data: data[:4] + struct.pack("<I", 8) + data[8:],
    lambda data: data[:64] + b"\x7f" + data[65:],
    lambda data: data[:70],
], ids=["header cut", "many segments", "segment beyond", "segment in header", "run beyond", "segment cut"])  # fmt: skip
def test_damaged_run_lengths_are_undecodable(damage):
    with pytest.raises(Undecodable):
        frames_of(image_file([damage(rle(bytes(range(15))))], RLE))


def test_run_lengths_may_be_followed_by_padding():
    data = rle(bytes(range(15))) + b"\0\0"
    assert frames_of(image_file([data], RLE))[0][0].ravel().tolist() == list(range(15))


def test_encapsulated_uncompressed_and_deflated_frames_are_read():
    pixels = np.arange(15, dtype="<u2").reshape(3, 5)
    deflater = zlib.compressobj(wbits=-15)
    deflated = deflater.compress(pixels.tobytes()) + deflater.flush()
    attributes = {"BitsAllocated": 16, "BitsStored": 16, "HighBit": 15}
    for syntax, data in (("1.2.840.10008.1.2.1.98", pixels.tobytes()), ("1.2.840.10008.1.2.8.1", deflated)):
        parts = image_file([data], syntax, **attributes)
        assert np.array_equal(frames_of(parts)[0][0], pixels), syntax


def test_what_lossy_high_throughput_jpeg_2000_drives_beyond_white_is_white():
    image = np.where(np.indices((64, 64)).sum(axis=0) // 8 % 2, 255, 0).astype(np.uint8)
    data = bytes(imagecodecs.htj2k_encode(image, reversible=False))
    (frame,), _, _ = frames_of(image_file([data], "1.2.840.10008.1.2.4.203", Rows=64, Columns=64))
    assert np.abs(frame.astype(int) - image).max() < 20  # OpenJPH gives 0 for 256
