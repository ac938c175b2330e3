"""`dicomconv export` from the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dicomconv.cli import main
from tests.export.test_nifti import labelled

pytest.importorskip("nibabel")


def test_export_nifti_writes_volumes_and_label_maps(tmp_path: Path) -> None:
    path, out = labelled(tmp_path), tmp_path / "out"
    done = CliRunner().invoke(main, ["export", "nifti", str(path), "-o", str(out), "--annotations", "reviewer-a", "--compress"])
    assert done.exit_code == 0, done.output
    names = ["export.json", "series.nii.gz", "series_reviewer-a.nii.gz", "volumes.csv"]
    assert sorted(one.name for one in out.iterdir()) == names
    assert "3 images of 1 patient in" in done.output
    assert json.loads((out / "export.json").read_text())["counts"]["images"] == 3


def test_what_is_left_out_makes_exit_code_3_and_an_export_that_is_there_2(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    asked = ["export", "nifti", str(path), "-o", str(tmp_path / "out"), "--annotations"]
    assert CliRunner().invoke(main, [*asked, "nobody"]).exit_code == 3
    assert CliRunner().invoke(main, [*asked, "reviewer-a", "--existing", "error"]).exit_code == 2
    assert CliRunner().invoke(main, [*asked, "reviewer-a", "--existing", "overwrite"]).exit_code == 0


def test_options_that_mean_nothing_to_a_layout_are_refused(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    done = CliRunner().invoke(main, ["export", "mha", str(path), "-o", str(tmp_path / "out"), "--size", "64"])
    assert done.exit_code == 2
    assert "mha does not take --size" in done.output


def test_a_layout_that_nobody_knows_is_a_usage_error(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["export", "nothing", str(tmp_path), "-o", str(tmp_path)]).exit_code == 2
