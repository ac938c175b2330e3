"""Corners of compressed frames: fragments, colour that is told twice, samples narrower or wider than the header says."""

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from dicomconv.errors import Undecodable
from dicomconv.model import Span
from dicomconv.part10 import join, split
from dicomconv.pixels.codecs import decode_frame
from dicomconv.pixels.decode import frames
from dicomconv.pixels.describe import describe
from dicomconv.pixels.modality import stored_values
from tests.pixels.hostile import segment
from tests.pixels.pixel_files import EXPLICIT, frames_of, grey_format, image_file, rle
from tests.pixels.streams import COLUMNS, FAMILY, ROWS, deflated, encapsulated, picture

JPEG, JPEG_LOSSLESS, JPEG_LS, JPEG_2000, HTJ2K, JPEG_XL = (f"{FAMILY}{last}" for last in (50, 70, 80, 90, 201, 110))
RLE, DEFLATED, UNCOMPRESSED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98"
GREY, COLOUR = picture(8), picture(8, 3)
SIZE = {"rows": ROWS, "columns": COLUMNS}


def decoded(data: bytes, syntax: str, bits: int = 8, **fields: Any) -> np.ndarray:
    """One frame through the decoder; 8 bits allocated unless more are said."""
    allocated = {"bits_allocated": 8 if bits <= 8 else 16}
    return decode_frame(data, grey_format(bits, **SIZE | allocated | {"transfer_syntax_uid": syntax} | fields))


def rgb(data: bytes, syntax: str, photometric: str, **fields: Any) -> np.ndarray:
    return decoded(data, syntax, samples_per_pixel=3, photometric_interpretation=photometric, **fields)


def jpeg(space: str, **options: Any) -> bytes:
    """A JPEG of the colour picture whose components are `space`, without JFIF and Adobe markers."""
    data = bytes(imagecodecs.jpeg8_encode(COLOUR, 95, colorspace="RGB", outcolorspace=space, subsampling="444", **options))
    at = 2
    while data[at + 1] in (0xE0, 0xEE):
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return data[:2] + data[at:]


def with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    return data[:2] + segment(marker, content) + data[2:]


JFIF, ADOBE_RGB, ADOBE_YBR = b"JFIF\0\1\1\0\0\1\0\1\0\0", b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\1"


@pytest.mark.parametrize(
    ("space", "marker", "photometric"),
    [
        ("YCBCR", None, "YBR_FULL"),
        ("YCBCR", None, "YBR_FULL_422"),
        ("YCBCR", (0xE0, JFIF), "RGB"),  # the header is wrong
        ("YCBCR", (0xEE, ADOBE_YBR), "RGB"),
        ("RGB", (0xEE, ADOBE_RGB), "YBR_FULL_422"),
        ("RGB", (0xEE, ADOBE_RGB), "RGB"),
    ],
)
def test_jpegs_own_word_on_its_colour_comes_before_the_headers(space: str, marker: Any, photometric: str) -> None:
    data = jpeg(space)
    if space == "YCBCR":
        assert describe(data).colour == ""
    data = with_segment(data, *marker) if marker else data
    assert np.abs(rgb(data, JPEG, photometric).astype(int) - COLOUR).mean() < 6


def test_components_named_r_g_b_are_red_green_and_blue_whatever_the_header_says() -> None:
    data = jpeg("RGB")
    assert describe(data).colour == "RGB"
    assert np.abs(rgb(data, JPEG, "YBR_FULL_422").astype(int) - COLOUR).mean() < 6


@pytest.mark.parametrize("syntax", [JPEG, JPEG_2000, RLE, JPEG_LS])
def test_planar_configuration_means_nothing_for_what_is_compressed(syntax: str) -> None:
    planes = [rle(COLOUR[..., sample].tobytes())[64:] for sample in range(3)]
    starts = [64 + sum(map(len, planes[:number])) for number in range(3)]
    data = {
        JPEG: jpeg("RGB"),
        JPEG_2000: bytes(imagecodecs.jpeg2k_encode(COLOUR, codecformat="J2K", reversible=True)),
        JPEG_LS: bytes(imagecodecs.jpegls_encode(COLOUR)),
        RLE: struct.pack("<16I", 3, *starts, *[0] * 12) + b"".join(planes),
    }[syntax]
    by_pixel, by_plane = (rgb(data, syntax, "RGB", planar_configuration=planar) for planar in (0, 1))
    assert np.array_equal(by_pixel, by_plane)
    assert syntax == JPEG or np.array_equal(by_plane, COLOUR)


