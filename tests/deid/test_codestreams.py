"""Frames of every codec: what was spliced in comes out again, the pixels stay, and damage is no harm."""

import struct
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageCms

from dicomconv.deid.codestream import jpeg2000
from dicomconv.deid.codestream.boxes import surplus_of_jpeg_xl
from dicomconv.deid.codestream.edits import Searched, Walker, edited, searched
from dicomconv.deid.codestream.jpeg import surplus_of_jpeg, surplus_of_jpeg_ls
from tests.deid.codestreams import (
    SECRET,
    box,
    jpeg_2000_headers,
    jpeg_2000s,
    jpeg_ls_places,
    jpeg_lss,
    jpeg_places,
    jpegs,
    picture,
    segment,
    stripped,
    tile_lengths,
    with_tile_comment,
    with_tlm,
)

Decoder = Callable[[bytes], Any]
DECODERS: dict[Walker, Decoder] = {
    surplus_of_jpeg: imagecodecs.jpeg8_decode,
    surplus_of_jpeg_ls: imagecodecs.jpegls_decode,
    jpeg2000.surplus: imagecodecs.jpeg2k_decode,
}
FRAMES = [
    *((surplus_of_jpeg, frame) for frame in jpegs().values()),
    *((surplus_of_jpeg_ls, frame) for frame in jpeg_lss().values()),
    *((jpeg2000.surplus, frame) for frame in jpeg_2000s().values()),
]
SEQUENTIAL = [case for case in FRAMES if case[0] is not jpeg2000.surplus]
COMMENTS = st.binary(max_size=40).filter(lambda comment: not comment.startswith((b"JFIF", b"Adobe", b"mrfx")))
APPLICATION_DATA = st.sampled_from([0xFE, *range(0xE0, 0xF0)])


def clean(walker: Walker, frame: bytes) -> bytes:
    """A frame without the comments that its encoder put there."""
    return stripped(frame, walker)


def places(walker: Walker, frame: bytes) -> list[int]:
    """Where a marker segment may be put into a frame of JPEG or JPEG-LS."""
    return jpeg_places(frame) if walker is surplus_of_jpeg else jpeg_ls_places(frame)


@pytest.mark.parametrize(("walker", "frame"), FRAMES)
def test_the_pixels_of_a_stripped_frame_are_those_of_the_frame(walker: Walker, frame: bytes) -> None:
    decode = DECODERS[walker]
    assert np.array_equal(decode(clean(walker, frame)), decode(frame))


@pytest.mark.parametrize(("walker", "frame"), FRAMES)
def test_a_stripped_frame_stays_as_it_is(walker: Walker, frame: bytes) -> None:
    assert searched(clean(walker, frame), walker) == Searched((), True)


@pytest.mark.parametrize(("walker", "frame"), SEQUENTIAL)
@settings(deadline=None)
@given(data=st.data())
def test_segments_spliced_in_anywhere_come_out_again(walker: Walker, frame: bytes, data: st.DataObject) -> None:
    plain = spliced = clean(walker, frame)
    for place in sorted(data.draw(st.sets(st.sampled_from(places(walker, plain)), max_size=3)), reverse=True):
        comment = segment(data.draw(APPLICATION_DATA), data.draw(COMMENTS))
        fill = b"\xff" * data.draw(st.sampled_from([0, 0, 2]))
        spliced = spliced[:place] + fill + comment + spliced[place:]
    spliced = data.draw(st.sampled_from([b"", SECRET])) + spliced + data.draw(st.sampled_from([b"", SECRET]))
    assert stripped(spliced, walker) == plain


