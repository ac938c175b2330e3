

from dataclasses import replace

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom.pixels import get_decoder
from pydicom.uid import UID, UID_dictionary

from dicomconv.declared import as_declared
from dicomconv.errors import Undecodable
from dicomconv.model import Span
from dicomconv.part10 import split
from dicomconv.pixels.decode import decoder_name, frames, is_direct, stored_format
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.photometric import to_rgb
from tests.pixels.pixel_files import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    JPEG_2000,
    RLE,
    format_of,
    frames_of,
    image_file,
    rle,
    wheel_files,
)

PILLOW_TURNS = {"GDCMJ2K_TextGBR.dcm"}
ENCAPSULATED = {uid for uid in map(UID, UID_dictionary) if uid.is_transfer_syntax and uid.is_compressed}
NO_DECODER_READS = {"JPEG2000-embedded-sequence-delimiter.dcm", "nested_priv_SQ.dcm"}
PYDICOM_CANNOT = {"JPEG-lossy.dcm", "JPGExtended.dcm", "badVR.dcm", "OT-PAL-8-face.dcm"}


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("path", wheel_files(), ids=lambda path: path.name)
def test_files_of_pydicoms_wheel_hold_the_pixels_that_pydicom_finds(path):
    parts = as_declared(split(path))
    if path.name in NO_DECODER_READS:
        with pytest.raises(Undecodable):
            frames_of(parts)
        return
    found, format, _ = frames_of(parts)
    if path.name in PYDICOM_CANNOT:
        return
    if parts.transfer_syntax_uid in ENCAPSULATED and not get_decoder(parts.transfer_syntax_uid).is_available:
        pytest.skip("pydicom has no decoder for this transfer syntax on this machine")
    if path.name in PILLOW_TURNS and get_decoder(parts.transfer_syntax_uid).available_plugins == ("pillow",):
        pytest.skip("Pillow, pydicom's only decoder here, takes these samples for YCbCr; gdcm and OpenJPEG do not")
    theirs = pydicom.dcmread(path, force=True).pixel_array.reshape(-1, *found[0].shape[:2], *found[0].shape[2:])
    for frame, expected in zip(found, theirs, strict=True):
        values = to_rgb(frame, format) if format.samples_per_pixel == 3 else stored_values(frame, format)
        assert np.array_equal(values.reshape(expected.shape), expected, equal_nan=expected.dtype.kind == "f")


@pytest.mark.parametrize("path", wheel_files(), ids=lambda path: path.name)
def test_frames_of_direct_files_are_the_beginning_of_the_pixel_value(path):
    parts = as_declared(split(path))
    try:
        found, stored, _ = frames_of(parts)
    except Undecodable:
        return
    assert {8 * frame.dtype.itemsize for frame in found} == {stored.bits_allocated}
    joined = b"".join(frame.tobytes() for frame in found)
    if is_direct(format_of(parts), parts.pixels.length):
        assert parts.pixels.read(0, len(joined)) == joined


@settings(max_examples=30, deadline=None)
@given(
    arrays(st.sampled_from(["<u1", "<u2", "<i2", "<u4", ">u2", ">i2"]), st.just((3, 5))),
    st.integers(1, 3),
)
def test_native_grey_frames_are_direct_in_either_byte_order(pixels, count):
    syntax = BIG if pixels.dtype.byteorder == ">" else EXPLICIT
    value = pixels.tobytes() * count
    vr = "OB" if pixels.dtype.itemsize == 1 else "OW"
    bits = 8 * pixels.dtype.itemsize
    layout = {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1, "NumberOfFrames": count}
    layout |= {"PixelRepresentation": int(pixels.dtype.kind == "i")}
    found, format, _ = frames_of(image_file(value + b"\0" * (len(value) % 2), syntax, vr=vr, **layout))
    assert [frame.tolist() for frame in found] == [pixels.tolist()] * count
    assert stored_format(format) == format
    assert all(frame.dtype == pixels.dtype for frame in found)


class WatchedSpan(Span):
    """A span of zeros that remembers what was read of it."""

    reads: list[tuple[int, int]] = []  # noqa: RUF012

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        self.reads.append((start, stop))
        return bytes(stop - start)

    view = read


def test_frames_are_read_one_by_one():
    format = replace(format_of(image_file(np.zeros((3, 5), "<u2"))), number_of_frames=1000)
    next(frames(format, WatchedSpan(b"", 0, 30000)))
    assert WatchedSpan.reads == [(0, 30)]


def test_planar_colour_stands_by_plane():
    pixels = np.arange(45, dtype="u1").reshape(3, 3, 5)
    parts = image_file(pixels.tobytes() + b"\0", Rows=3, Columns=5, SamplesPerPixel=3, PlanarConfiguration=1)
    (frame,), format, _ = frames_of(parts)
    assert np.array_equal(frame, pixels)
    assert np.array_equal(to_rgb(frame, format), np.moveaxis(pixels, 0, -1))


