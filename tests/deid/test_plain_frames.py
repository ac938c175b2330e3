"""Frames of RLE, deflated and uncompressed ones: what no pixel needs goes, the rest stays."""

import struct
import zlib
from functools import partial

import imagecodecs
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.deid.codestream import rle
from dicomconv.deid.codestream.edits import Searched, searched
from dicomconv.deid.codestream.plain import surplus_of_deflated, surplus_of_uncompressed
from tests.deid.codestreams import SECRET, stripped


def packed(*segments: bytes, gap: bytes = b"", before: bytes = b"", behind: bytes = b"") -> bytes:
    """An RLE frame of segments, with bytes between, before and behind them."""
    starts = [64 + len(before)]
    for one in segments[:-1]:
        starts.append(starts[-1] + len(one) + len(gap))
    header = struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(starts)))
    return header + before + gap.join(segments) + behind


def literal(content: bytes) -> bytes:
    """Bytes as one PackBits run."""
    return bytes([len(content) - 1]) + content


RLE_WALKER = partial(rle.surplus, segment_length=6, segment_count=2)
SEGMENTS = literal(b"abcdef") + b"\0", b"\xfb" + b"x" + b"\x80"  # padded to even length; six times x


@settings(deadline=None)
@given(st.sampled_from([b"", SECRET]), st.sampled_from([b"", SECRET]), st.sampled_from([b"", SECRET]))
def test_what_no_segment_of_rle_needs_goes_and_the_segments_stay(gap: bytes, before: bytes, behind: bytes) -> None:
    frame = packed(*SEGMENTS, gap=gap, before=before, behind=behind)
    plain = stripped(frame, RLE_WALKER)
    assert SECRET not in plain
    starts = struct.unpack_from("<3I", plain)[1:]
    pieces = plain[starts[0] : starts[1]], plain[starts[1] :]
    assert [bytes(imagecodecs.packbits_decode(piece))[:6] for piece in pieces] == [b"abcdef", b"xxxxxx"]
    assert searched(plain, RLE_WALKER) == Searched((), True)


def test_a_run_of_rle_that_is_longer_than_its_segment_ends_in_zeros() -> None:
    frame = packed(literal(b"abcdef" + SECRET), SEGMENTS[1])
    assert stripped(frame, RLE_WALKER) == packed(literal(b"abcdef" + bytes(len(SECRET))), SEGMENTS[1])


def test_further_segments_and_offsets_of_rle_go() -> None:
    frame = packed(*SEGMENTS, literal(SECRET))
    frame = frame[:40] + SECRET[:8] + frame[48:]
    assert stripped(frame, RLE_WALKER) == packed(*SEGMENTS)


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_a_damaged_rle_frame_never_raises(rubbish: bytes) -> None:
    frame = struct.pack("<3I", 2, 64, 70) + rubbish
    assert all(edit.start <= edit.stop <= len(frame) for edit in searched(frame, RLE_WALKER).edits)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=500), st.booleans())
def test_what_stands_behind_a_deflate_stream_goes(pixels: bytes, padded: bool) -> None:
    walker = partial(surplus_of_deflated, length=len(pixels))
    deflater = zlib.compressobj(wbits=-15)
    frame = deflater.compress(pixels + b"\0" * (len(pixels) % 2 * padded)) + deflater.flush()
    assert stripped(frame + SECRET, walker) == frame


def test_a_deflated_frame_that_holds_more_than_pixels_is_not_taken_for_searched() -> None:
    deflater = zlib.compressobj(wbits=-15)
    frame = deflater.compress(bytes(30) + SECRET) + deflater.flush()
    assert not searched(frame, partial(surplus_of_deflated, length=30)).is_complete


def test_what_stands_behind_the_pixels_of_an_uncompressed_frame_goes() -> None:
    assert stripped(bytes(15) + SECRET, partial(surplus_of_uncompressed, length=15)) == bytes(15)