@pytest.mark.parametrize("frame", jpeg_2000s().values(), ids=jpeg_2000s())
@settings(deadline=None)
@given(data=st.data())
def test_comments_spliced_into_any_header_of_jpeg_2000_come_out_again(frame: bytes, data: st.DataObject) -> None:
    plain = clean(jpeg2000.surplus, frame)
    if has_table := data.draw(st.booleans()):
        plain = with_tlm(plain, tile_lengths(plain), wide=data.draw(st.booleans()))
    spliced = plain
    for start, at in reversed([(start, at) for start, found in jpeg_2000_headers(plain) for at in found]):
        comment = segment(data.draw(st.sampled_from([0x64, 0x67])), b"\0\1" + data.draw(COMMENTS))
        if data.draw(st.booleans()):
            is_main = start == 0
            spliced = (
                spliced[:at] + comment + spliced[at:] if is_main else with_tile_comment(spliced, start, at, comment)
            )
    if has_table:
        spliced = with_lengths_followed(spliced, plain)
    assert stripped(spliced + data.draw(st.sampled_from([b"", SECRET])), jpeg2000.surplus) == plain


def with_lengths_followed(spliced: bytes, plain: bytes) -> bytes:
    """The frame with the lengths that its tile-parts have now in its TLM segment."""
    size = 4 if plain[spliced_table(plain) + 5] & 0x40 else 2
    at = spliced_table(spliced) + 6
    for length in tile_lengths(spliced):
        spliced = spliced[: at + 1] + length.to_bytes(size, "big") + spliced[at + 1 + size :]
        at += 1 + size
    return spliced


def spliced_table(frame: bytes) -> int:
    """Where the TLM segment is."""
    return next(at for start, found in jpeg_2000_headers(frame) for at in found if not start and frame[at + 1] == 0x55)


@pytest.mark.parametrize("frame", jpeg_2000s().values(), ids=jpeg_2000s())
def test_the_last_tile_part_may_leave_its_length_open(frame: bytes) -> None:
    start = [start for start, _ in jpeg_2000_headers(frame) if start][-1]
    open_ended = frame[: start + 6] + bytes(4) + frame[start + 10 :]
    at = start + 12
    plain = stripped(open_ended, jpeg2000.surplus)
    assert stripped(open_ended[:at] + segment(0x64) + open_ended[at:] + SECRET, jpeg2000.surplus) == plain


@pytest.mark.parametrize("kept", [
    segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0"), segment(0xEE, b"Adobe\0\x64\0\0\0\0\1"),
])  # fmt: skip
def test_what_says_the_colours_of_a_jpeg_stays(kept: bytes) -> None:
    plain = clean(surplus_of_jpeg, jpegs()["lossless"])
    frame = plain[:2] + kept + plain[2:]
    assert stripped(frame, surplus_of_jpeg) == frame


def test_previews_and_words_behind_what_says_the_colours_go() -> None:
    plain = clean(surplus_of_jpeg, jpegs()["lossless"])
    preview = segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\1\1" + SECRET[:3])
    words = segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + SECRET)
    without = segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0") + segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")
    assert stripped(plain[:2] + preview + words + plain[2:], surplus_of_jpeg) == plain[:2] + without + plain[2:]


def test_the_colour_transform_of_jpeg_ls_stays_and_other_application_data_goes() -> None:
    plain = clean(surplus_of_jpeg_ls, jpeg_lss()["colour"])
    frame = plain[:2] + segment(0xE8, b"mrfx\1") + plain[2:]
    assert stripped(frame, surplus_of_jpeg_ls) == frame
    assert stripped(plain[:2] + segment(0xE8, b"mrfx\1" + SECRET) + plain[2:], surplus_of_jpeg_ls) == plain


def test_the_parameters_of_jpeg_ls_stay() -> None:
    plain = clean(surplus_of_jpeg_ls, jpeg_lss()["grey"])
    frame = plain[:2] + segment(0xF8, struct.pack(">B5H", 1, 255, 3, 7, 21, 64)) + plain[2:]
    assert stripped(frame, surplus_of_jpeg_ls) == frame


@pytest.mark.parametrize("padding", [b"\0", b"\xff"])
def test_one_byte_that_makes_the_length_even_is_no_reason_to_change_a_frame(padding: bytes) -> None:
    plain = clean(surplus_of_jpeg, jpegs()["lossless"])
    odd = plain if len(plain) % 2 else plain[:-2] + b"\xff" + plain[-2:]  # FF before a marker fills up
    assert searched(odd + padding, surplus_of_jpeg) == Searched((), True)
    assert stripped(odd + b"\0" + padding, surplus_of_jpeg) == odd