def test_one_bit_pixels_are_unpacked_across_frames_that_share_a_byte():
    bits = np.random.default_rng(3).integers(0, 2, (3, 3, 5), np.uint8)
    value = np.packbits(bits.ravel(), bitorder="little").tobytes()
    parts = image_file(value, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=3)
    found, format, _ = frames_of(parts)
    assert np.array_equal(np.stack(found), bits)
    assert (format.bits_allocated, format.bits_stored, is_direct(format_of(parts), 99)) == (8, 1, False)


def test_8_bit_pixels_in_big_endian_words_are_swapped_back():
    pixels = np.arange(30, dtype="u1").reshape(2, 3, 5)
    swapped = pixels.tobytes()
    value = np.frombuffer(swapped, "<u2").astype(">u2").tobytes()
    parts = image_file(value, BIG, NumberOfFrames=2)
    found, _, _ = frames_of(parts)
    assert np.array_equal(np.stack(found), pixels)
    assert not is_direct(format_of(parts), 30)


def test_8_bit_pixels_in_big_endian_bytes_stand_as_they_are():
    pixels = np.arange(30, dtype="u1").reshape(5, 6)
    parts = image_file(pixels, BIG, vr="OB")
    assert np.array_equal(frames_of(parts)[0][0], pixels)
    assert is_direct(format_of(parts), 30)


def test_ges_private_syntax_has_big_endian_pixels():
    format = replace(format_of(image_file(np.zeros((1, 2), "<u2"))), transfer_syntax_uid="1.2.840.113619.5.2")
    assert next(frames(format, Span(b"\1\2\3\4", 0, 4))).tolist() == [[0x0102, 0x0304]]


def test_subsampled_chrominance_is_given_to_both_columns():
    value = bytes([100, 150, 128, 128, 30, 60, 128, 128])
    parts = image_file(value, Rows=2, Columns=2, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422")
    (frame,), format, _ = frames_of(parts)
    assert frame[..., 0].tolist() == frame[..., 2].tolist() == [[100, 150], [30, 60]]
    assert format.photometric_interpretation == "RGB"


def test_chrominance_that_claims_to_be_subsampled_and_is_not_is_read_in_full():
    value = bytes([100, 128, 128, 150, 128, 128])
    parts = image_file(value, Rows=1, Columns=2, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422")
    assert frames_of(parts)[0][0].tolist() == [[[100] * 3, [150] * 3]]


@pytest.mark.parametrize(
    "claim",
    [{"Rows": 65535}, {"NumberOfFrames": 2**31 - 1}, {"Rows": 4}, {"SamplesPerPixel": 3}],
    ids=str,
)
def test_a_header_that_claims_more_than_the_value_holds_is_refused(claim):
    with pytest.raises(Undecodable, match="shorter"):
        frames_of(image_file(np.zeros((3, 5), "<u2"), **claim))


def test_a_compressed_frame_larger_than_2_gib_is_refused_before_it_is_read():
    parts = image_file([b"\0" * 64], RLE, Rows=65535, Columns=65535)
    with pytest.raises(Undecodable, match="2 GiB"):
        frames_of(parts)


def test_more_frames_than_fragments_are_refused():
    with pytest.raises(Undecodable, match="fewer fragments"):
        frames_of(image_file([rle(bytes(15))], RLE, NumberOfFrames=1000000))


def test_a_codestream_of_another_size_is_refused_before_it_is_decoded():
    data = imagecodecs.jpeg2k_encode(np.zeros((30, 50), np.uint8), codecformat="J2K", reversible=True)
    with pytest.raises(Undecodable, match="another size"):
        frames_of(image_file([data], JPEG_2000))


@pytest.mark.parametrize(
    ("syntax", "reason"),
    [("1.2.3.4", "no decoder"), ("1.2.840.10008.1.2.4.102", "video"), ("1.2.840.10008.1.2.4.94", "JPIP")],
)
def test_unknown_syntaxes_and_video_say_so(syntax, reason):
    format = format_of(image_file(np.zeros((3, 5), "u1")))
    with pytest.raises(Undecodable, match=reason):
        frames(replace(format, transfer_syntax_uid=syntax), Span(b"", 0, 0))


def test_a_damaged_frame_is_undecodable_in_words_of_our_own():
    with pytest.raises(Undecodable, match="damaged") as caught:
        frames_of(image_file([b"\xff\xd8" + bytes(range(60))], JPEG_2000))
    assert caught.value.__cause__ is None


def test_the_decoder_is_named_with_its_version_where_something_is_decoded():
    native = format_of(image_file(np.zeros((3, 5), "<u2"), IMPLICIT))
    assert decoder_name(native) == ""
    assert decoder_name(format_of(image_file([rle(bytes(15))], RLE))).startswith("imagecodecs 2")
