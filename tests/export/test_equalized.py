"""Histogram equalisation as OpenCV's, which is the witness where it is installed; else a straightforward one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.export.equalized import equalize, rendered


def plain(grey):
    """The definition, pixel by pixel, in OpenCV's single precision."""
    counts = [int((grey == level).sum()) for level in range(256)]
    darkest = next(level for level in range(256) if counts[level])
    if counts[darkest] == grey.size:
        return grey
    scale, total, table = np.float32(255) / np.float32(grey.size - counts[darkest]), 0, [0] * 256
    for level in range(darkest + 1, 256):
        total += counts[level]
        table[level] = int(np.clip(np.rint(np.float32(total) * scale), 0, 255))
    return np.array(table, np.uint8)[grey]


pictures = st.integers(0, 2**32 - 1).map(np.random.default_rng).map(
    lambda rng: rng.integers(rng.integers(0, 200), 256, rng.integers(1, 40, 2), dtype=np.uint8)
)


@given(pictures)
def test_it_is_the_definition(grey):
    assert (equalize(grey) == plain(grey)).all()


@settings(deadline=None)  # the first call loads OpenCV
@given(pictures)
def test_it_is_opencvs(grey):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is the witness: pip install opencv-python-headless")
    assert (equalize(grey) == cv2.equalizeHist(grey)).all()


values = st.tuples(
    st.sampled_from(["u1", "i1", "u2", "i2", "i4", "u4", "f4"]), st.integers(0, 2**32 - 1), st.integers(0, 31)
).map(lambda one: stored(*one))


def stored(dtype, seed, shift):
    """Random stored values, of a range that is not always that of the type."""
    raw = np.random.default_rng(seed).integers(0, 2**32, (5, 7), dtype=np.uint64).astype(np.uint32)
    return (raw >> np.uint32(shift)).astype(dtype)


@given(values, st.booleans())
def test_the_rendering_is_its_documented_steps_one_after_the_other(values, low_is_white):
    steps = values.astype(np.float64)
    steps -= steps.min()
    grey = (steps / steps.max() * 255 if steps.max() else steps).astype(np.uint8)
    grey = 255 - grey if low_is_white else grey
    assert np.array_equal(rendered(values, low_is_white=low_is_white), plain(grey))
