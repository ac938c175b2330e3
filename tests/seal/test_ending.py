"""A run that is told to end cleans up after itself, in this process and in workers, and no worker outlives its parent."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dicomconv.cli import strip
from dicomconv.errors import WorkerEnded
from dicomconv.execute import executor, run_all
from tests.cli.command import call, environment

POSIX = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals here")
PARENT = """
import signal, sys
from dicomconv.execute import executor, run_all
from tests.seal.test_ending import endless
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell has ignored in what it runs behind itself
    with executor("processes:1") as engine:
        print(run_all(engine, endless, [sys.argv[1]], print), flush=True)
"""


def ended(file: str) -> None:
    """A job that is told to end while it has something half-written."""
    Path(file).touch()
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        Path(file).unlink()


def _raised(number: int) -> list[object]:
    """No reports, after a signal."""
    signal.raise_signal(number)
    return []


def endless(file: str) -> None:
    """A job that has something half-written for ever."""
    Path(file).touch()
    try:
        print("begun", flush=True)
        signal.pause()
    finally:
        Path(file).unlink()


def parent(file: Path) -> "subprocess.Popen[bytes]":
    """A process of its own with a worker that has begun."""
    words = [sys.executable, "-c", PARENT, str(file)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment(), start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_command_that_is_told_to_end_is_interrupted(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)  # nohup has SIGHUP ignored
    monkeypatch.setattr(strip, "strip", lambda _: signal.raise_signal(number))
    try:
        result = call("strip", "x")
        assert (result.exit_code, "interrupted" in result.stderr) == (130, True)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


@POSIX
def test_a_signal_that_was_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    monkeypatch.setattr(strip, "strip", lambda _: _raised(signal.SIGHUP))
    try:
        assert call("strip", "x").exit_code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@POSIX
def test_a_worker_that_is_told_to_end_cleans_up_and_ends(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    with executor("processes:1") as engine:
        run_all(engine, ended, [str(tmp_path / "half")], found.__setitem__)
    assert isinstance(found[str(tmp_path / "half")], WorkerEnded)
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_workers_end_and_clean_up_when_their_parent_is_interrupted(tmp_path: Path) -> None:
    process = parent(tmp_path / "half")
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == b"True\n"
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_no_worker_outlives_its_parent_and_each_cleans_up(tmp_path: Path) -> None:
    process = parent(tmp_path / "half")
    process.kill()
    process.communicate()  # returns when the last process that has its standard output is gone
    assert list(tmp_path.iterdir()) == []
