"""Watched workers: what somebody does to them or to whom they work for, and what travels to them and back."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.errors import WorkerEnded
from dicomconv.execute import run_all
from dicomconv.workers import heartbeat
from dicomconv.workers.engine import Limits
from dicomconv.workers.memory import megabytes_here, megabytes_of
from dicomconv.workers.pool import SupervisedExecutor
from dicomconv.workers.zygote import prepared
from tests.cli.command import environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers are watched where processes can fork")
SHORT = 0.01


@pytest.fixture(autouse=True, scope="module")
def _prepared() -> Iterator[None]:
    """Workers are copies of this process, as those of the command line are of its."""
    with prepared():
        yield


def same(value: Any) -> Any:
    """Work that gives back what it got."""
    return value


def ends(folder: Path) -> str:
    """Work that leaves its pid, waits until it is told to end, and says that it cleaned up."""
    (folder / str(os.getpid())).touch()
    try:
        while True:
            time.sleep(SHORT)
    finally:
        (folder / "cleaned").touch()


def once(folder: Path) -> str:
    """Work that waits to be ended the first time, and is done at once the second."""
    if any(folder.iterdir()):
        return "done"
    return ends(folder)


def deaf(folder: Path) -> str:
    """Work that hears no signal but the one that nobody can leave unheard."""
    (folder / str(os.getpid())).touch()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    time.sleep(3600)
    return "never"


def again(job: Any, fault: Any) -> Any:
    """A remedy: the same once more."""
    return job


def pids(folder: Path) -> list[int]:
    """The processes that have begun to work."""
    while not (found := [int(path.name) for path in folder.iterdir() if path.name.isdigit()]):
        time.sleep(SHORT)
    return found


def is_there(pid: int) -> bool:
    """Whether a process has not ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def wait_for(condition: Any) -> bool:
    """Whether something comes true within some seconds."""
    deadline = time.monotonic() + 20
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(SHORT)
    return bool(holds)


@given(st.lists(st.binary() | st.text() | st.none(), max_size=4))
def test_what_is_worked_on_comes_back(values: list[Any]) -> None:
    with SupervisedExecutor(1) as engine:
        assert engine.submit(same, values).result() == values


def test_a_large_job_and_a_large_report_pass() -> None:
    with SupervisedExecutor(1) as engine:
        assert engine.submit(same, bytes(30_000_000)).result() == bytes(30_000_000)


def test_more_jobs_than_workers_are_all_done() -> None:
    found: dict[int, Any] = {}
    with SupervisedExecutor(3) as engine:
        assert run_all(engine, same, range(40), found.__setitem__) is False
    assert found == {number: number for number in range(40)}