@pytest.mark.parametrize(("walker", "frame"), FRAMES)
@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_frame_never_raises(walker: Walker, frame: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(frame)))
    rubbish = data.draw(st.binary(max_size=6))
    damaged = frame[:at] + rubbish + frame[at + data.draw(st.integers(0, 6)) :]
    found = searched(damaged, walker)
    assert all(0 <= edit.start <= edit.stop <= len(damaged) for edit in found.edits)
    assert all(before.stop <= after.start for before, after in zip(found.edits, found.edits[1:], strict=False))


@pytest.mark.parametrize(("walker", "frame"), SEQUENTIAL)
@settings(deadline=None)
@given(data=st.data())
def test_nothing_of_a_last_scan_that_is_cut_is_lost(walker: Walker, frame: bytes, data: st.DataObject) -> None:
    plain = clean(walker, frame)
    scan = plain.rindex(b"\xff\xda")
    cut = plain[: data.draw(st.integers(scan + 2 + plain[scan + 3], len(plain) - 3))]
    assert stripped(cut[:2] + segment(0xFE) + cut[2:], walker) == cut


def test_a_comment_before_the_damage_is_taken_out_all_the_same() -> None:
    frame = clean(surplus_of_jpeg, jpegs()["lossless"])
    damaged = frame[:2] + segment(0xFE) + frame[2:20]
    found = searched(damaged, surplus_of_jpeg)
    assert (found.is_complete, edited(damaged, found.edits)) == (False, frame[:20])


def jp2(*inner: bytes, boxes: bytes = b"", colour: bytes = b"") -> bytes:
    """A JP2 file with words in its codestream and behind it; boxes may be put behind the header and into it."""
    plain = clean(jpeg2000.surplus, jpeg_2000s()["lossless"])
    size = struct.pack(">IIHBBBB", 40, 56, 1, 7, 7, 0, 0)
    header = box(
        b"jp2h", box(b"ihdr", size) + (colour or box(b"colr", struct.pack(">BBBI", 1, 0, 0, 17))) + b"".join(inner)
    )
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    at = 4 + struct.unpack_from(">H", plain, 4)[0]
    return start + header + boxes + box(b"jp2c", plain[:at] + segment(0x64, b"\0\1" + SECRET) + plain[at:] + SECRET)


@pytest.mark.parametrize("kind", [b"xml ", b"uuid", b"uinf", b"jumb"])
def test_boxes_of_text_in_a_jp2_file_are_blanked_where_they_stand(kind: bytes) -> None:
    frame = jp2(box(b"xml "), boxes=box(kind))
    plain = stripped(frame, jpeg2000.surplus)
    assert (len(plain), plain.index(b"jp2c"), SECRET in plain) == (len(frame), frame.index(b"jp2c"), False)
    assert np.array_equal(imagecodecs.jpeg2k_decode(plain), imagecodecs.jpeg2k_decode(frame))
    assert searched(plain, jpeg2000.surplus) == Searched((), True)


def test_the_profile_in_a_jp2_file_loses_its_words() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert b"lcms" in profile
    plain = stripped(jp2(colour=box(b"colr", b"\2\0\0" + profile)), jpeg2000.surplus)
    assert b"lcms" not in plain
    assert searched(plain, jpeg2000.surplus) == Searched((), True)


@pytest.mark.parametrize("kind", [b"Exif", b"xml ", b"jumb", b"brob", b"jbrd"])
def test_boxes_of_text_in_jpeg_xl_are_blanked_where_they_stand(kind: bytes) -> None:
    plain = imagecodecs.jpegxl_encode(picture(40, 56), usecontainer=True)
    frame = plain + box(kind)
    result = stripped(frame, surplus_of_jpeg_xl)
    assert result == plain + box(b"free", bytes(len(SECRET)))
    assert np.array_equal(imagecodecs.jpegxl_decode(result), imagecodecs.jpegxl_decode(plain))


def test_a_naked_jpeg_xl_codestream_is_left_alone() -> None:
    frame = imagecodecs.jpegxl_encode(picture(40, 56), usecontainer=False)
    assert searched(frame, surplus_of_jpeg_xl) == Searched((), True)
