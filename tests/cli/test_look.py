"""`sheet` and `hist` on the command line: exit codes, and what stands on the terminal."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests import make
from tests.cli.command import call


def test_a_sheet_of_containers_is_written_and_told(made: Path, tmp_path: Path) -> None:
    done = call("sheet", made, "-o", tmp_path / "a.png", "--tile", 64, "--columns", 2)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"2 files: 2 shown\n2 series in {tmp_path / 'a.png'}\n"
    with Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG"


def test_the_terminal_says_that_a_sheet_of_originals_is_not_deidentified(source: Path, tmp_path: Path) -> None:
    done = call("sheet", source, "-o", tmp_path / "a.png")
    assert done.exit_code == 0
    assert "warning: not de-identified" in done.stderr


def test_hist_tells_figures_bars_and_tissues(source: Path, tmp_path: Path) -> None:
    done = call("hist", source, "-o", tmp_path / "a.png", "--scale", "linear", "--bins", 8)
    assert done.exit_code == 0
    assert "series 1: CT, 3 images, 60 pixels" in done.stdout
    assert "min -23 HU" in done.stdout
    assert "soft tissue (-29 to 150) 100.0%" in done.stdout
    assert (tmp_path / "a.png").stat().st_size


def test_hist_as_json_has_edges_counts_and_figures(made: Path) -> None:
    found = json.loads(call("hist", made, "--json", "--bins", 5).stdout)
    assert [one["unit"] for one in found] == ["HU", "HU"]
    assert all(len(one["edges"]) == len(one["counts"]) + 1 <= 6 for one in found)
    assert all(sum(one["counts"]) == one["pixels"] - one["padding"] - one["not_finite"] for one in found)


@pytest.mark.parametrize("command", [("sheet", "-o", "a.png"), ("hist",)])
def test_exit_codes_are_those_of_all_commands(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good, broken = make.ct_slice(), make.ct_slice(Rows=400, SeriesInstanceUID="1.2")
    name, *options = command

    def code(**files: bytes) -> int:
        folder = make.write(tmp_path / "-".join(files), files)
        return call(name, folder, *options).exit_code

    assert code(good=good, text=b"text") == 0
    assert code(report=make.structured_report()) == 0
    assert code(text=b"text") == 4
    assert code(good=good, broken=broken) == 3
    assert code(broken=broken) == 1
    assert call(name, tmp_path / "nowhere", *options).exit_code == 2


def test_a_sheet_of_nothing_but_ultrasound_is_refused(tmp_path: Path) -> None:
    folder = make.write(tmp_path / "in", {"a": make.instance("US", make.ramp(4, 5, dtype="uint8"))})
    assert call("sheet", folder, "-o", tmp_path / "a.png").exit_code == 6
    assert call("sheet", folder, "-o", tmp_path / "a.png", "--burned-in", "keep").exit_code == 0


@pytest.mark.parametrize("command", [("sheet", "-o", "a.png"), ("hist",)])
def test_no_name_and_no_path_of_an_original_is_on_the_terminal(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"DOE_JANE.dcm": make.ct_slice(Modality="DOE"), "DOE_note": b"DOE", "DOE_cut": make.ct_slice()[:-9]}
    make.write(tmp_path / "DOE", files)
    name, *options = command
    done = call(name, "DOE", *options)
    assert done.exit_code == 3
    assert "DOE" not in done.stdout + done.stderr
    assert make.IDENTITY["PatientID"] not in done.stdout + done.stderr
