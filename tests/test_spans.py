"""Spans, and spans made of spans: whatever is asked of them is what it is of their bytes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.model import Forward, Masked, Span, Splice, masked_words

Steps = list[tuple[int, bytes]]
STEPS = st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=5)), max_size=8)


def spliced(content: bytes, steps: Steps, before: bytes) -> tuple[Span, bytes]:
    """A spliced span that keeps every other stretch and puts bytes in between, and what it should read as."""
    splice, expected, at = Splice(Span(content, 0, len(content))), before, 0
    for number, (length, literal) in enumerate(steps):
        stop = min(at + length, len(content))
        if number % 3:
            splice.keep(at, stop)
            expected += content[at:stop]
        splice.put(literal)
        expected += literal
        at = stop
    return splice.span(before), expected


@settings(deadline=None)
@given(st.binary(max_size=200), STEPS, st.binary(max_size=4), st.integers(0, 120), st.integers(0, 120))
def test_a_spliced_span_reads_as_its_pieces_one_after_the_other(
    content: bytes, steps: Steps, before: bytes, start: int, length: int
) -> None:
    span, expected = spliced(content, steps, before)
    assert (span.length, span.read()) == (len(expected), expected)
    assert span.read(start, start + length) == expected[start : start + length]
    assert b"".join(span.chunks(7)) == expected


@settings(deadline=None)
@given(st.binary(max_size=100), STEPS, st.integers(0, 50), st.integers(0, 50), st.integers(0, 20))
def test_a_part_reads_as_the_part_of_what_the_span_reads(
    content: bytes, steps: Steps, start: int, length: int, inner: int
) -> None:
    span, expected = spliced(content, steps, b"")
    part = span.part(min(start, span.length), start + length)
    assert part.read() == expected[start : start + length]
    assert part.part(min(inner, part.length)).read() == expected[start : start + length][inner:]


def test_pieces_far_apart_are_read_without_what_lies_between(tmp_path: Path) -> None:
    path = tmp_path / "value"
    with path.open("wb") as file:
        file.write(b"abcd")
        file.truncate(20 << 20)
        file.seek(0, 2)
        file.write(b"wxyz")
    reads: list[tuple[int, int | None]] = []

    class Watched(Span):
        def read(self, start: int = 0, stop: int | None = None) -> bytes:
            reads.append((start, stop))
            return super().read(start, stop)

    splice = Splice(Watched(path, 0, (20 << 20) + 4))
    splice.keep(0, 4)
    splice.keep(20 << 20, (20 << 20) + 4)
    assert splice.span().read() == b"abcdwxyz"
    assert sum((stop or 0) - start for start, stop in reads) == 8


@settings(deadline=None)
@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=8))
def test_reading_forward_gives_what_reading_gives(content: bytes, asked: list[tuple[int, int]]) -> None:
    splice = Splice(Span(content, 0, len(content)))  # so that it is no mere slice of bytes
    splice.keep(0, len(content))
    forward = Forward(splice.span(), 64)
    for start, length in asked:
        assert forward.read(start, start + length) == content[start : start + length]


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<i2", ">i2", "|u1", "<i4", ">u4"])
@settings(deadline=None)
@given(content=st.binary(max_size=41), start=st.integers(0, 41), length=st.integers(0, 41), data=st.data())
def test_a_masked_span_reads_as_its_masked_words(
    dtype: str, content: bytes, start: int, length: int, data: st.DataObject
) -> None:
    size = np.dtype(dtype).itemsize
    high_bit = data.draw(st.integers(0, 8 * size - 1))
    bits_stored = data.draw(st.integers(1, high_bit + 1))
    whole = len(content) - len(content) % size
    words = masked_words(np.frombuffer(content[:whole], dtype), bits_stored, high_bit)
    expected = words.tobytes() + content[whole:]
    span = Span(Masked(Span(content, 0, len(content)), dtype, bits_stored, high_bit), 0, len(content))
    assert span.read(start, start + length) == expected[start : start + length]


def test_masked_words_keep_stored_bits_and_the_sign() -> None:
    assert masked_words(np.array([0xF123], "<u2"), 12, 11).tolist() == [0x0123]
    assert masked_words(np.array([0xABCD], "<u2"), 8, 11).tolist() == [0x0BC0]
    assert masked_words(np.array([0x5800], "<i2"), 12, 11).tolist() == [-0x800]
    assert masked_words(np.array([0xF123], ">u2"), 12, 11).tobytes() == b"\x01\x23"


def test_a_repr_of_a_span_shows_neither_path_nor_bytes() -> None:
    splice = Splice(Span(b"DOE^JANE", 0, 8))
    splice.put(b"DOE^JOHN")
    splice.keep(0, 8)
    nested = Span(Masked(splice.span(), "<u2", 12, 11), 0, 16)
    assert "DOE" not in repr(nested) + repr(nested.source) + repr(splice.span().source)
    assert "DOE" not in repr(Span(Path("/patients/DOE"), 0, 1))
