"""Without an optional package there is one sentence that says which to install."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dicomconv.annotations import nifti, nrrd
from dicomconv.cli import main
from dicomconv.errors import UsageError
from tests.export.test_nifti import labelled


@pytest.mark.parametrize(("read", "package", "extra"), [(nifti.read, "nibabel", "nifti"), (nrrd.read, "nrrd", "nrrd")])
def test_a_reader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: object, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match=rf"install dicomconv\[{extra}\]"):
        list(read(tmp_path / "file"))  # type: ignore[operator]


def test_export_says_what_to_install_and_ends_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = labelled(tmp_path)
    monkeypatch.setitem(sys.modules, "nibabel", None)
    done = CliRunner().invoke(main, ["export", "nifti", str(path), "-o", str(tmp_path / "out")])
    assert (done.exit_code, "dicomconv[nifti]" in done.output) == (2, True)
    assert not (tmp_path / "out").exists()
