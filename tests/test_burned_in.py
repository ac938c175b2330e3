"""Text in real pixels, found by the real detector (the extra `ocr`): skipped where that is not installed."""

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from dicomconv import deidentify
from dicomconv.errors import UsageError
from dicomconv.pipeline import library
from tests import make, wheel
from tests.benchmarks.deid.ultrasound import Screen, screens, text_free

pytest.importorskip("rapidocr", reason='text detection is not installed: pip install "dicomconv[ocr]"')

COVERED = 0.96  # of a line's box: the part of it that is blanked
TOLERANCE = 10  # pixels around a line that may be blanked with it: 8 up to letters of 18 pixels, more for larger ones


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.outputs import key_file

    return key_file(tmp_path_factory.mktemp("key") / "key")


def cleaned(folder: Path, key: Path, pictures: dict[str, np.ndarray], **attributes: Any) -> dict[str, np.ndarray]:
    """What becomes of pictures as ultrasound images, by name."""
    files = {
        name: make.instance("US", pixels, SOPInstanceUID=f"1.2.{number}", SeriesInstanceUID=f"1.3.{number}", **attributes)
        for number, (name, pixels) in enumerate(pictures.items(), 1)
    }
    make.write(folder / "in", files)
    report = deidentify(folder / "in", folder / "out", key=key, burned_in="redact", jobs=2)
    assert {outcome.status for outcome in report.outcomes} == {"converted"}
    names = {outcome.row: report.paths[outcome.row].name for outcome in report.outcomes}
    found = {names[one.row]: folder / "out" / str(one.facts["file"]) for one in report.outcomes}
    return {name: pydicom.dcmread(path).pixel_array for name, path in found.items()}


def masks(screen: Screen) -> tuple[list[np.ndarray], np.ndarray]:
    """The boxes of the identifying lines, and where something may be blanked."""
    lines, around = [], np.zeros(screen.pixels.shape, bool)
    for line in screen.lines:
        box = line.box
        one = np.zeros(screen.pixels.shape, bool)
        one[box.top : box.bottom, box.left : box.right] = True
        lines += [one] * line.identifying
        around[
            max(0, box.top - TOLERANCE) : box.bottom + TOLERANCE, max(0, box.left - TOLERANCE) : box.right + TOLERANCE
        ] = True
    return lines, around


def test_every_identifying_line_is_hidden_and_nothing_else(tmp_path: Path, key: Path) -> None:
    """Four of the 24 images, one of each contrast; the benchmark measures all of them."""
    shown = [screen for number, screen in enumerate(screens()) if number in (0, 5, 10, 15)]
    after = cleaned(tmp_path, key, {screen.name: screen.pixels for screen in shown})
    for screen in shown:
        lines, around = masks(screen)
        changed = after[screen.name] != screen.pixels
        dark = after[screen.name] == screen.pixels.min()
        assert [line for line in lines if dark[line].mean() < COVERED] == []
        assert not (changed & ~around).any()


def test_pictures_without_text_do_not_change(tmp_path: Path, key: Path) -> None:
    shown = {screen.name: screen.pixels for screen in text_free() if screen.name.split()[-1] in ("sector", "trace", "page")}
    after = cleaned(tmp_path, key, shown)
    assert [name for name, pixels in shown.items() if not np.array_equal(after[name], pixels)] == []


def redacted_file(name: str, folder: Path, key: Path) -> tuple[pydicom.Dataset, pydicom.Dataset, list[dict[str, Any]]]:
    """A file of the wheel, what becomes of it, and the boxes that were blanked."""
    path = next(path for path in wheel.paths() if path.name == name)
    [outcome] = deidentify(path, folder / "out", key=key, burned_in="redact").outcomes
    boxes: Any = outcome.facts["boxes"]
    return pydicom.dcmread(path), pydicom.dcmread(folder / "out" / str(outcome.facts["file"])), boxes


@pytest.mark.parametrize(("name", "words"), [
    ("examples_rgb_color.dcm", [(8, 11, 86, 22), (8, 19, 46, 30), (138, 19, 181, 30)]),  # a hospital, settings, a time
    ("examples_palette.dcm", [(320, 30, 518, 56), (663, 3, 780, 29), (90, 30, 270, 55)]),  # a maker, a date, a number
])  # fmt: skip
def test_the_text_of_pydicoms_examples_is_gone(tmp_path: Path, key: Path, name: str, words: list[Any]) -> None:
    before, after, _ = redacted_file(name, tmp_path, key)
    for left, top, right, bottom in words:
        place = np.s_[top:bottom, left:right]
        assert len(np.unique(before.pixel_array[place])) > 1
        assert len(np.unique(after.pixel_array[place].reshape(bottom - top, right - left, -1), axis=None)) == 1
    assert after.BurnedInAnnotation == "NO"


def test_what_is_outside_of_the_boxes_of_an_example_is_as_it_was(tmp_path: Path, key: Path) -> None:
    before, after, boxes = redacted_file("examples_rgb_color.dcm", tmp_path, key)
    outside = np.ones((before.Rows, before.Columns), bool)
    for box in boxes:
        outside[box["top"] : box["bottom"], box["left"] : box["right"]] = False
    assert np.array_equal(before.pixel_array[outside], after.pixel_array[outside])
    assert outside.mean() > 0.7


def test_real_slices_without_text_are_not_changed(tmp_path: Path, key: Path) -> None:
    for name in ("CT_small.dcm", "MR_small.dcm", "693_J2KI.dcm"):
        before, after, boxes = redacted_file(name, tmp_path / name, key)
        assert (boxes, np.array_equal(before.pixel_array, after.pixel_array)) == ([], True)


def test_without_the_extra_the_run_refuses_and_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(UsageError, match=r"pip install \"dicomconv\[ocr\]\""):
        library.make_plan(burned_in="redact")