@pytest.mark.parametrize("syntax", [DEFLATED, UNCOMPRESSED])
def test_planar_configuration_counts_where_pixels_are_native_inside(syntax: str) -> None:
    planes = np.moveaxis(COLOUR, -1, 0).tobytes()
    data = deflated(planes) if syntax == DEFLATED else planes
    attributes = {"Rows": ROWS, "Columns": COLUMNS, "SamplesPerPixel": 3, "PlanarConfiguration": 1}
    (frame,), stored, _ = frames_of(image_file([data], syntax, PhotometricInterpretation="RGB", **attributes))
    assert np.array_equal(frame, COLOUR)
    assert stored.planar_configuration == 0


def test_8_bits_of_a_codestream_fit_into_16_allocated() -> None:
    data = bytes(imagecodecs.jpeg2k_encode(GREY, codecformat="J2K", reversible=True))
    assert np.array_equal(decoded(data, JPEG_2000, 16), GREY)


def test_values_beyond_bits_allocated_are_said_and_not_cut_off() -> None:
    data = bytes(imagecodecs.jpeg2k_encode(picture(16), codecformat="J2K", reversible=True))
    with pytest.raises(Undecodable, match="larger values"):
        decoded(data, JPEG_2000, 8)


def test_a_signed_codestream_under_an_unsigned_header_keeps_its_bits() -> None:
    signed = picture(12, signed=True)
    data = bytes(imagecodecs.jpeg2k_encode(signed, codecformat="J2K", reversible=True, bitspersample=12))
    assert np.array_equal(decoded(data, JPEG_2000, 12), signed.astype(np.int64) & 0xFFF)


@pytest.mark.parametrize("predictor", range(1, 8))
def test_lossless_jpeg_knows_no_sign_and_the_header_gives_it_back(predictor: int) -> None:
    signed = picture(16, signed=True)
    data = bytes(imagecodecs.jpeg8_encode(signed.view(np.uint16), lossless=True, predictor=predictor, bitspersample=16))
    assert np.array_equal(decoded(data, JPEG_LOSSLESS, 16, pixel_representation=1), signed)


def test_a_codestream_wider_than_bits_stored_is_masked_as_native_pixels_are() -> None:
    data = bytes(imagecodecs.jpeg2k_encode(picture(16), codecformat="J2K", reversible=True))
    format = grey_format(12, **SIZE, transfer_syntax_uid=JPEG_2000)
    assert np.array_equal(stored_values(decode_frame(data, format), format), picture(16) & 0xFFF)


@pytest.mark.skipif(shutil.which("dcmcjpls") is None, reason="dcmtk's dcmcjpls is not installed")
@pytest.mark.parametrize("interleave", ["+il", "+is", "+in"])
def test_jpeg_ls_is_read_in_every_interleave_mode(interleave: str, tmp_path: Path) -> None:
    native = image_file(COLOUR, PlanarConfiguration=0, SOPInstanceUID="1.2.3")
    (tmp_path / "native.dcm").write_bytes(b"".join(join(native)))
    subprocess.run(["dcmcjpls", interleave, tmp_path / "native.dcm", tmp_path / "made.dcm"], check=True, timeout=60)
    assert np.array_equal(frames_of(split(tmp_path / "made.dcm"))[0][0], COLOUR)


def test_hps_colour_transform_of_jpeg_ls_is_undone() -> None:
    red, green, blue = (COLOUR[..., sample] for sample in range(3))
    transformed = np.stack([red - green + 128, green, blue - green + 128], axis=-1).astype(np.uint8)
    data = with_segment(bytes(imagecodecs.jpegls_encode(transformed)), 0xE8, b"mrfx\1")
    assert np.array_equal(rgb(data, JPEG_LS, "RGB"), COLOUR)


def test_a_jpeg_that_tells_its_rows_behind_the_scan_is_read() -> None:
    data = bytes(imagecodecs.jpeg8_encode(GREY, 95))
    at = describe(data).rows_at
    late = data[:at] + b"\0\0" + data[at + 2 : -2] + segment(0xDC, struct.pack(">H", ROWS)) + data[-2:]
    assert describe(late).rows == 0
    assert np.array_equal(decoded(late, JPEG), decoded(data, JPEG))


