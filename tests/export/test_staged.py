"""A folder appears whole or not at all, and nothing that is there is lost."""

from pathlib import Path

import pytest

from dicomconv.errors import UsageError
from dicomconv.export.staged import staged


def write(folder: Path, text: str, existing="error") -> None:
    """An export with one file."""
    with staged(folder, existing) as target:
        (target / "export.json").write_text(text)


def test_a_folder_appears_when_all_is_written(tmp_path: Path):
    with staged(tmp_path / "deep/out", "error") as target:
        (target / "a").write_text("1")
        assert not (tmp_path / "deep/out").exists()
    assert (tmp_path / "deep/out/a").read_text() == "1"
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["out"]


def test_what_fails_leaves_nothing(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "out", "error"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_export_is_replaced_when_asked_for_and_only_then(tmp_path: Path):
    write(tmp_path / "out", "one")
    with pytest.raises(UsageError, match="--existing overwrite"):
        write(tmp_path / "out", "two")
    assert (tmp_path / "out/export.json").read_text() == "one"
    write(tmp_path / "out", "two", "overwrite")
    assert (tmp_path / "out/export.json").read_text() == "two"


def test_what_is_no_export_is_never_replaced(tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    with pytest.raises(UsageError, match="other files"):
        write(tmp_path / "out", "two", "overwrite")
    assert (tmp_path / "out/mine").exists()


def test_an_export_that_fails_leaves_the_one_before(tmp_path: Path):
    write(tmp_path / "out", "one")
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "out", "overwrite"):
        raise ZeroDivisionError
    assert (tmp_path / "out/export.json").read_text() == "one"
