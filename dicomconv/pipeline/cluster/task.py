"""What a worker of a cluster does with a task: opens it, has it done in a process that is watched, closes the report."""

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from dicomconv.errors import DicomconvError, KeyFileError
from dicomconv.pipeline.cluster.envelope import NONCE, WrongKey, closed, opened
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.key_file import read_key
from dicomconv.pipeline.quarantine import followed_up
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pipeline.working import Working
from dicomconv.workers import zygote
from dicomconv.workers.pool import SupervisedExecutor

Reply = tuple[str, bytes]  # "report" and the closed report; else what is wrong with this worker, in a word
KEY_FILE = "DICOMCONV_KEY_FILE"  # of a worker: its own path of the key file, where that of the run is none of its
LOOK = 1.0  # seconds between two looks whether somebody still wants the task
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Task:
    """A series job on its way; its plan has no key. `folder`: what relative paths start from; `out`: where `work` writes."""

    work: Callable[[SeriesJob], SeriesReport] = field(repr=False)
    job: SeriesJob = field(repr=False)
    folder: Path = field(repr=False)
    out: Path = field(repr=False)
    working: Working


def carry_out(key_file: str, envelope: bytes) -> Reply:
    """Do a task. Nothing is raised: errors would be shown by the scheduler."""
    try:
        key = read_key(Path(os.environ.get(KEY_FILE) or key_file))
        task = opened(key, "cluster job", envelope)
    except KeyFileError:
        return "no key", b""
    except WrongKey:
        return "another key", b""
    except Exception as error:  # noqa: BLE001 - such as another release of ours
        return type(error).__name__, b""
    return "report", closed(key, "cluster report", _outcome(key, task), envelope[:NONCE])


def _outcome(key: bytes, task: Task) -> SeriesReport | BaseException:
    """The report of a task, or what ended it."""
    job = replace(task.job, plan=replace(task.job.plan, key=key))
    remedy = partial(followed_up, task.out)
    try:
        with _LOCK:
            zygote.keep_ready(__name__)
        with SupervisedExecutor(1, warm=__name__, limits=task.working.limits, remedy=remedy) as engine:
            return _result(engine, engine.submit(partial(in_folder, task.folder, task.work), job))
    except DicomconvError as error:
        return error
    except Exception as error:  # noqa: BLE001 - its text might quote a value: the class alone goes back
        return RuntimeError(type(error).__name__)


def in_folder(folder: Path, work: Callable[[SeriesJob], SeriesReport], job: SeriesJob) -> SeriesReport:
    """Do work where the run was started; a folder that this machine lacks matters to relative paths only."""
    with contextlib.suppress(OSError):
        os.chdir(folder)
    return work(job)


def _result(engine: SupervisedExecutor, future: Future[SeriesReport]) -> SeriesReport:
    """What a job gives; when nobody wants it any more, it is ended and cleans up."""
    is_wanted = _interest()
    while True:
        try:
            return future.result(LOOK)
        except NotYet:
            if future.done():
                raise
            if not is_wanted():
                engine.interrupt()
        except KeyboardInterrupt:
            raise RuntimeError("interrupted") from None


def _interest() -> Callable[[], bool]:
    """Whether the task of this thread is still wanted: its scheduler has not taken it back."""
    import distributed

    worker: Any = distributed.get_worker()
    key, tasks = worker.get_current_task(), worker.state.tasks
    return lambda: getattr(tasks.get(key), "state", "") not in ("", "cancelled")
