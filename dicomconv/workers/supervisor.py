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
from dicomconv.workers.memory import megabytes_of
from dicomconv.workers.zygote import NUMBER, Zygote

TICK, LONG_TICK = 0.1, 1.0  # seconds between two looks at a worker that has a bound on its memory; that has none
END = 5.0  # seconds for a process that was killed to be gone


class Worker:
    """A worker process, from its supervisor's side. OSError if none comes up."""

    def __init__(self, zygote: Zygote) -> None:
        self.board = Board()
        self._connection, theirs = socket.socketpair()
        self._status, status = os.pipe()
        try:
            zygote.fork(theirs, status, self.board.descriptor)
        finally:
            theirs.close()
            os.close(status)
        self.pid = self._number()
        if self.pid is None:
            self.close()
            raise OSError("no worker process came up")

    def _number(self) -> int | None:
        """The next number that is told of the process; None if nobody is there to tell it."""
        told = os.read(self._status, NUMBER)
        return int.from_bytes(told, "big", signed=True) if len(told) == NUMBER else None

    def carry_out(self, work: Any, job: Any, limits: Limits) -> tuple[str, Any] | Fault:
        """The worker's reply to a job, or what ended it first."""
        message = pickle.dumps((work, job))
        self.board.clear()
        with contextlib.suppress(OSError):  # it has ended: that is seen below
            wire.put(self._connection, message)
        watch = _Watch(self, limits)
        poll = select.poll()
        for one in (self._connection.fileno(), self._status):
            poll.register(one, select.POLLIN)
        while True:
            ready = {one for one, _ in poll.poll(1000 * watch.tick)}
            if self._connection.fileno() in ready:
                with contextlib.suppress(EOFError):
                    reply: tuple[str, Any] = pickle.loads(wire.received(self._connection))
                    return reply
                return self._ended()
            if self._status in ready:
                return self._ended()
            if fault := watch.look():
                self.kill()
                self._wait()
                return fault

    def _ended(self) -> Fault:
        """How the process ended that has gone, or is about to."""
        if not self._wait():
            self.kill()
            self._wait()
        code = self._number()
        kind: Kind = "exit" if code is not None and code >= 0 else "signal"
        return self.fault(kind, signal.SIGKILL if code is None else abs(code))

    def fault(self, kind: Kind, number: int = 0, error: BaseException | None = None) -> Fault:
        """A fault at the place where the worker is."""
        return Fault(kind, self.board.place, self.pid or 0, number, error)

    def _wait(self) -> bool:
        """Whether it is known within some seconds how the process ended."""
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        return bool(poll.poll(1000 * END))

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid or 0, number)

    def kill(self) -> None:
        """End the process at once."""
        self.signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the worker; it ends when it has nothing to do."""
        self._connection.close()
        os.close(self._status)
        self.board.close()


class _Watch:
    """Whether a worker keeps its bounds."""

    def __init__(self, worker: Worker, limits: Limits) -> None:
        self._worker, self._limits = worker, limits
        self._beats, self._since = worker.board.beats, time.monotonic()
        self.tick = TICK if limits.megabytes else min(LONG_TICK, limits.seconds / 4 or LONG_TICK)

    def look(self) -> Fault | None:
        """What has to end the worker now."""
        board, limits = self._worker.board, self._limits
        if board.beats != self._beats or not board.place:
            self._beats, self._since = board.beats, time.monotonic()
        elif limits.seconds and time.monotonic() - self._since > limits.seconds:
            return self._worker.fault("timeout", round(limits.seconds))
        if limits.megabytes and megabytes_of(self._worker.pid or 0) > limits.megabytes:
            return self._worker.fault("memory", limits.megabytes)
        return None
