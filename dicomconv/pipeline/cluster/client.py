"""An executor whose workers are those of a dask scheduler."""

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dicomconv.deid.pseudonym import token
from dicomconv.errors import DicomconvError, UsageError, WorkerEnded
from dicomconv.pipeline.cluster.envelope import NONCE, WITHOUT_EXTRA, closed, opened
from dicomconv.pipeline.cluster.task import KEY_FILE, Reply, Task, carry_out
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.working import Working
from dicomconv.workers.engine import Engine

WINDOW = 1000  # tasks that the scheduler has at a time
PATIENCE = 30  # seconds in which a scheduler has to answer
FAULTS = {
    "no key": f"a worker of the cluster cannot read the key file: put it into a folder that all machines share, or set "
    f"{KEY_FILE} where workers start",
    "another key": "a worker of the cluster has another key than this run",
}


@dataclass(slots=True)
class _Waiting:
    """A job that is not with the scheduler yet."""

    future: Future[Any]
    work: Callable[..., Any]
    job: SeriesJob


class ClusterExecutor(Engine):
    """Gives series jobs to a scheduler, closed; `out` and `key_file` are in folders that all machines share.

    UsageError if there is no scheduler, or the extra is missing.
    """

    def __init__(self, working: Working, key_file: Path, out: Path) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError(WITHOUT_EXTRA) from None
        connect: Any = distributed.Client
        try:
            self._client = connect(working.address, timeout=PATIENCE, set_as_default=False, name="dicomconv")
        except (OSError, ValueError):
            raise UsageError(f"no dask scheduler answers at {working.address}") from None
        self._key_file, self._out, self._working = str(key_file.absolute()), out.absolute(), working
        self._lock, self._waiting, self._with_scheduler = threading.Lock(), deque[_Waiting](), dict[str, Any]()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The report of `fn(job)`: a function of a module, of one job."""
        future: Future[Any] = Future()
        self._waiting.append(_Waiting(future, fn, args[0]))
        self._fill()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take back what is not done, and leave the scheduler."""
        self._waiting.clear()
        self._client.close()

    def _fill(self) -> None:
        """Give the scheduler as much as it shall have."""
        with self._lock:
            while self._waiting and len(self._with_scheduler) < WINDOW:
                one = self._waiting.popleft()
                if not one.future.cancelled():
                    self._send(one)

    def _send(self, one: _Waiting) -> None:
        """Give one job to the scheduler, under a name that says nothing but its series' pseudonym."""
        key, plan = one.job.plan.key, replace(one.job.plan, key=b"", threads=1)
        task = Task(one.work, replace(one.job, plan=plan), Path.cwd(), self._out, self._working)
        envelope = closed(key, "cluster job", task)
        name = f"series-{one.job.names.series}-{token(os.urandom(5), 40).lower()}"
        sent: Any = self._client.submit(carry_out, self._key_file, envelope, key=name, pure=False)
        self._with_scheduler[name] = sent

        def settle(sent: Any) -> None:
            with self._lock:
                self._with_scheduler.pop(name, None)
            _settle(one.future, sent, lambda reply: _report(key, envelope[:NONCE], reply))
            self._fill()

        def take_back(future: Future[Any]) -> None:
            if future.cancelled():
                sent.cancel(force=True)

        sent.add_done_callback(settle)
        one.future.add_done_callback(take_back)


def _settle(future: Future[Any], sent: Any, report: Callable[[Reply], Any]) -> None:
    """Hand on what became of a task."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        if sent.status != "finished":  # the scheduler has tried it on several workers, or has gone
            raise WorkerEnded("ended, or lost, the workers of the cluster that it was given to")
        future.set_result(report(sent.result()))
    except Exception as error:  # noqa: BLE001 - kept for whoever asks for the result; what is not ours is not quoted
        future.set_exception(error if isinstance(error, DicomconvError) else RuntimeError(type(error).__name__))


def _report(key: bytes, about: bytes, reply: Reply) -> Any:
    """The report in a reply. What ended the job is raised."""
    word, envelope = reply
    if word != "report":
        raise UsageError(FAULTS.get(word, f"a worker of the cluster has another release of dicomconv ({word})"))
    report = opened(key, "cluster report", envelope, about)
    if isinstance(report, BaseException):
        raise report
    return report
