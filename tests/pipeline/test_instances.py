"""One file at a time: a damaged one fails, an unforeseen error is a row, and a header is never passed off as a file."""

import logging
import warnings
from pathlib import Path

import pytest

from dicomconv import convert
from dicomconv.part10 import split
from dicomconv.pipeline import instances as instances_module
from dicomconv.pipeline.instances import quiet
from tests import make
from tests.outputs import by_name, rows

SLICE = make.ct_slice()
ELEMENTS = split(SLICE).elements
SILENT = "what stands before Rows is damaged, and all that follows is cut as trailing matter: converted without pixels"


def lost(folder: Path, files: dict[str, bytes], key: Path) -> list[str]:
    """The damaged images that were said to be converted although their pixels are gone."""
    report = convert(make.write(folder / "in", files), folder / "out", key=key, duplicates="keep-both", png=False)
    frames = {row["row"]: row.get("frames") for row in rows(folder / "out") if row["outcome"] == "converted"}
    return sorted(report.paths[row].name for row, count in frames.items() if not count)


def test_an_image_with_zeros_over_an_element_does_not_lose_its_pixels_in_silence(tmp_path: Path, key: Path) -> None:
    files = {f"{e.tag:08x}": SLICE[: e.start] + bytes(8) + SLICE[e.start + 8 :] for e in ELEMENTS}
    assert lost(tmp_path, files, key) == []


def test_an_image_cut_inside_the_header_of_an_element_is_not_converted(tmp_path: Path, key: Path) -> None:
    assert lost(tmp_path, {f"{e.tag:08x}": SLICE[: e.start + 3] for e in ELEMENTS}, key) == []


def test_an_image_cut_inside_a_value_is_not_converted(tmp_path: Path, key: Path) -> None:
    cuts = {f"{e.tag:08x}": SLICE[: e.value + 1] for e in ELEMENTS if e.end > e.value}
    assert lost(tmp_path, cuts, key) == []


def test_an_image_cut_inside_its_pixels_fails(tmp_path: Path, key: Path) -> None:
    report = convert(make.write(tmp_path / "in", {"a": SLICE[:-1]}), tmp_path / "out", key=key)
    assert by_name(report)["a"][0] == "failed"


def test_an_unforeseen_error_is_a_row_that_quotes_nothing(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("DOE^JANE")

    monkeypatch.setattr(instances_module, "check_identity", broken)
    report = convert(make.write(tmp_path / "in", {"a": SLICE}), tmp_path / "out", key=key)
    assert by_name(report)["a"] == ("failed", "an error of ours (ZeroDivisionError); please report it")


def test_a_file_that_goes_away_between_walk_and_work_fails(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path, *_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr(instances_module, "split", gone)
    report = convert(make.write(tmp_path / "in", {"DOE": SLICE}), tmp_path / "out", key=key)
    assert by_name(report)["DOE"] == ("failed", "cannot be read (no such file or directory)")


@pytest.mark.parametrize(("choice", "status"), [("refuse", "refused"), ("keep", "converted")])
def test_an_ultrasound_is_refused_unless_it_is_asked_for(tmp_path: Path, key: Path, choice: str, status: str) -> None:
    make.write(tmp_path / "in", {"a": make.instance("US", make.ramp(4, 5, dtype="uint8"))})
    report = convert(tmp_path / "in", tmp_path / "out", key=key, burned_in=choice)  # type: ignore[arg-type]
    assert by_name(report)["a"][0] == status
    assert ("burned_in" in rows(tmp_path / "out")[0]) == (status == "converted")


def test_what_pydicom_has_to_say_is_not_let_out(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with quiet():
        warnings.warn("quotes DOE^JANE", UserWarning, stacklevel=1)
        logging.getLogger("pydicom").warning("quotes DOE^JANE")
    assert (len(recwarn), caplog.records) == (0, [])


def test_after_a_run_pydicom_may_speak_again() -> None:
    with quiet():
        pass
    assert not logging.getLogger("pydicom").disabled