COPIED = """
import threading
from dicomconv.workers.zygote import prepared
from tests.test_workers import is_fresh
stop = threading.Event()
thread = threading.Thread(target=stop.wait)
if {threads}:
    thread.start()
with prepared():
    print(is_fresh())
stop.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no process is copied elsewhere")
@pytest.mark.parametrize("threads", [True, False])
def test_a_process_with_threads_is_not_copied(threads: bool) -> None:
    script = COPIED.format(threads=threads)
    told = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, check=True).stdout
    assert told.decode().strip() == str(threads)


def is_fresh() -> bool:
    """Whether workers are forked from a process of its own, not from a copy of this one."""
    with SupervisedExecutor(1) as engine:
        pid = parent_of(engine.submit(pid_of, 0).result())
        told = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, check=True, text=True).stdout
    return "zygote import come_up" in told


def unpicklable(_: Any) -> Any:
    """Work whose report cannot travel."""
    return lambda: None


def test_what_cannot_travel_is_an_error_of_its_job() -> None:
    with SupervisedExecutor(1) as engine:
        futures = engine.submit(same, lambda: None), engine.submit(unpicklable, 1), engine.submit(same, 2)
        assert [type(future.exception()) for future in futures[:2]] != [type(None)] * 2
        assert futures[2].result() == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_somebody_ends_is_replaced(tmp_path: Path, number: int) -> None:
    with SupervisedExecutor(1, remedy=again) as engine:
        future = engine.submit(once, tmp_path)
        os.kill(pids(tmp_path)[0], number)
        assert future.result() == "done"


def test_without_a_remedy_a_job_whose_worker_ends_is_an_error(tmp_path: Path) -> None:
    with SupervisedExecutor(1) as engine:
        future = engine.submit(once, tmp_path)
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        assert isinstance(future.exception(), WorkerEnded)
        assert engine.submit(same, 1).result() == 1


def test_a_worker_that_ended_while_it_had_nothing_to_do_costs_nothing(tmp_path: Path) -> None:
    with SupervisedExecutor(1, remedy=again) as engine:
        pid = engine.submit(os.getpgid, 0).result() and engine.submit(pid_of, 0).result()
        os.kill(pid, signal.SIGKILL)
        assert wait_for(lambda: not is_there(pid))
        assert engine.submit(same, 1).result() == 1


def pid_of(_: Any) -> int:
    """Work that says in which process it is done."""
    return os.getpid()


def test_an_interrupted_worker_cleans_up(tmp_path: Path) -> None:
    with SupervisedExecutor(1, remedy=again) as engine:
        future = engine.submit(ends, tmp_path)
        pids(tmp_path)
        engine.interrupt()
        assert isinstance(future.exception(), KeyboardInterrupt)
        assert (tmp_path / "cleaned").exists()


def test_a_worker_that_does_not_hear_is_ended_in_the_end(tmp_path: Path) -> None:
    with SupervisedExecutor(1, remedy=again) as engine:
        future = engine.submit(deaf, tmp_path)
        pids(tmp_path)
        while not future.done():
            engine.interrupt()
            time.sleep(SHORT)
        assert isinstance(future.exception(), KeyboardInterrupt)


def handed_out(work: Any, folder: Path, error: BaseException) -> None:
    """Jobs handed out, and an error when the first has begun."""
    with SupervisedExecutor(2, remedy=again) as engine:
        for _ in range(5):
            engine.submit(work, folder)
        pids(folder)
        raise error


def test_an_error_where_jobs_are_handed_out_ends_those_that_run(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        handed_out(ends, tmp_path, ZeroDivisionError())
    assert (tmp_path / "cleaned").exists()
    assert wait_for(lambda: not any(is_there(pid) for pid in pids(tmp_path)))


def test_a_second_interrupt_ends_what_does_not_hear_at_once(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        handed_out(deaf, tmp_path, KeyboardInterrupt())
    assert wait_for(lambda: not any(is_there(pid) for pid in pids(tmp_path)))


def test_the_process_that_forks_can_be_lost(tmp_path: Path) -> None:
    with prepared(), SupervisedExecutor(1, warm="dicomconv.errors", remedy=again) as engine:
        os.kill(parent_of(engine.submit(pid_of, 0).result()), signal.SIGKILL)
        future = engine.submit(once, tmp_path)
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        assert future.result() == "done"


def test_a_job_goes_on_when_the_process_that_forks_is_lost(tmp_path: Path) -> None:
    with prepared(), SupervisedExecutor(1, remedy=again) as engine:
        future = engine.submit(until_told, tmp_path)
        [pid] = pids(tmp_path)
        os.kill(parent_of(pid), signal.SIGKILL)
        (tmp_path / "go on").touch()
        assert future.result() == pid


def until_told(folder: Path) -> int:
    """Work that goes on when there is a file; in which process."""
    (folder / str(os.getpid())).touch()
    while not (folder / "go on").exists():
        time.sleep(SHORT)
    return os.getpid()


def parent_of(pid: int) -> int:
    """The parent of a process."""
    told = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True).stdout
    return int(told)


SCRIPT = """
from pathlib import Path
from dicomconv.workers.pool import SupervisedExecutor
from dicomconv.workers.zygote import prepared
from tests.test_workers import ends
with prepared(), SupervisedExecutor(2) as engine:
    engine.submit(ends, Path({folder!r}))
"""


def test_workers_end_with_whom_they_work_for_and_clean_up(tmp_path: Path) -> None:
    script = SCRIPT.format(folder=str(tmp_path))
    running = subprocess.Popen([sys.executable, "-c", script], env=environment())
    [pid] = pids(tmp_path)
    zygote = parent_of(pid)
    running.kill()
    running.wait()
    assert wait_for(lambda: not is_there(pid))
    assert wait_for(lambda: not is_there(zygote))
    assert (tmp_path / "cleaned").exists()


def busy(seconds: float) -> str:
    """Work at one place that says several times that it goes on."""
    heartbeat.at(1)
    for _ in range(5):
        time.sleep(seconds)
        heartbeat.beat()
    return "done"


@pytest.mark.parametrize(("pause", "is_done"), [(0.05, True), (30, False)])
def test_a_job_may_take_its_time_as_long_as_it_goes_on(pause: float, is_done: bool) -> None:
    with SupervisedExecutor(1, limits=Limits(seconds=1)) as engine:
        future = engine.submit(busy, pause)
        assert (future.exception() is None) == is_done


def test_places_are_seen_from_another_process() -> None:
    board = heartbeat.Board()
    with contextlib.closing(board):
        pid = os.fork()
        if not pid:
            heartbeat.join(board.descriptor)
            heartbeat.at(-7)
            heartbeat.at(41)
            os._exit(0)
        os.waitpid(pid, 0)
        assert (board.place, board.beats) == (41, 2)


def test_the_memory_of_a_process_is_seen() -> None:
    before = megabytes_of(os.getpid())
    taken = bytearray(200 << 20)
    taken[::4096] = b"x" * len(taken[::4096])
    assert 150 < megabytes_of(os.getpid()) - before < 400
    assert megabytes_of(os.getpid()) < megabytes_here()


def test_a_process_that_has_ended_has_no_memory() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert megabytes_of(ended.pid) == 0


def test_workers_come_up_while_others_wait_in_threads() -> None:
    with SupervisedExecutor(2) as engine:
        threads = [threading.Thread(target=lambda: engine.submit(same, 1).result()) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)
