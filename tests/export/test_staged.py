"""A folder appears whole or not at all, and nothing that is there is lost."""

import shutil
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


def test_a_folder_that_is_there_stays_the_same_one(tmp_path: Path):
    (tmp_path / "out").mkdir()
    before = (tmp_path / "out").stat().st_ino
    write(tmp_path / "out", "one")
    write(tmp_path / "out", "two", "overwrite")
    assert (tmp_path / "out").stat().st_ino == before
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {"export.json": "two"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_stands_for_where_it_leads(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "one")
    write(tmp_path / "link", "two", "overwrite")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/export.json").read_text() == "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_the_working_folder_is_still_there_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path(), "one")
    assert Path("export.json").read_text() == "one"


def test_folders_above_go_with_an_export_that_fails(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "a/b/out", "error"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moved", range(4))
def test_an_interrupt_while_it_is_put_in_place_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
):
    write(tmp_path / "out", "one")
    (tmp_path / "out/more").write_text("of one")
    rename, done = Path.rename, []

    def interrupted(path: Path, target: Path) -> Path:
        if len(done) == moved:
            done.append(path)
            raise KeyboardInterrupt
        done.append(path)
        return rename(path, target)

    def export() -> None:
        with staged(tmp_path / "out", "overwrite") as target:
            for name in ("export.json", "other"):
                (target / name).write_text("two")
            monkeypatch.setattr(Path, "rename", interrupted)

    with pytest.raises(KeyboardInterrupt):
        export()
    found = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert found == {"export.json": "one", "more": "of one"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_interrupt_while_the_old_one_is_removed_leaves_the_new_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path / "out", "one")
    remove, called = shutil.rmtree, []

    def interrupted(path: Path, **how: bool) -> None:
        called.append(path)
        if len(called) == 1:
            raise KeyboardInterrupt
        remove(path, **how)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", "two", "overwrite")
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {"export.json": "two"}
