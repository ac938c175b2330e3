"""A process that does nothing but fork workers, each a copy of it: no threads, no open files, all modules loaded."""

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from dicomconv.workers import heartbeat
from dicomconv.workers.worker import main

NUMBER = 8  # bytes of a pid or wait status
MOST_OPEN = 1 << 16  # descriptors that a process is taken to have
END, PAUSE = 5.0, 0.001  # seconds that workers have to end when there is nobody to work for; between two looks
PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[3]); from dicomconv.workers.zygote import come_up; come_up()"
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ()
_ready: list["Zygote"] = []


class Zygote:
    """The way to have workers forked."""

    def __init__(self, control: socket.socket, pid: int, has_ended: Callable[[], bool]) -> None:
        self._control, self._pid, self._has_ended, self._lock = control, pid, has_ended, threading.Lock()

    @classmethod
    def forked(cls) -> "Zygote":
        """A copy of this process as it is now: cheap, and safe as long as this process has no threads."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            _serve(theirs.detach())
        theirs.close()
        return cls(ours, pid, lambda: _is_reaped(pid))

    @classmethod
    def fresh(cls, warm: str) -> "Zygote":
        """A process of its own that loads the module `warm`."""
        ours, theirs = socket.socketpair()
        with theirs:
            words = ["-c", PROGRAM, str(theirs.fileno()), warm, json.dumps(sys.path)]
            one = subprocess.Popen([sys.executable, *words], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        return cls(ours, one.pid, lambda: one.poll() is not None)

    def fork(self, connection: socket.socket, status: int, board: int) -> None:
        """Have a worker forked. It writes its pid to `status`, the zygote how it ended. OSError if the zygote has gone."""
        with self._lock:
            socket.send_fds(self._control, [b"w"], [connection.fileno(), status, board])

    def close(self) -> None:
        """End it. It waits for its workers, which have ended or are about to."""
        self._control.close()
        deadline = time.monotonic() + END
        while not self._has_ended():
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)
            time.sleep(PAUSE)


def _is_reaped(pid: int) -> bool:
    """Whether a child of this process has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Have a zygote forked now, before this process has threads or much memory, for all executors that are made inside."""
    if not _can_be_copied():
        yield
        return
    zygote = Zygote.forked()
    _ready.append(zygote)
    try:
        yield
    finally:
        _ready.remove(zygote)
        zygote.close()


def _can_be_copied() -> bool:
    """Whether this process has no threads but those of libraries that know of forks, and the system does not mind."""
    return sys.platform == "linux" and threading.active_count() == 1 and "onnxruntime" not in sys.modules


def keep_ready(warm: str) -> None:
    """Have a fresh zygote for all executors of this process, if there is none."""
    if not _ready:
        _ready.append(Zygote.fresh(warm))


def zygote_for(warm: str) -> tuple[Zygote, bool]:
    """The zygote that is prepared, or a fresh one, and whether it is for whoever asked alone."""
    return (_ready[-1], False) if _ready else (Zygote.fresh(warm), True)


def come_up() -> NoReturn:
    """What a fresh zygote does."""
    descriptor, warm = int(sys.argv[1]), sys.argv[2]
    for one in IGNORED:
        signal.signal(one, signal.SIG_IGN)
    if warm:
        importlib.import_module(warm)
    _serve(descriptor)


def _serve(descriptor: int) -> NoReturn:
    """Fork a worker for every request, and tell how each one ended, until nobody can ask any more."""
    try:
        control = _settle(descriptor)
        wake, waker = socket.socketpair()
        for end in (wake, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        statuses: dict[int, int] = {}
        while True:
            ready = {one for one, _ in _polled(control, wake)}
            if wake.fileno() in ready:
                with contextlib.suppress(BlockingIOError):
                    wake.recv(4096)
            _reap(statuses)
            if control.fileno() in ready:
                _answer(control, statuses, (wake, waker))
    finally:
        os._exit(1)


def _settle(descriptor: int) -> socket.socket:
    """Let go of everything that belongs to the process this is a copy of."""
    faulthandler.disable()
    for one in IGNORED:
        signal.signal(one, signal.SIG_IGN)
    control = os.dup2(descriptor, 3, inheritable=False) if descriptor != 3 else descriptor
    os.closerange(4, MOST_OPEN)
    gc.freeze()
    return socket.socket(fileno=control)


def _polled(*ends: socket.socket) -> list[tuple[int, int]]:
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    return poll.poll()


def _reap(statuses: dict[int, int]) -> None:
    """Tell how workers ended."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            descriptor = statuses.pop(ended[0], -1)
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.write(descriptor, os.waitstatus_to_exitcode(ended[1]).to_bytes(NUMBER, "big", signed=True))
                os.close(descriptor)


def _answer(control: socket.socket, statuses: dict[int, int], own: tuple[socket.socket, ...]) -> None:
    """Fork one worker, or end with whoever asked for them."""
    asked, descriptors, _, _ = socket.recv_fds(control, 1, 3)
    if not asked:
        _leave(statuses)
    connection, status, board = descriptors
    pid = os.fork()
    if not pid:
        try:
            _become_worker(control, statuses, own, descriptors)
        finally:
            os._exit(1)
    os.write(status, pid.to_bytes(NUMBER, "big", signed=True))
    os.close(connection)
    os.close(board)
    statuses[pid] = status


def _leave(statuses: dict[int, int]) -> NoReturn:
    """End when the last worker has: they clean up after themselves."""
    with contextlib.suppress(ChildProcessError):
        while statuses:
            statuses.pop(os.waitpid(-1, 0)[0], None)
    os._exit(0)


def _become_worker(
    control: socket.socket, statuses: dict[int, int], own: tuple[socket.socket, ...], descriptors: list[int]
) -> NoReturn:
    """What the copy does that is to work."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    for end in (control, *own):
        end.close()
    connection, status, board = descriptors
    for one in (status, *statuses.values()):
        os.close(one)
    heartbeat.join(board)
    main(socket.socket(fileno=connection))
