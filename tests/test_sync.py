"""What is on the disk before it gets its name: an error of the disk is told, whoever had it write."""

import errno
import os
import threading
from pathlib import Path

import pytest

from dicomconv import convert, sync
from dicomconv.pipeline.pictures import put_files
from tests import make
from tests.outputs import key_file, rows, tree


def full(_: int) -> None:
    """What syncfs says of a disk that lost something."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_an_error_of_an_early_sync_is_raised_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_syncfs", lambda: full)
    disk = sync.EarlySync(tmp_path)
    disk.begin()
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        disk.finish()


def test_one_early_sync_runs_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, calls = threading.Event(), []

    def slow(descriptor: int) -> None:
        calls.append(descriptor)
        may_end.wait(10)

    monkeypatch.setattr(sync, "_syncfs", lambda: slow)
    disk = sync.EarlySync(tmp_path)
    for _ in range(3):
        disk.begin()
    may_end.set()
    disk.finish()
    disk.begin()
    disk.finish()
    assert len(calls) == 2


def test_where_there_is_no_such_call_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_syncfs", lambda: None)
    disk = sync.EarlySync(tmp_path)
    disk.begin()
    disk.finish()


def test_a_series_that_the_disk_lost_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def first_only(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            full(descriptor)

    monkeypatch.setattr(sync, "_syncfs", lambda: first_only)
    make.write(tmp_path / "in", {"a": make.ct_slice()})
    convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key"))
    [row] = rows(tmp_path / "out")
    assert (row["outcome"], "cannot be written" in str(row["reason"])) == ("failed", True)
    assert not list((tmp_path / "out").rglob("*.h5"))


def filled(folder: Path, *names: str) -> Path:
    """A folder with these files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_files_get_their_names_whether_their_folder_is_there_or_not(tmp_path: Path) -> None:
    for there in (False, True):
        source, folder = filled(tmp_path / f".{there}", "1.png", "lung/1.png"), tmp_path / str(there)
        if there:
            filled(folder, "old.txt", "1.png")
        placed = put_files(source, folder)
        assert placed == {folder / "1.png", folder / "lung" / "1.png"}
        assert set(tree(folder)) == {"1.png", "lung/1.png"} | ({"old.txt"} if there else set())
        assert (folder / "1.png").read_text() == "1.png"


def test_a_folder_without_files_is_not_put_in_place(tmp_path: Path) -> None:
    source = filled(tmp_path / ".source", "1.png")
    (source / "empty").mkdir()
    put_files(source, tmp_path / "folder")
    assert [one.name for one in (tmp_path / "folder").iterdir()] == ["1.png"]
    empty = tmp_path / ".nothing"
    empty.mkdir()
    assert put_files(empty, tmp_path / "none") == set()
    assert not (tmp_path / "none").exists()
