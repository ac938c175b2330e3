"""The pixel data element as it goes out: the same pixels, offsets that fit, and nothing beside them."""

import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate_extended

from dicomconv.declared import as_declared
from dicomconv.deid.pixel_value import PixelValue, exact_pixel_value, has_sound_offsets
from dicomconv.errors import Undecodable
from dicomconv.model import Change, Span
from dicomconv.part10 import Parts, fragments, split
from dicomconv.pixels.decode import frames
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.read_format import pixel_format
from dicomconv.standard import keyword_of, tag_of
from tests import make, wheel
from tests.deid.codestreams import SECRET, picture, segment

FRAMES = [imagecodecs.jpeg8_encode(picture(40, 56) // (n + 1), level=90) for n in range(3)]


def commented(frame: bytes) -> bytes:
    """A JPEG with a comment."""
    return frame[:2] + segment(0xFE) + frame[2:]


def item(content: bytes) -> bytes:
    """An item of an encapsulated value; its content has even length."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def even(content: bytes) -> bytes:
    """The content padded to even length."""
    return content + b"\0" * (len(content) % 2)


def parts_of(found: Sequence[bytes], table: Sequence[int] = (), count: int | str = 3, **attributes: object) -> Parts:
    """A JPEG instance of these fragments behind this Basic Offset Table."""
    value = (
        item(struct.pack(f"<{len(table)}I", *table))
        + b"".join(map(item, found))
        + item(b"")[:2]
        + b"\xdd\xe0"
        + bytes(4)
    )
    shell = make.encapsulated(
        picture(40, 56), make.JPEG_BASELINE, sop_class="SC", frames=[b"ab"], NumberOfFrames=count, **attributes
    )
    parts = split(shell)
    return replace(parts, pixels=Span(value, 0, len(value)))


def value_of(parts: Parts) -> PixelValue:
    """What goes out of it."""
    return exact_pixel_value(parts, parts.header())


def contents(value: Span) -> list[bytes]:
    """The offset table and the fragments."""
    return [value.read(start, start + length) for start, length in fragments(value)[0]]


def actions(value: PixelValue) -> list[str]:
    """What was done."""
    return [change.action for change in value.changes]


def starts(found: Sequence[bytes]) -> list[int]:
    """Where fragments begin, counted from the first."""
    return [sum(len(one) + 8 for one in found[:index]) for index in range(len(found))]


@pytest.mark.parametrize("path", wheel.readable(), ids=lambda path: path.name)
def test_every_pixel_of_a_real_file_stays_and_a_second_time_nothing_changes(path: Path) -> None:
    parts = as_declared(split(path))
    if parts.pixel_element is None:
        return
    header = parts.header()
    value = exact_pixel_value(parts, header)
    assert len(value.span.read()) == value.span.length
    assert "unsearched" not in actions(value)
    again = exact_pixel_value(replace(parts, pixels=value.span), header)
    assert (again.span, again.changes) == (value.span, ())
    try:
        format = pixel_format(header, parts.transfer_syntax_uid, keyword_of(parts.pixel_element.tag))
        pairs = list(zip(frames(format, parts.pixels), frames(format, value.span), strict=True))
    except Undecodable:
        return
    assert all(np.array_equal(stored_values(a, format), stored_values(b, format)) for a, b in pairs)


def test_frames_without_comments_are_the_very_same_span() -> None:
    clean = [even(frame) for frame in FRAMES]
    parts = parts_of(clean, starts(clean))
    value = value_of(parts)
    assert (value.span is parts.pixels, value.changes, value.replaced) == (True, (), {})


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=3, max_size=3), st.booleans())
def test_a_basic_offset_table_follows_what_was_cut(with_comment: list[bool], with_table: bool) -> None:
    clean = [even(frame) for frame in FRAMES]
    dirty = [even(commented(frame)) if one else even(frame) for frame, one in zip(FRAMES, with_comment, strict=True)]
    value = value_of(parts_of(dirty, starts(dirty) if with_table else []))
    expected = struct.pack("<3I", *starts(clean)) if with_table else b""
    assert contents(value.span) == [expected, *clean]
    assert actions(value) == ["stripped"] * any(with_comment)


def test_a_basic_offset_table_that_names_some_of_the_frames_becomes_empty_when_they_move() -> None:
    dirty = [even(commented(frame)) for frame in FRAMES]
    value = value_of(parts_of(dirty, starts(dirty)[:2]))
    assert contents(value.span) == [b"", *(even(frame) for frame in FRAMES)]


def test_fragments_belong_to_the_frame_that_the_offset_table_says() -> None:
    found = [even(FRAMES[0]), SECRET, even(FRAMES[1])]
    clean = [even(FRAMES[0]), even(FRAMES[1])]
    value = value_of(parts_of(found, [0, starts(found)[1]], count=2))
    assert contents(value.span) == [struct.pack("<2I", *starts(clean)), *clean]


@pytest.mark.parametrize("unpadded", [False, True])
def test_an_extended_offset_table_follows_what_was_cut(unpadded: bool) -> None:
    dirty = [commented(frame) for frame in FRAMES]
    _, offsets, lengths = encapsulate_extended(dirty)
    lengths = struct.pack("<3Q", *map(len, dirty)) if unpadded else lengths
    parts = parts_of([even(one) for one in dirty], ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths)
    value = value_of(parts)
    _, offsets, lengths = encapsulate_extended(FRAMES)
    assert [one[12:] for one in value.replaced.values()] == [offsets, lengths]
    assert actions(value) == ["stripped", "C", "C"]
    assert list(value.replaced) == [tag_of("ExtendedOffsetTable"), tag_of("ExtendedOffsetTableLengths")]


def test_an_extended_offset_table_that_says_something_else_is_put_right() -> None:
    _, offsets, lengths = encapsulate_extended(FRAMES)
    parts = parts_of(
        [even(frame) for frame in FRAMES], ExtendedOffsetTable=SECRET[:16], ExtendedOffsetTableLengths=lengths
    )
    value = value_of(parts)
    assert {tag: one[12:] for tag, one in value.replaced.items()} == {tag_of("ExtendedOffsetTable"): offsets}


def test_an_extended_offset_table_goes_where_frames_have_several_fragments() -> None:
    found = [FRAMES[0][:100], even(FRAMES[0])[100:], even(FRAMES[1])]
    parts = parts_of(found, count=2, ExtendedOffsetTable=SECRET[:16], ExtendedOffsetTableLengths=SECRET[:16])
    value = value_of(parts)
    assert (set(value.replaced.values()), actions(value)) == ({b""}, ["X", "X"])


@settings(deadline=None)
@given(st.lists(st.integers(1, 300), max_size=3), st.booleans())
def test_a_frame_in_several_fragments_loses_its_comment_wherever_it_is_split(cuts: list[int], with_table: bool) -> None:
    dirty = even(commented(FRAMES[0]))
    places = sorted({2 * cut for cut in cuts})
    split_frame = [dirty[a:b] for a, b in zip([0, *places], [*places, len(dirty)], strict=True)]
    found = [*split_frame, even(FRAMES[1])]
    table = [0, starts(found)[len(split_frame)]] if with_table else []
    value = value_of(parts_of(found, table, count=2))
    clean = [even(frame) for frame in FRAMES[:2]]
    assert contents(value.span) == [struct.pack("<2I", *starts(clean)) if with_table else b"", *clean]


def test_fragments_behind_the_last_frame_go() -> None:
    clean = [even(frame) for frame in FRAMES]
    value = value_of(parts_of([*clean, SECRET], starts(clean)))
    assert contents(value.span)[1:] == clean
    value = value_of(parts_of([*clean, even(commented(FRAMES[0]))], count=3))
    assert (contents(value.span)[1:], actions(value)) == (clean, ["cut"])


def test_fragments_behind_a_single_frame_go() -> None:
    value = value_of(parts_of([even(FRAMES[0]), SECRET, SECRET], count=1))
    assert contents(value.span) == [b"", even(FRAMES[0])]


def test_no_fragment_goes_where_nobody_knows_how_many_frames_there_are() -> None:
    found = [even(frame) for frame in FRAMES]
    assert contents(value_of(parts_of(found, count=1)).span) == [b"", found[0]]
    parts = parts_of(found)
    parts = replace(parts, head=parts.head.replace(b"(\0\x08\0IS\2\x003 ", b"(\0\x08\0IS\2\0xy"))
    assert contents(value_of(parts).span)[1:] == found


def test_no_fragment_goes_where_a_frame_before_it_cannot_be_followed() -> None:
    found = [even(FRAMES[0]), FRAMES[1][:30], even(FRAMES[2]), even(FRAMES[1])]
    value = value_of(parts_of(found, count=3))
    assert (contents(value.span)[1:], actions(value)) == (found, ["unsearched"])


def test_a_fragment_that_begins_no_frame_belongs_to_the_one_before_and_goes_behind_its_end() -> None:
    found = [even(FRAMES[0]), SECRET, even(FRAMES[2]), even(FRAMES[1])]
    clean = [even(FRAMES[0]), even(FRAMES[2]), even(FRAMES[1])]
    assert contents(value_of(parts_of(found, count=3)).span)[1:] == clean


def test_what_cannot_be_followed_stays_and_is_said() -> None:
    found = [even(FRAMES[0]), SECRET, even(commented(FRAMES[2]))]
    value = value_of(parts_of(found, starts(found)))
    clean = [even(FRAMES[0]), SECRET, even(FRAMES[2])]
    assert contents(value.span) == [struct.pack("<3I", *starts(clean)), *clean]
    assert actions(value) == ["stripped", "unsearched"]


def test_an_unsound_offset_table_becomes_empty() -> None:
    found = [even(frame) for frame in FRAMES]
    parts = parts_of(found, [0, 2, 4])
    assert not has_sound_offsets(parts.pixels)
    value = value_of(parts)
    assert (contents(value.span), actions(value)) == ([b"", *found], ["C"])


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"", SECRET, *map(even, FRAMES)]), max_size=5), st.integers(1, 4), st.data())
def test_odd_fragments_never_raise_and_leave_a_sound_value(found: list[bytes], count: int, data: st.DataObject) -> None:
    table = data.draw(st.lists(st.sampled_from(starts(found) or [0]), max_size=4))
    value = value_of(parts_of(found, table, count=count))
    assert fragments(value.span)[1] == value.span.length
    assert has_sound_offsets(value.span)


def test_unused_bits_are_masked_and_said() -> None:
    words = make.ramp(4, 5) | 0xF000
    value = value_of(split(make.instance("CT", words, BitsStored=12)))
    assert np.frombuffer(value.span.read(), "<u2").tolist() == list(range(20))
    assert value.changes == (Change("PixelData", "masked"),)


@pytest.mark.parametrize(("syntax", "said"), [("1.2.840.10008.1.2.4.102", []), ("1.2.3.4", ["unsearched"])])
def test_frames_of_an_unknown_transfer_syntax_are_said_to_be_unsearched(syntax: str, said: list[str]) -> None:
    parts = replace(parts_of([SECRET]), transfer_syntax_uid=syntax)
    value = value_of(parts)
    assert (value.span is parts.pixels, actions(value)) == (True, said)
