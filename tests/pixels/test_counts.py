"""Counts of pixel values: nothing lost, nothing twice, and quantiles as numpy has them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from dicomconv.pixels.attributes import FrameAttributes, LookupTable, PixelFormat, Rescale
from dicomconv.pixels.counts import BinCounter, PixelCounter, ValueCounts
from dicomconv.pixels.modality import is_padding, modality_values

DTYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")
PARTS = (0, 0.01, 0.5, 0.99, 1)


def format_of(pixels: NDArray[Any]) -> PixelFormat:
    """The format of pixels that use all their bits."""
    bits, kind = 8 * pixels.dtype.itemsize, pixels.dtype.kind
    float_kind = pixels.dtype.str[1:] if kind == "f" else ""
    rows, columns = pixels.shape
    return PixelFormat(
        rows,
        columns,
        1,
        "MONOCHROME2",
        0,
        bits,
        bits,
        bits - 1,
        int(kind == "i"),
        1,
        "",
        float_kind,  # type: ignore[arg-type]
    )


@st.composite
def frames(draw: st.DrawFn) -> list[tuple[NDArray[Any], FrameAttributes]]:
    """Frames of a few pixels, of any type and rescale, some with padding."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        dtype = np.dtype(draw(st.sampled_from(DTYPES)))
        pixels = draw(hnp.arrays(dtype, draw(st.tuples(st.integers(1, 6), st.integers(1, 7)))))
        padding = sorted(draw(st.tuples(st.integers(-9, 9), st.integers(-9, 9))))
        slope, intercept = draw(st.sampled_from([1.0, -2.0, 0.25, 3.5])), draw(st.sampled_from([0.0, -1024.0]))
        found.append((pixels, FrameAttributes(
            rescale=Rescale(slope, intercept), padding=draw(st.sampled_from([None, (padding[0], padding[1])])),
        )))  # fmt: skip
    return found


def counted(some: list[tuple[NDArray[Any], FrameAttributes]], **limits: int) -> PixelCounter:
    """A counter that was given these frames."""
    counter = PixelCounter(**limits)
    with np.errstate(all="ignore"):
        for pixels, attributes in some:
            counter.add(pixels, format_of(pixels), attributes)
    return counter


def by_numpy(some: list[tuple[NDArray[Any], FrameAttributes]]) -> NDArray[np.float64]:
    """All modality values that count."""
    with np.errstate(all="ignore"):
        values = [modality_values(p[~is_padding(p, a.padding)], a) for p, a in some]
    together = np.concatenate(values)
    return together[np.isfinite(together)]


@given(frames())
def test_every_pixel_is_counted_once_or_is_padding_or_not_finite(some: Any) -> None:
    counter = counted(some)
    values = counter.finish()
    total = values.total if values else 0
    assert counter.pixels == sum(pixels.size for pixels, _ in some)
    assert total == counter.pixels - counter.padding - counter.not_finite == len(by_numpy(some))


@given(frames())
def test_values_and_their_counts_are_those_of_numpy(some: Any) -> None:
    values, (expected, counts) = counted(some).finish(), np.unique(by_numpy(some), return_counts=True)
    assert (values.values.tolist() if values else []) == expected.tolist()
    assert (values.counts.tolist() if values else []) == counts.tolist()


@given(hnp.arrays("i2", st.tuples(st.integers(1, 9), st.integers(1, 9))), st.sampled_from([1.0, 0.1, -2.5]))
def test_quantiles_and_mean_are_those_of_numpy(pixels: NDArray[Any], slope: float) -> None:
    some = [(pixels, FrameAttributes(rescale=Rescale(slope, -1024.0)))]
    values = counted(some).finish()
    assert values is not None
    assert values.quantiles(PARTS) == pytest.approx(np.quantile(by_numpy(some), PARTS), rel=1e-9, abs=1e-6)
    assert values.mean() == pytest.approx(by_numpy(some).mean(), rel=1e-9, abs=1e-6)


@given(frames(), st.integers(1, 40))
def test_a_histogram_holds_every_pixel_in_no_more_bins_than_asked(some: Any, bins: int) -> None:
    values = counted(some).finish()
    if values is None:
        return
    with np.errstate(all="ignore"):
        edges = values.edges(bins)
    if not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        return  # doubles further apart than a double can say, or too close to tell apart
    counts = values.histogram(edges)
    assert (int(counts.sum()), len(counts) <= bins) == (values.total, True)
    assert counts.tolist() == np.histogram(by_numpy(some), edges)[0].tolist()


@given(st.integers(1, 50), st.integers(1, 60), st.sampled_from([1.0, 2.0, 0.5]))
def test_bins_of_whole_numbers_all_hold_equally_many_of_them(count: int, bins: int, slope: float) -> None:
    pixels = np.arange(count, dtype="u2")[None]
    values = counted([(pixels, FrameAttributes(rescale=Rescale(slope)))]).finish()
    assert values is not None
    *whole, _ = values.histogram(values.edges(bins)).tolist()
    assert len(set(whole)) <= 1


def test_the_step_of_values_is_seen_where_only_every_sixteenth_is_used() -> None:
    pixels = (np.arange(12, dtype="u2") * 16)[None]
    values = counted([(pixels, FrameAttributes(rescale=Rescale(0.5)))]).finish()
    assert values is not None
    assert values.step == 8.0


def test_frames_of_different_slopes_have_no_step() -> None:
    pixels = np.arange(12, dtype="u2")[None]
    values = counted([(pixels, FrameAttributes(rescale=Rescale(slope))) for slope in (1.0, 0.3)]).finish()
    assert values is not None
    assert values.step is None


def test_a_modality_lut_gives_the_values() -> None:
    lut = LookupTable(0, 16, np.array([7, 7, 9], np.uint16))
    values = counted([(np.array([[0, 1, 2, 3]], "u2"), FrameAttributes(modality_lut=lut))]).finish()
    assert values is not None
    assert (values.values.tolist(), values.counts.tolist()) == ([7, 9], [2, 2])


def test_too_many_values_are_counted_in_a_second_pass_and_quantiles_stay_near() -> None:
    pixels = np.random.default_rng(4).normal(100, 20, (40, 50)).astype("f4")
    some = [(pixels, FrameAttributes())]
    counter = counted(some, most_values=10)
    assert counter.finish() is None
    fine = BinCounter(counter.lowest, counter.highest, 30)
    fine.add(pixels, format_of(pixels), FrameAttributes())
    values = fine.finish()
    near = (counter.highest - counter.lowest) / 60000
    assert values.total == pixels.size
    assert np.abs(np.array(values.quantiles(PARTS)) - np.quantile(pixels, PARTS)).max() < near
    edges = values.edges(30)
    assert int(values.histogram(edges).sum()) == pixels.size


def test_both_ends_of_a_range_are_in_it() -> None:
    values = ValueCounts(np.array([-5.0, 0.0, 5.0, 6.0]), np.array([1, 2, 4, 8]))
    assert (values.between(-5, 5), values.between(float("-inf"), -6), values.between(6, float("inf"))) == (7, 0, 8)