@pytest.mark.parametrize("syntax", [JPEG, JPEG_LOSSLESS, JPEG_LS, HTJ2K, JPEG_XL])
def test_a_frame_is_decoded_by_what_it_is_and_not_by_its_transfer_syntax(syntax: str) -> None:
    for data in (
        bytes(imagecodecs.jpeg2k_encode(GREY, codecformat="JP2", reversible=True)),
        bytes(imagecodecs.jpegls_encode(GREY)),
        bytes(imagecodecs.jpegxl_encode(GREY, lossless=True)),
        bytes(imagecodecs.jpeg8_encode(GREY, lossless=True)),
    ):
        assert np.array_equal(decoded(data, syntax), GREY)


def test_what_boxes_around_jpeg_2000_say_of_the_colour_counts_for_nothing() -> None:
    naked, boxed = (
        bytes(imagecodecs.jpeg2k_encode(COLOUR, codecformat=kind, reversible=True, mct=False, colorspace="SYCC"))
        for kind in ("J2K", "JP2")
    )
    assert np.array_equal(rgb(boxed, JPEG_2000, "RGB"), rgb(naked, JPEG_2000, "RGB"))
    assert np.array_equal(rgb(boxed, JPEG_2000, "RGB"), COLOUR)


def test_a_transparent_jpeg_xl_is_no_frame() -> None:
    data = bytes(imagecodecs.jpegxl_encode(np.dstack([COLOUR, GREY]), lossless=True))
    with pytest.raises(Undecodable, match="more channels"):
        rgb(data, JPEG_XL, "RGB")


def test_of_several_pictures_in_a_jpeg_xl_the_first_is_the_frame() -> None:
    data = bytes(imagecodecs.jpegxl_encode(np.stack([COLOUR, COLOUR[::-1]]), lossless=True, photometric="RGB"))
    assert np.array_equal(rgb(data, JPEG_XL, "RGB"), COLOUR)


def test_real_numbers_in_a_jpeg_xl_are_not_taken_for_bits() -> None:
    data = bytes(imagecodecs.jpegxl_encode(GREY.astype("f4") / 255, lossless=True))
    with pytest.raises(Undecodable, match="real numbers"):
        decode_frame(data, grey_format(32, **SIZE, bits_allocated=32, transfer_syntax_uid=JPEG_XL))


def test_four_samples_of_a_jpeg_are_frames_without_a_picture() -> None:
    four = np.dstack([COLOUR, GREY])
    data = bytes(imagecodecs.jpeg8_encode(four, 95, colorspace="CMYK", outcolorspace="CMYK"))
    frame = decoded(data, JPEG, samples_per_pixel=4, photometric_interpretation="CMYK")
    assert np.abs(frame.astype(int) - four).mean() < 6


@pytest.mark.parametrize(("length", "kept"), [(1, 100), (60, None)])
def test_a_cut_frame_of_jpeg_ls_is_undecodable(length: int, kept: int | None) -> None:
    data = bytes(imagecodecs.jpegls_encode(GREY))
    with pytest.raises(Undecodable, match="damaged"):
        decoded(data[: kept or -length], JPEG_LS)


def test_a_cut_frame_of_htj2k_is_undecodable_or_blurred_and_never_rubbish() -> None:
    data = bytes(imagecodecs.htj2k_encode(GREY, reversible=True))
    for stop in range(150, len(data), 40):
        try:
            frame = decoded(data[:stop], HTJ2K)
        except Undecodable:
            continue
        assert frame.shape == GREY.shape


def lossless_frames(count: int, *, odd: bool) -> list[bytes]:
    """Frames of JPEG 2000, of odd or even length."""
    found = []
    for number in range(count):
        data = bytes(imagecodecs.jpeg2k_encode(picture(8, number=number), codecformat="J2K", reversible=True))
        filler = (len(data) + odd) % 2
        found.append(data[:-2] + data[-2:] + b"\0" * filler)
    return found


def offsets_of(items: list[bytes]) -> list[int]:
    """Where items begin, counted from the first one's tag (PS3.5 A.4)."""
    return [sum(8 + len(item) for item in items[:number]) for number in range(len(items))]


