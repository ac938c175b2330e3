"""Where series jobs run: `serial`, or `processes:N`; each is a concurrent.futures.Executor, the seam of all engines.

Worker processes are watched ones (see `workers`) but on Windows, which cannot fork: there they are the standard pool's.
"""

import _thread
import os
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, as_completed, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dicomconv.errors import DicomconvError, UsageError
from dicomconv.workers import heartbeat
from dicomconv.workers.engine import Engine, Limits, Remedy
from dicomconv.workers.faults import Fault
from dicomconv.workers.pool import SupervisedExecutor

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

Job = TypeVar("Job")
Report = TypeVar("Report")
INTERRUPTS = [getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]
PATIENCE, ATTEMPTS = 1.0, 30  # seconds that a worker has to clean up before it is reminded, and how often
_AT_WORK = threading.Lock()


class SerialExecutor(Engine):
    """Runs each job when it is submitted, in this process. What ends this process ends the run."""

    def __init__(self, remedy: Remedy | None = None) -> None:
        self._remedy = remedy

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done already."""
        future: Future[Any] = Future()
        [job] = args
        while job is not None:
            try:
                future.set_result(fn(job))
                break
            except DicomconvError as error:
                future.set_exception(error)
                break
            except Exception as error:  # noqa: BLE001 - kept for whoever asks for the result, as every executor does
                fault = Fault("error", heartbeat.at(0), os.getpid(), error=error)
                job = self._remedy(job, fault) if self._remedy else None
                if job is None:
                    future.set_exception(error)
        return future


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def job_count(text: str) -> int:
    """`--jobs N|auto` as a number. UsageError for anything else."""
    if text == "auto":
        return processors()
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise UsageError(f"--jobs {text}: give a number from 1, or auto")


def executor(
    name: str, warm: str = "", *, limits: Limits | None = None, remedy: Remedy | None = None
) -> Executor:
    """The executor of a name; `warm`: a module that worker processes load once, before there is work.

    `limits`: what a job in a worker process has to keep; `remedy`: what is tried when it did not, or ended its worker.
    """
    kind, _, count = name.partition(":")
    if kind == "serial" and not count:
        return SerialExecutor(remedy)
    if kind == "processes" and count.isdigit() and int(count) > 0:
        if hasattr(os, "fork"):
            return SupervisedExecutor(int(count), warm=warm, limits=limits, remedy=remedy)
        from concurrent.futures import ProcessPoolExecutor  # a slow import that a serial run does without

        return ProcessPoolExecutor(int(count), mp_context=_context(), initializer=_begin_worker)
    raise UsageError(f"no executor is called {name}; there are serial and processes:N")


def _context() -> "BaseContext":
    import multiprocessing

    return multiprocessing.get_context("spawn")


def _begin_worker() -> None:
    """Ctrl-C reaches every process of a terminal: a worker that waits for work lets its parent decide.

    So does a terminal that closes. A parent that is gone decides nothing more: its worker ends.
    """
    for one in INTERRUPTS:
        signal.signal(one, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _interrupt_this_process() -> None:
    """Ctrl-C for the main thread, also where it waits for something; nothing between two jobs, when it is ignored."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _end_with_the_parent() -> None:
    """Wait for the end of the process that gives the work, have what is being done cleaned up, and end this one."""
    import multiprocessing

    if parent := multiprocessing.parent_process():
        parent.join()
        for _ in range(ATTEMPTS):
            _interrupt_this_process()
            if _AT_WORK.acquire(timeout=PATIENCE):
                break
        os._exit(1)


@dataclass(frozen=True, slots=True)
class Interruptible:
    """Work that Ctrl-C ends while it is done in a worker process, so that it cleans up after itself."""

    work: Callable[[Any], Any]

    def __call__(self, job: Any) -> Any:
        """Do it."""
        with _AT_WORK:
            ends = signal.SIGINT, signal.SIGTERM
            before = {one: signal.signal(one, _interrupt) for one in ends}
            try:
                return self.work(job)
            finally:
                is_told_to_end = signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
                for one, handler in before.items():
                    signal.signal(one, handler)
                if is_told_to_end:
                    signal.raise_signal(signal.SIGTERM)


def _interrupt(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the second would end the cleaning up
    raise KeyboardInterrupt


def _interrupt_workers(engine: Executor) -> None:
    """Ctrl-C for the workers of a process that was ended in another way; those that clean up already are not disturbed.

    Windows has no signal for it: there, what was begun is done to its end.
    """
    if isinstance(engine, Engine):
        engine.interrupt()


def run_all(
    engine: Executor,
    work: Callable[[Job], Report],
    jobs: Iterable[Job],
    on_report: Callable[[Job, Report | BaseException], None],
) -> bool:
    """Hand each job's report, or the error that ended it, to `on_report` as it is done; whether it was interrupted.

    Interrupted, jobs that have not begun are left, those that run end or clean up, and what is done is reported.
    """
    pending: dict[Future[Report], Job] = {}

    def settle(future: Future[Report]) -> None:
        if isinstance(future.exception(), KeyboardInterrupt):  # that a worker heard of first
            raise KeyboardInterrupt
        on_report(pending.pop(future), future.exception() or future.result())

    try:
        for job in jobs:
            future = engine.submit(work if isinstance(engine, Engine) else Interruptible(work), job)
            pending[future] = job
            if isinstance(engine, SerialExecutor):
                settle(future)
        for future in as_completed(list(pending)):
            settle(future)
    except KeyboardInterrupt:
        left = [future for future in pending if not future.cancel()]
        while wait(left, timeout=PATIENCE).not_done:
            _interrupt_workers(engine)
        for future in left:
            if not isinstance(future.exception(), KeyboardInterrupt):
                settle(future)
        return True
    return False
