"""An executor of watched worker processes."""

import contextlib
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from dicomconv.errors import DicomconvError
from dicomconv.workers.engine import Engine, Limits, Remedy
from dicomconv.workers.faults import Fault
from dicomconv.workers.supervisor import Worker
from dicomconv.workers.zygote import Zygote, zygote_for

GRACE = 2.0  # seconds in which whoever interrupted a worker interrupts the run too
PATIENCE = 1.0  # seconds between two of them
REMINDERS = 30  # calls of `interrupt` after which a worker that does not end is killed


@dataclass(slots=True)
class _Task:
    future: Future[Any]
    work: Callable[[Any], Any]
    job: Any


class SupervisedExecutor(Engine):
    """So many worker processes, each with a thread here that watches it.

    A job that ends its worker, or does not keep its limits, is tried again as its `remedy` says, in a new worker.
    """

    def __init__(self, count: int, *, warm: str = "", limits: Limits | None = None, remedy: Remedy | None = None) -> None:
        self._zygote, self._is_own = zygote_for(warm)
        self._warm, self._limits, self._remedy = warm, limits or Limits(), remedy
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._interrupted, self._reminders = threading.Event(), 0
        self._busy: dict[int, Worker] = {}
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._serve, args=(i,), daemon=True) for i in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The report of `fn(job)`: a function of a module, of one job."""
        [job] = args
        future: Future[Any] = Future()
        self._tasks.put(_Task(future, fn, job))
        return future

    def interrupt(self) -> None:
        """Ctrl-C for the workers that are at work; a kill for one that has not ended after many."""
        self._interrupted.set()
        self._reminders += 1
        for worker in list(self._busy.values()):
            worker.signal(signal.SIGKILL if self._reminders > REMINDERS else signal.SIGINT)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do what has been submitted, or leave what has not begun, and end the workers."""
        with contextlib.suppress(queue.Empty):
            while cancel_futures and (task := self._tasks.get_nowait()):
                task.future.cancel()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads if wait else ():
            thread.join()
        if self._is_own and wait:
            self._zygote.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """After an error the jobs that run are told to end; after a second Ctrl-C, while they do, they are killed."""
        if kind is not None:
            self.shutdown(wait=False, cancel_futures=True)
        while kind is not None and any(thread.is_alive() for thread in self._threads):
            self._reminders += REMINDERS * issubclass(kind, KeyboardInterrupt)
            self.interrupt()
            self._threads[0].join(PATIENCE)
            self._threads.append(self._threads.pop(0))
        self.shutdown()

    def _serve(self, slot: int) -> None:
        """Work through tasks with one worker at a time."""
        worker: Worker | None = None
        while task := self._tasks.get():
            if not task.future.set_running_or_notify_cancel():
                continue
            try:
                worker = self._settle(slot, worker, task)
            except Exception as error:  # noqa: BLE001 - such as a job that cannot be pickled; nobody else sees it
                task.future.set_exception(error)
        if worker:
            worker.close()

    def _settle(self, slot: int, worker: Worker | None, task: _Task) -> Worker | None:
        """Carry out a task, however often it takes, and settle its future; the worker that is left."""
        while True:
            worker, result = self._attempt(slot, worker, task)
            if not isinstance(result, Fault):
                task.future.set_result(result)
                return worker
            following = self._remedy(task.job, result) if self._remedy and not _is_meant(result) else None
            if self._interrupted.is_set() and not isinstance(result.error, DicomconvError):
                task.future.set_exception(KeyboardInterrupt())
                return worker
            if following is None:
                task.future.set_exception(result.as_error())
                return worker
            task.job = following

    def _attempt(self, slot: int, worker: Worker | None, task: _Task) -> tuple[Worker | None, Any]:
        """The worker that is left, and the report of a job, or the fault that ended it."""
        try:
            worker = worker or self._new_worker()
        except OSError:
            return None, Fault("start", 0, 0)
        self._busy[slot] = worker
        try:
            reply = worker.carry_out(task.work, task.job, self._limits)
        finally:
            del self._busy[slot]
        if isinstance(reply, Fault):
            worker.close()
            return None, reply
        kind, content = reply
        if kind == "done":
            return worker, content
        if kind == "error":
            return worker, worker.fault("error", error=content)
        fault = worker.fault("signal", content)
        if not self._interrupted.wait(GRACE):  # somebody meant this worker, and not the run
            worker.kill()
        worker.close()
        return None, fault

    def _new_worker(self) -> Worker:
        """A new worker; from a new zygote if somebody has ended the one that there was."""
        try:
            return Worker(self._zygote)
        except OSError:
            with self._lock:
                self._zygote, self._is_own = Zygote.fresh(self._warm), True
                return Worker(self._zygote)


def _is_meant(fault: Fault) -> bool:
    """Whether a job ended with an error that says what it has to say."""
    return isinstance(fault.error, DicomconvError)
