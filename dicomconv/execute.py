"""Where series jobs run: `serial`, or `processes:N`; each is a concurrent.futures.Executor, the one seam of all engines."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

from dicomconv.errors import UsageError

Job = TypeVar("Job")
Report = TypeVar("Report")


class SerialExecutor(Executor):
    """Runs each job when it is submitted, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done already."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - kept for whoever asks for the result, as every executor does
            future.set_exception(error)
        return future


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def job_count(text: str) -> int:
    """`--jobs N|auto` as a number. UsageError for anything else."""
    if text == "auto":
        return processors()
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise UsageError(f"--jobs {text}: give a number from 1, or auto")


def executor(name: str, warm: str = "") -> Executor:
    """The executor of a name; `warm`: a module that worker processes load once, before there is work."""
    kind, _, count = name.partition(":")
    if kind == "serial" and not count:
        return SerialExecutor()
    if kind == "processes" and count.isdigit() and int(count) > 0:
        return ProcessPoolExecutor(int(count), mp_context=_context(warm), initializer=_leave_interrupts_to_the_parent)
    raise UsageError(f"no executor is called {name}; there are serial and processes:N")


def _context(warm: str) -> multiprocessing.context.BaseContext:
    """A fork server forks from a process without threads or open files; where there is none, fresh processes."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    if warm:
        context.set_forkserver_preload([warm])
    return context


def _leave_interrupts_to_the_parent() -> None:
    """Ctrl-C reaches every process of the terminal; the parent decides, running jobs clean up when they are ended."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, _interrupted)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def run_all(
    engine: Executor, work: Callable[[Job], Report], jobs: Iterable[Job]
) -> Iterator[tuple[Job, Report | BaseException]]:
    """Each job with its report, or with the error that ended it, as they are done."""
    if isinstance(engine, SerialExecutor):
        for job in jobs:
            future = engine.submit(work, job)
            yield job, future.exception() or future.result()
        return
    futures = {engine.submit(work, job): job for job in jobs}
    try:
        for future in as_completed(futures):
            yield futures[future], future.exception() or future.result()
    finally:
        for future in futures:
            future.cancel()
