"""Originals out of sealed bytes and de-identified pixels: whatever became of the pixels, the original comes back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.model import Masked, Span, Splice
from dicomconv.seal.recipe import Kind, Piece, is_exact, pixel_pieces, rebuilt, sealed_bytes

FILE = st.binary(min_size=4, max_size=300)


def round_trip(original: Span, kept: Span) -> tuple[bytes, list[Piece]]:
    """The original as rebuilt from what is sealed and from the pixel value that is kept."""
    pieces = pixel_pieces(original, kept)
    assert is_exact(pieces, original, kept)
    sealed, position = b"".join(sealed_bytes(pieces, original, kept)), 0

    def take(length: int) -> bytes:
        nonlocal position
        position += length
        return sealed[position - length : position]

    found = b"".join(rebuilt(pieces, take, lambda start, stop: [kept.read(start, stop)]))
    assert position == len(sealed)
    return found, pieces


@given(FILE, st.data())
def test_a_pixel_value_that_is_cut_comes_back(file: bytes, data: st.DataObject) -> None:
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(file)), st.integers(0, len(file)))))
    inner = sorted(data.draw(st.tuples(st.integers(start, stop), st.integers(start, stop))))
    original, kept = Span(file, start, stop - start), Span(file, inner[0], inner[1] - inner[0])
    found, pieces = round_trip(original, kept)
    assert found == original.read()
    assert sum(piece.length for piece in pieces if piece.kind == Kind.PIXELS) == kept.length


@given(FILE, st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=6), st.integers(0, 9)), max_size=8))
def test_a_pixel_value_with_stretches_left_out_and_put_in_comes_back(
    file: bytes, steps: list[tuple[int, bytes, int]]
) -> None:
    original, position = Span(file, 1, len(file) - 2), 0
    splice = Splice(original)
    for length, put, skipped in steps:
        splice.keep(position, min(position + length, original.length))
        splice.put(put)
        position = min(position + length + skipped, original.length)
    kept = splice.span()
    found, pieces = round_trip(original, kept)
    assert found == original.read()
    taken = sum(min(a + b, original.length) - min(a, original.length) for a, b in _kept(steps))
    assert sum(piece.length for piece in pieces if piece.kind == Kind.PIXELS) >= taken


def _kept(steps: list[tuple[int, bytes, int]]) -> list[tuple[int, int]]:
    places, position = [], 0
    for length, _, skipped in steps:
        places.append((position, length))
        position += length + skipped
    return places


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=60), st.integers(1, 15), st.integers(0, 5))
def test_masked_pixels_come_back_from_their_difference(words: list[int], bits: int, excess: int) -> None:
    file = b"head" + np.array(words, "<u2").tobytes() + bytes(excess)
    original = Span(file, 4, len(file) - 4)
    kept = Span(Masked(Span(file, 4, 2 * len(words)), "<u2", bits, bits - 1), 0, 2 * len(words))
    found, pieces = round_trip(original, kept)
    assert found == original.read()
    assert pieces[0] == Piece(Kind.DIFFERENCE, 0, 2 * len(words))


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=9), st.binary(max_size=9))
def test_pixels_made_anew_share_their_ends_with_the_original(
    start: bytes, end: bytes, before: bytes, after: bytes
) -> None:
    one, other = start + before + end, start + after + end
    original, kept = Span(one, 0, len(one)), Span(bytes(other), 0, len(other))
    found, pieces = round_trip(original, kept)
    assert found == one
    if len(before) != len(after):
        sealed = sum(piece.length for piece in pieces if piece.kind == Kind.SEALED)
        assert sealed <= max(len(before), len(one) - len(other))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_pixels_that_have_nothing_in_common_come_back(one: bytes, other: bytes) -> None:
    assert round_trip(Span(one, 0, len(one)), Span(other, 0, len(other)))[0] == one


def test_spans_of_a_file_are_known_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.write_bytes(bytes(range(100)))
    original, kept = Span(path, 10, 50), Span(Path(str(path)), 10, 40)
    found, pieces = round_trip(original, kept)
    assert found == original.read()
    assert pieces == [Piece(Kind.PIXELS, 0, 40), Piece(Kind.SEALED, 0, 10)]


@pytest.mark.parametrize("wrong", [[Piece(Kind.PIXELS, 1, 4)], [Piece(Kind.PIXELS, 0, 3)]])
def test_pieces_that_do_not_make_the_original_are_noticed(wrong: list[Piece]) -> None:
    original, kept = Span(b"abcd", 0, 4), Span(b"abcde", 0, 5)
    assert not is_exact(wrong, original, kept)
    assert is_exact([Piece(Kind.PIXELS, 0, 4)], original, kept)
