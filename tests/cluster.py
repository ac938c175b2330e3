"""A real dask cluster of processes, and a tap on everything that goes to its scheduler and from it."""

import contextlib
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tests.cli.command import environment

PLAIN = {
    "DASK_DISTRIBUTED__COMM__COMPRESSION": "False",  # so that the tap reads what is sent
    "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s",
    "DASK_DISTRIBUTED__WORKER__DAEMON": "True",
}


class Tap:
    """Passes on what comes to its address, and remembers it."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target, self.seen, self._lock = target, bytearray(), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "tcp://{}:{}".format(*self._listener.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.create_connection(self._target)
        other = {client: server, server: client}
        with contextlib.suppress(OSError), client, server, selectors.DefaultSelector() as selector:
            for one in other:
                selector.register(one, selectors.EVENT_READ)
            while True:
                for ready, _ in selector.select():
                    end = ready.fileobj
                    assert isinstance(end, socket.socket)
                    data = end.recv(1 << 16)
                    if not data:
                        return
                    with self._lock:
                        self.seen += data
                    other[end].sendall(data)


class Cluster:
    """A scheduler and workers, as the commands of dask start them."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._env = {**environment(), **PLAIN}
        self._folder = folder
        self._processes = [self._dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0")]
        errors = self._processes[0].stderr
        assert errors is not None
        self.address = _told(errors, rb"Scheduler at: +tcp://127.0.0.1:(\d+)")
        self.tap = Tap(("127.0.0.1", int(self.address.rpartition(":")[2])))
        for _ in range(workers):
            self._processes.append(self._dask("worker", self.tap.address, "--nthreads", "1", "--no-dashboard"))
        for one in self._processes[1:]:
            assert one.stderr is not None
            _told(one.stderr, rb"Registered to: +tcp://127.0.0.1:(\d+)")

    def _dask(self, *words: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        return subprocess.Popen(command, env=self._env, cwd=self._folder, stderr=subprocess.PIPE, start_new_session=True)

    def close(self) -> None:
        """End what was started, and no other process."""
        for one in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=False).stdout
    return [int(one) for one in told.split()]


def kill_worker_of(pid: int) -> None:
    """Kill the worker that a process works for; a worker has a nanny that replaces it, and is the head of their group."""
    for child in children(os.getpgid(pid)):
        os.kill(child, signal.SIGKILL)


def kill_machine_of(pid: int) -> None:
    """Kill a process and everything that works together with it, at once."""
    os.killpg(os.getpgid(pid), signal.SIGKILL)


def _told(errors: IO[bytes], pattern: bytes) -> str:
    """The address in the line that a process says it in; what it says later is read and forgotten."""
    for line in errors:
        if found := re.search(pattern, line):
            threading.Thread(target=lambda: [None for _ in errors], daemon=True).start()
            return f"tcp://127.0.0.1:{found[1].decode()}"
    raise AssertionError("the process ended before it said where it is")


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster that is there for a while."""
    one = Cluster(folder, workers)
    try:
        yield one
    finally:
        one.close()


def becomes_true(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return holds


def wait_for(folder: Path, pattern: str, seconds: float = 60) -> list[Path]:
    """What appears in a folder under a pattern."""
    deadline = time.monotonic() + seconds
    while not (found := list(folder.rglob(pattern))) and time.monotonic() < deadline:
        time.sleep(0.005)
    return found
