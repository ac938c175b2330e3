"""The pixel part of the benchmark: it draws the same lines again, and tells hiding them from copying them."""

from functools import cache

import numpy as np
import pytest

from tests.benchmarks.deid.pixels.drawing import CONTRASTS
from tests.benchmarks.deid.pixels.lettering import ink
from tests.benchmarks.deid.ultrasound import SIZES, screen, text_free


@cache
def some_screens():
    return tuple(screen(7, number, contrast) for number, contrast in enumerate(CONTRASTS))


# --- what is drawn


def test_a_seed_draws_the_same_screen_again_and_another_seed_another():
    first, again, other = (screen(seed, 0, "white on black") for seed in (7, 7, 8))
    assert np.array_equal(first.pixels, again.pixels)
    assert [line.text for line in first.lines] == [line.text for line in again.lines]
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("number", range(len(CONTRASTS)))
def test_every_line_of_a_screen_is_where_its_box_says(number):
    shown = some_screens()[number]
    for line in shown.lines:
        seen = np.corrcoef(shown.pixels[line.box.slices].ravel(), line.coverage.ravel())[0, 1]
        assert abs(seen) > 0.6, (line.text, seen)


def test_screens_hold_nine_lines_that_name_somebody_and_three_or_four_that_measure():
    assert {(len(one.identifying), len(one.harmless)) for one in some_screens()} == {(9, 3), (9, 4)}


def test_a_screen_has_lines_of_every_size():
    assert {line.size for one in some_screens() for line in one.lines} == set(SIZES)


def test_lines_of_a_screen_keep_apart():
    for shown in some_screens():
        occupied = np.zeros(shown.pixels.shape, int)
        for line in shown.lines:
            occupied[line.box.grown(8, occupied.shape).slices] += 1
        assert occupied.max() == 1


def test_screens_without_text_have_no_lines():
    assert [one.lines for one in text_free(7)] == [()] * 8


@pytest.mark.parametrize(("size", "style"), [(8, "smooth"), (13, "hard"), (11, "bitmap"), (22, "bitmap")])
def test_the_ink_of_a_letter_is_in_its_cell(size, style):
    whole = ink("AAAA1", size, style)
    first, last = whole.cells[0], whole.cells[-1]
    assert np.array_equal(whole.coverage[whole.cells[1].slices], whole.coverage[whole.cells[2].slices])
    assert not np.array_equal(whole.coverage[first.slices], whole.coverage[last.slices])
    assert all(whole.coverage[cell.slices].max() > 0.5 for cell in whole.cells)