def layouts() -> dict[str, bytes]:
    """Three frames in every way in which fragments may stand."""
    frames_ = lossless_frames(3, odd=False)
    pieces = [piece for frame in frames_ for piece in (frame[:100], frame[100:200], frame[200:])]
    starts = struct.pack("<3I", *offsets_of(pieces)[::3])
    return {
        "a fragment each, no table": encapsulated(frames_),
        "a fragment each, a table": encapsulated(frames_, struct.pack("<3I", *offsets_of(frames_))),
        "a fragment each, padded": encapsulated(lossless_frames(3, odd=True)),
        "a fragment each, a table that is wrong": encapsulated(frames_, struct.pack("<3I", 0, 2, 4)),
        "three fragments each, a table": encapsulated(pieces, starts),
        "three fragments each, no table": encapsulated(pieces),
        "three fragments each, a table that is wrong": encapsulated(pieces, struct.pack("<3I", 0, 6, 8)),
        "an empty fragment behind": encapsulated([*frames_, b""], struct.pack("<3I", *offsets_of(frames_))),
    }


@pytest.mark.parametrize("name", layouts())
def test_frames_are_found_however_their_fragments_stand(name: str) -> None:
    value = layouts()[name]
    format = grey_format(8, bits_allocated=8, **SIZE, number_of_frames=3, transfer_syntax_uid=JPEG_2000)
    found = list(frames(format, Span(value, 0, len(value))))
    assert [frame.tolist() for frame in found] == [picture(8, number=number).tolist() for number in range(3)]


def test_frames_in_one_fragment_are_a_sentence() -> None:
    value = encapsulated([b"".join(lossless_frames(3, odd=False))])
    format = grey_format(8, bits_allocated=8, **SIZE, number_of_frames=3, transfer_syntax_uid=JPEG_2000)
    with pytest.raises(Undecodable, match="fewer fragments"):
        list(frames(format, Span(value, 0, len(value))))


def test_an_extended_offset_table_beyond_4_gib_is_no_harm() -> None:
    frames_ = lossless_frames(3, odd=False)
    offsets = struct.pack("<3Q", 0, 1 << 33, 1 << 34)
    layout = {"Rows": ROWS, "Columns": COLUMNS, "NumberOfFrames": 3, "ExtendedOffsetTable": offsets}
    parts = image_file(frames_, JPEG_2000, **layout, ExtendedOffsetTableLengths=struct.pack("<3Q", *map(len, frames_)))
    found, stored, _ = frames_of(parts)
    assert np.array_equal(np.stack(found), np.stack([picture(8, number=number) for number in range(3)]))
    assert stored.transfer_syntax_uid == EXPLICIT


@pytest.mark.parametrize("syntax", [JPEG_2000, JPEG_XL])
def test_one_bit_pixels_come_out_of_codestreams_of_one_bit(syntax: str) -> None:
    bits = picture(8) >> 7
    encoder = {JPEG_2000: imagecodecs.jpeg2k_encode, JPEG_XL: imagecodecs.jpegxl_encode}[syntax]
    options = {"codecformat": "J2K", "reversible": True} if syntax == JPEG_2000 else {"lossless": True}
    data = bytes(encoder(bits, bitspersample=1, **options))
    assert describe(data).precision == 1
    assert np.array_equal(decoded(data, syntax, 1, bits_allocated=1), bits)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_of_a_jpeg_xl_is_that_after_its_orientation(orientation: int) -> None:
    """Bits of the header: size of 19 x 27, its own metadata with extra fields, orientation (ISO 18181-1 D.2, D.3)."""
    plain = bytes(imagecodecs.jpegxl_encode(GREY, lossless=True))
    bits = int.from_bytes(plain[2:], "little")
    size = 1 + 2 + 9 + 3 + 2 + 9
    assert (bits >> size) & 3 == 0  # metadata of its own, no extra fields
    before, behind = bits & ((1 << size) - 1), bits >> (size + 2)
    turned = before | (2 | (orientation - 1) << 2) << size | behind << (size + 8)
    codestream = describe(b"\xff\x0a" + turned.to_bytes(len(plain) + 1, "little"))
    assert (codestream.rows, codestream.columns) == ((ROWS, COLUMNS) if orientation < 5 else (COLUMNS, ROWS))
    assert (codestream.samples, codestream.precision) == (1, 8)
