"""Full disks, folders that turn read-only, sources that vanish: nothing half-written has a name, the next run finishes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicomconv import convert, deidentify
from dicomconv.pipeline import library
from dicomconv.pipeline.leftovers import remove_leftovers
from dicomconv.temporary import machine, mark, process_mark, writer_of
from tests import make
from tests.cli.command import PROGRAM, environment
from tests.outputs import containers, left_over, rows, tree

NO_RECORDS = ["manifest.jsonl", "report.json"]


def noise(folder: Path) -> Path:
    """Three series of six slices that do not compress: 100 kB each."""
    chance = np.random.default_rng(1)
    for number in range(18):
        pixels = chance.integers(0, 2000, (96, 80)).astype("uint16")
        uids = {"SeriesInstanceUID": f"1.2.{number // 6}", "SOPInstanceUID": f"1.3.{number}"}
        make.write(folder, {f"{number}": make.instance("CT", pixels, **uids, InstanceNumber=number)})
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series, in a folder of their own."""
    return noise(tmp_path_factory.mktemp("noise") / "in")


def run(source: Path, out: Path, key: Path, *words: str, file_size: int = 0) -> "subprocess.CompletedProcess[str]":
    """The command as a process, which may write files no larger than this."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    command = [*PROGRAM, "convert", str(source), "-o", str(out), "--key", str(key), *words]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, preexec_fn=limit if file_size else None, check=False
    )


def check_the_next_run_finishes(source: Path, out: Path, key: Path, *words: str) -> None:
    done = run(source, out, key, *words)
    assert (done.returncode, left_over(out)) == (0, []), done.stderr
    convert(source, out.parent / "straight", key=key)
    assert tree(out, NO_RECORDS) == tree(out.parent / "straight", NO_RECORDS)


@pytest.mark.skipif(os.name == "nt", reason="no such limit here")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_that_cannot_grow_fails_its_series_and_leaves_nothing(
    source: Path, tmp_path: Path, key: Path, jobs: str
) -> None:
    out = tmp_path / "out"
    done = run(source, out, key, "--jobs", jobs, file_size=50_000)
    assert (done.returncode, done.stdout.count("18 failed: its series could not be written: cannot be written")) == (1, 1)
    assert (left_over(out), containers(out)) == ([], [])
    assert len(rows(out)) == 18
    check_the_next_run_finishes(source, out, key)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("size", "state_too"), [("300k", False), ("80k", True), ("200k", True)])
def test_a_full_disk_loses_nothing_and_the_next_run_finishes(
    source: Path, small_disk: Path, tmp_path: Path, key: Path, size: str, state_too: bool
) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(small_disk)], check=True)
    out, state = small_disk / "out", small_disk / "state" if state_too else tmp_path / "state"
    done = run(source, out, key, "--state", str(state))
    assert done.returncode in (1, 2, 3)
    assert "Traceback" not in done.stderr
    assert 0 <= len(containers(out)) < 3
    assert left_over(out) == []
    subprocess.run(["mount", "-o", "remount,size=6m", str(small_disk)], check=True)
    done = run(source, out, key, "--state", str(state))
    assert (done.returncode, left_over(out)) == (0, []), done.stderr
    convert(source, tmp_path / "straight", key=key)
    assert tree(out, NO_RECORDS) == tree(tmp_path / "straight", NO_RECORDS)


def test_a_disk_that_turns_read_only_is_said_before_anything_is_begun(
    source: Path, small_disk: Path, tmp_path: Path, key: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,size=6m", str(small_disk)], check=True)
    out = small_disk / "out"
    assert run(source, out, key, "--include", "min-slices=9", "--state", str(tmp_path / "state")).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run(source, out, key, "--state", str(tmp_path / "state"))
    assert (done.returncode, "cannot be written to (read-only file system)" in done.stderr) == (2, True)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert run(source, out, key, "--state", str(tmp_path / "state")).returncode == 0
    assert len(containers(out)) == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_patients_folder_that_is_read_only_fails_its_series(source: Path, tmp_path: Path, key: Path) -> None:
    out = tmp_path / "out"
    run(source, out, key, "--include", "min-slices=9")
    convert(source, out, key=key)
    folder = containers(out)[0].parent
    for path in containers(out):
        path.unlink()
    folder.chmod(0o500)
    assert run(source, out, key).returncode == 1
    folder.chmod(0o700)
    assert run(source, out, key).returncode == 0


@pytest.mark.parametrize("work", ["convert", "deidentify"])
def test_a_source_that_vanishes_fails_and_is_done_when_it_is_back(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    noise(tmp_path / "in")
    moved, real = tmp_path / "moved", getattr(library, f"{work}_series")

    def vanishing(job: Any, out: Path) -> Any:
        for file in job.files[:2]:
            moved.mkdir(exist_ok=True)
            file.path.rename(moved / file.path.name)
        return real(job, out)

    function = {"convert": convert, "deidentify": deidentify}[work]
    with monkeypatch.context() as patched:
        patched.setattr(library, f"{work}_series", vanishing)
        report = function(tmp_path / "in", tmp_path / "out", key=key)
    reasons = [one.reason for one in report.outcomes if one.status == "failed"]
    assert reasons == ["cannot be read (no such file or directory)"] * 6
    for path in moved.iterdir():
        path.rename(tmp_path / "in" / path.name)
    function(tmp_path / "in", tmp_path / "out", key=key)
    function(tmp_path / "in", tmp_path / "straight", key=key)
    assert tree(tmp_path / "out", NO_RECORDS) == tree(tmp_path / "straight", NO_RECORDS)


def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


def leave(path: Path, age: float = 0) -> Path:
    """A file, or for a name with a dot in front a folder with one in it, that was last changed so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.startswith("."):
        path.mkdir()
        (path / "half.png").write_bytes(b"half")
    else:
        path.write_bytes(b"half")
    now = path.stat().st_mtime
    os.utime(path, (now - age, now - age))
    return path


@pytest.mark.skipif(os.name == "nt", reason="whether a process lives cannot be asked here")
def test_what_dead_processes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    elsewhere, folder = f"00000000-{machine()[::-1]}", tmp_path / "patient/study"
    gone = [
        leave(folder / f"se.h5.tmp-{process_mark(dead())}-17"),
        leave(folder / f".se{mark()}"),
        leave(tmp_path / f".manifest.jsonl.tmp-{process_mark(dead())}"),
        leave(folder / f"old.h5.tmp-{process_mark(1)}-1", age=4000),
        leave(folder / f"older.h5.tmp-77-{elsewhere[-8:]}-1", age=90_000),
    ]
    kept = [
        leave(folder / f"se2.h5.tmp-{process_mark(os.getppid())}-17"),
        leave(folder / f"se3.h5.tmp-77-{'0' * 8}-1", age=80_000),
        leave(folder / "se4.h5"),
        leave(folder / "notes.tmp-1"),
        leave(folder / ".hidden"),
    ]
    assert remove_leftovers(tmp_path) == len(gone)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


@pytest.mark.parametrize("name", ["a.h5", "a.tmp-1", "a.tmp-12-xyz", "tmp-1-00000000", "a.tmp-1-00000000.h5"])
def test_names_that_are_not_ours_name_no_writer(name: str) -> None:
    assert writer_of(name) is None


def test_a_temporary_name_names_its_writer() -> None:
    assert writer_of(f"a.h5{mark()}-123") == (os.getpid(), machine())
