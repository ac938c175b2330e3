"""What a worker process does: job after job, until its supervisor has gone."""

import contextlib
import gc
import os
import pickle
import select
import signal
import socket
import threading
from typing import Any, NoReturn

from dicomconv.workers import heartbeat, memory, wire

GENERATIONS = 20_000, 20, 50  # new objects before a collection: a series makes many, and hardly a cycle of them
PATIENCE, ATTEMPTS = 1.0, 30  # seconds that a job has to clean up before it is reminded, and how often
_AT_WORK = threading.Lock()


def main(connection: socket.socket) -> NoReturn:
    """Work until nobody is there to work for. Ctrl-C reaches every process of a terminal: the supervisor decides."""
    for one in (signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_supervisor, args=(connection,), daemon=True).start()
    gc.freeze()  # what was loaded before is not looked through again and again
    gc.set_threshold(*GENERATIONS)
    memory.keep_freed_memory()
    with contextlib.suppress(EOFError, OSError):
        while True:
            _one_job(connection)
    os._exit(0)


def _one_job(connection: socket.socket) -> None:
    """Take a job, do it, tell how it went: ("done", report), ("error", exception) or ("interrupted", signal)."""
    message = wire.received(connection)
    heartbeat.at(0)
    reply, told = _attempt(message)
    try:
        data = pickle.dumps(reply)
    except Exception as error:  # noqa: BLE001 - it cannot be pickled: its class alone is told
        data = pickle.dumps(("error", RuntimeError(type(error).__name__)))
    wire.put(connection, data)
    if told == signal.SIGTERM:
        raise EOFError


def _attempt(message: bytearray) -> tuple[tuple[str, Any], int]:
    """The reply to a job, and the signal that ended it if one did."""
    told: list[int] = []

    def interrupt(number: int, _: object) -> None:
        if not told:  # once is enough: the second would end the cleaning up
            told.append(number)
            raise KeyboardInterrupt

    with _AT_WORK:
        before = {one: signal.signal(one, interrupt) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            work, job = pickle.loads(message)
            reply: tuple[str, Any] = ("done", work(job))
        except KeyboardInterrupt:
            reply = "interrupted", told[0] if told else signal.SIGINT
        except Exception as error:  # noqa: BLE001 - kept for whoever asks for the result, as every executor does
            reply = "error", error
        finally:
            told.append(0)  # too late to interrupt anything
            for one, handler in before.items():
                signal.signal(one, handler)
    return reply, told[0]


def _end_with_the_supervisor(connection: socket.socket) -> None:
    """Wait until the supervisor has gone, have what is being done cleaned up, and end this process."""
    poll = select.poll()
    poll.register(connection, select.POLLHUP)
    poll.poll()
    for _ in range(ATTEMPTS):
        if _AT_WORK.acquire(timeout=0.05):
            break
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if _AT_WORK.acquire(timeout=PATIENCE):
            break
    os._exit(1)
