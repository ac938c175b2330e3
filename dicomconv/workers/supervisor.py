"""One worker and who watches it: gives it a job, sees it end, and ends it where it takes too long or too much."""

import contextlib
import os
import pickle
import select
import signal
import socket
import time
from typing import Any

from dicomconv.workers import wire
from dicomconv.workers.engine import Limits
from dicomconv.workers.faults import Fault, Kind
from dicomconv.workers.heartbeat import Board
from dicomconv.workers.memory import SECONDS_TO_LOOK, megabytes_of
from dicomconv.workers.zygote import NUMBER, Zygote

LONG_TICK = 1.0  # seconds between two looks at a worker that has no bound on its memory
END = 5.0  # seconds for a process that was killed to be gone


class Worker:
    """A worker process, from its supervisor's side. OSError if none comes up."""

    def __init__(self, zygote: Zygote) -> None:
        self.board = Board()
        self._connection, theirs = socket.socketpair()
        self._status, status = os.pipe()
        try:
            with theirs, os.fdopen(status, "wb") as telling:
                zygote.fork(theirs, telling.fileno(), self.board.descriptor)
            self.pid = self._number()
        except OSError:
            self.close()
            raise

    def _number(self) -> int:
        """The next number that is told of the process. OSError if nobody is there to tell it."""
        told = os.read(self._status, NUMBER)
        if len(told) < NUMBER:
            raise OSError("the process that forks workers has gone")
        return int.from_bytes(told, "big", signed=True)

    def carry_out(self, work: Any, job: Any, limits: Limits) -> tuple[str, Any] | Fault:
        """The worker's reply to a job, or what ended it first."""
        message = pickle.dumps((work, job))
        self.board.clear()
        with contextlib.suppress(OSError):  # it has ended: that is seen below
            wire.put(self._connection, message)
        watch = _Watch(self, limits)
        while not self._is_heard(watch.tick):
            if fault := watch.look():
                self.kill()
                self._wait()
                return fault
        with contextlib.suppress(EOFError):
            reply: tuple[str, Any] = pickle.loads(wire.received(self._connection))
            return reply
        return self._ended()

    def _is_heard(self, seconds: float) -> bool:
        """Whether a reply has come, or the process has gone."""
        return bool(_poll(self._connection.fileno(), seconds))

    def _ended(self) -> Fault:
        """How the process ended that has gone, or is about to."""
        if not self._wait():
            self.kill()
            self._wait()
        try:
            code = self._number()
        except OSError:  # nobody knows
            self.kill()
            code = -signal.SIGKILL
        kind: Kind = "exit" if code >= 0 else "signal"
        return self.fault(kind, abs(code))

    def fault(self, kind: Kind, number: int = 0, error: BaseException | None = None) -> Fault:
        """A fault at the place where the worker is."""
        return Fault(kind, self.board.place, self.pid, number, error)

    def _wait(self) -> bool:
        """Whether it is known within some seconds how the process ended."""
        return bool(_poll(self._status, END))

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the worker; it ends when it has nothing to do."""
        self._connection.close()
        os.close(self._status)
        self.board.close()


def _poll(descriptor: int, seconds: float) -> list[tuple[int, int]]:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return poll.poll(1000 * seconds)


class _Watch:
    """Whether a worker keeps its bounds."""

    def __init__(self, worker: Worker, limits: Limits) -> None:
        self._worker, self._limits = worker, limits
        self._beats, self._since = worker.board.beats, time.monotonic()
        self.tick = SECONDS_TO_LOOK if limits.megabytes else min(LONG_TICK, limits.seconds / 4 or LONG_TICK)

    def look(self) -> Fault | None:
        """What has to end the worker now."""
        board, limits = self._worker.board, self._limits
        if board.beats != self._beats or not board.place:
            self._beats, self._since = board.beats, time.monotonic()
        elif limits.seconds and time.monotonic() - self._since > limits.seconds:
            return self._worker.fault("timeout", round(limits.seconds))
        if limits.megabytes and megabytes_of(self._worker.pid) > limits.megabytes:
            return self._worker.fault("memory", limits.megabytes)
        return None
