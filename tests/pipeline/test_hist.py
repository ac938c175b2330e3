"""Histograms of series: what is counted, in which unit, and what must not be told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from dicomconv import convert
from dicomconv.cli.bars import lines_of
from dicomconv.pipeline.look.hist import Histogram, hist
from dicomconv.pipeline.look.hist_picture import HEIGHT, WIDTH, write_picture
from dicomconv.pipeline.look.ink import BACKGROUND
from dicomconv.pipeline.look.scales import count_ticks, height, merged, plain, short, ticks
from tests import make, wheel


def only(folder: Path, **options: Any) -> Histogram:
    """The one histogram of a folder."""
    [one] = hist(folder, **options).histograms
    return one


@pytest.fixture
def ct(tmp_path: Path) -> tuple[Path, NDArray[Any]]:
    """A series of two slices with padding, and its HU without."""
    pixels = np.random.default_rng(1).integers(0, 2000, (2, 6, 7), "uint16")
    pixels[:, 0] = 63
    files = {
        str(n): make.instance("CT", frame, InstanceNumber=n, PixelPaddingValue=63) for n, frame in enumerate(pixels)
    }
    return make.write(tmp_path / "in", files), pixels[pixels != 63].astype(float) - 1024


def test_the_figures_of_a_ct_are_those_of_numpy_in_hu(ct: tuple[Path, NDArray[Any]]) -> None:
    folder, values = ct
    one = only(folder)
    assert (one.modality, one.unit, one.images, one.pixels) == ("CT", "HU", 2, 84)
    assert one.padding == one.pixels - values.size
    assert (one.minimum, one.maximum) == (values.min(), values.max())
    assert one.mean == pytest.approx(values.mean())
    assert list(one.percentiles.values()) == pytest.approx(np.percentile(values, list(one.percentiles)))
    assert list(one.counts) == np.histogram(values, one.edges)[0].tolist()


def test_tissues_are_counted_in_their_ranges(ct: tuple[Path, NDArray[Any]]) -> None:
    folder, values = ct
    expected = {
        "air": values <= -950,
        "lung": (values >= -950) & (values <= -500),
        "fat": (values >= -190) & (values <= -30),
        "water": (values >= -5) & (values <= 5),
        "soft tissue": (values >= -29) & (values <= 150),
        "bone": values >= 250,
    }
    assert only(folder).tissues == {name: int(inside.sum()) for name, inside in expected.items()}


def test_a_container_has_the_histogram_of_its_originals(ct: tuple[Path, NDArray[Any]], tmp_path: Path) -> None:
    folder, _ = ct
    convert(folder, tmp_path / "out")
    one, other = only(folder), only(tmp_path / "out")
    names = ("modality", "unit", "images", "pixels", "padding", "minimum", "mean", "percentiles", "edges", "counts")
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]


def test_other_modalities_have_no_tissues_and_the_units_that_they_name(tmp_path: Path) -> None:
    pet = {"Modality": "PT", "Units": "BQML", "RescaleSlope": "0.5", "RescaleIntercept": "0"}
    one = only(make.write(tmp_path / "in", {"a": make.ct_slice(SOPClassUID="1.2.840.10008.5.1.4.1.1.128", **pet)}))
    assert (one.unit, one.tissues, one.minimum) == ("Bq/ml", {}, 500)


def test_a_slope_for_each_slice_is_followed(tmp_path: Path) -> None:
    files = {
        str(n): make.ct_slice(InstanceNumber=n, RescaleSlope=str(n), RescaleIntercept="0") for n in (1, 2)
    }  # fmt: skip
    one = only(make.write(tmp_path / "in", files))
    assert (one.minimum, one.maximum) == (1000, 2 * 1019)


def test_colour_has_no_values_and_is_counted_as_left_out(tmp_path: Path) -> None:
    colour = make.instance("VL", make.ramp(4, 5, 3, dtype="uint8"), PhotometricInterpretation="RGB")
    done = hist(make.write(tmp_path / "in", {"a": colour}))
    assert (done.histograms, [one.status for one in done.outcomes]) == ((), ["skipped"])


def test_a_series_of_nothing_but_padding_has_no_histogram(tmp_path: Path) -> None:
    empty = make.instance("CT", np.full((4, 5), 7, "uint16"), PixelPaddingValue=7)
    assert hist(make.write(tmp_path / "in", {"a": empty})).histograms == ()


def test_what_an_original_says_in_unit_or_modality_is_told_if_the_standard_defines_it(tmp_path: Path) -> None:
    odd = {"Modality": "DOE", "RescaleType": "DOE JANE", "Units": "DOE"}
    done = hist(make.write(tmp_path / "in", {"a": make.ct_slice(**odd)}))
    [one] = done.histograms
    assert (one.modality, one.unit) == ("", "")
    assert "DOE" not in repr(done) + "".join(lines_of(one, "log", 80, has_blocks=True))


def test_every_real_grey_file_of_pydicom_is_counted_whole(tmp_path: Path) -> None:
    done = hist(wheel.FOLDER, bins=50)
    assert len(done.histograms) > 25
    assert [one.name for one in done.histograms if sum(one.counts) != one.counted or len(one.counts) > 50] == []
    assert not [one.reason for one in done.outcomes if "error of ours" in one.reason]
    write_picture(tmp_path / "a.png", done.histograms, "linear")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (WIDTH, HEIGHT * len(done.histograms))


def test_nothing_in_a_picture_touches_its_edge(ct: tuple[Path, NDArray[Any]], tmp_path: Path) -> None:
    one = only(ct[0])
    for scale in ("log", "linear"):
        write_picture(tmp_path / "a.png", [one], scale)  # type: ignore[arg-type]
        with Image.open(tmp_path / "a.png") as image:
            pixels = np.asarray(image)
        border = np.concatenate([pixels[:4].reshape(-1, 3), pixels[-4:].reshape(-1, 3), pixels[:, -4:].reshape(-1, 3)])
        assert (border == BACKGROUND).all()


def test_lines_of_a_terminal_are_no_wider_than_it(ct: tuple[Path, NDArray[Any]]) -> None:
    _, _, *bars = lines_of(only(ct[0], bins=9999), "log", 80, has_blocks=True)
    assert max(map(len, bars)) <= 80
    ascii_bars = lines_of(only(ct[0]), "log", 80, has_blocks=False)
    assert "█" not in "".join(ascii_bars)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 20))
def test_ticks_are_few_ascending_and_within_the_axis(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    slack = 1e-6 * (span + abs(low))
    assert len(found) <= most + 1
    assert found == sorted(found)
    assert all(low - slack <= tick <= low + span + slack for tick in found)


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.sampled_from(["log", "linear"]))
def test_a_higher_count_is_never_a_lower_bar_and_no_bar_leaves_the_plot(one: int, other: int, scale: Any) -> None:
    low, high = sorted((one, other))
    assert 0 < height(low, high, scale) <= height(high, high, scale) == 1
    assert height(0, high, scale) == 0


@given(st.integers(1, 10**12), st.sampled_from(["log", "linear"]))
def test_the_ticks_of_counts_are_few_and_not_above_the_highest(highest: int, scale: Any) -> None:
    found = count_ticks(highest, scale)
    assert 1 <= len(found) <= 7
    assert found[-1] <= highest


@given(st.lists(st.integers(0, 99), min_size=1, max_size=300), st.integers(20, 100))
def test_bins_put_together_lose_no_pixel(counts: list[int], most: int) -> None:
    found = merged(counts, most)
    assert (sum(found), len(found) <= most) == (sum(counts), True)


def test_numbers_are_short() -> None:
    assert [short(count) for count in (0, 999, 1000, 2500, 10**6, 10**9)] == ["0", "999", "1k", "2.5k", "1M", "1G"]
    assert [plain(value) for value in (-0.0, -1024.0, 0.5)] == ["0", "-1024", "0.5"]
