"""`dicomconv export` from the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dicomconv.cli import main
from tests.export.test_nifti import labelled

pytest.importorskip("nibabel")


def test_export_nifti_writes_volumes_and_label_maps(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    done = CliRunner().invoke(
        main, ["export", "nifti", str(path), "-o", str(tmp_path / "out"), "--annotations", "reviewer-a", "--compress"]
    )
    assert done.exit_code == 0, done.output
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["series.nii.gz", "series_reviewer-a.nii.gz"]
    assert "2 files in" in done.output


def test_what_is_left_out_makes_exit_code_3_or_1_if_that_is_all(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    asked = ["export", "nifti", str(path), "-o", str(tmp_path / "out"), "--annotations"]
    assert CliRunner().invoke(main, [*asked, "nobody"]).exit_code == 3
    again = CliRunner().invoke(main, [*asked, "reviewer-a", "--existing", "error"])
    assert again.exit_code == 3  # the volume is there, the label map is new
    (tmp_path / "bad.h5").write_bytes(b"not a container")
    done = CliRunner().invoke(main, ["export", "nifti", str(tmp_path / "bad.h5"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "bad.h5" in done.output


def test_a_layout_that_nobody_knows_is_a_usage_error(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["export", "tiff", str(tmp_path), "-o", str(tmp_path)]).exit_code == 2
