"""Executors: what a job gives back, or how it ended, comes out; one that dies takes no other with it."""

import inspect
import os
import pickle
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from typing import Any

import pytest

from dicomconv import errors
from dicomconv.errors import DicomconvError, UsageError
from dicomconv.execute import SerialExecutor, executor, job_count, processors, run_all
from dicomconv.workers.pool import SupervisedExecutor

FACTS = {"path": "a.h5", "faults": ("one", "two")}


def doubled(number: int) -> int:
    """A job that fails for 2, and kills its process for 3."""
    if number == 2:
        raise errors.Malformed("a value runs past the end", "(0010,0010)")
    if number == 3:
        os._exit(1)
    return 2 * number


def reports(name: str, work: Callable[[int], int], jobs: list[int]) -> tuple[dict[int, Any], bool]:
    """What came out of each job, and whether all was interrupted."""
    found: dict[int, Any] = {}
    with executor(name) as engine:
        interrupted = run_all(engine, work, jobs, found.__setitem__)
    return found, interrupted


@pytest.mark.parametrize("name", ["serial", "processes:2"])
def test_every_job_comes_out_with_its_report_or_its_error(name: str) -> None:
    found, _ = reports(name, doubled, [1, 2, 5])
    assert (found[1], found[5], str(found[2])) == (2, 10, "a value runs past the end at (0010,0010)")


def test_a_worker_that_dies_leaves_an_error_for_its_job() -> None:
    found, _ = reports("processes:1", doubled, [3])
    assert isinstance(found[3], errors.WorkerEnded)


def test_where_processes_cannot_fork_the_standard_pool_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    found, interrupted = reports("processes:2", doubled, [1, 2, 5])
    assert (found[1], found[5], str(found[2])) == (2, 10, "a value runs past the end at (0010,0010)")
    found, _ = reports("processes:1", doubled, [3])
    assert (isinstance(found[3], BrokenExecutor), interrupted) == (True, False)


def test_an_interrupt_leaves_the_jobs_that_have_not_begun_and_keeps_what_is_done() -> None:
    def interrupted(number: int) -> int:
        if number == 2:
            raise KeyboardInterrupt
        return number

    assert reports("serial", interrupted, [1, 2, 3]) == ({1: 1}, True)


def test_the_names_of_executors() -> None:
    assert isinstance(executor("serial"), SerialExecutor)
    with executor("processes:3") as engine:
        assert isinstance(engine, SupervisedExecutor)


@pytest.mark.parametrize("name", ["", "serial:2", "processes", "processes:0", "processes:x", "dask:tcp://host"])
def test_an_unknown_executor_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError):
        executor(name)


def test_jobs_are_a_number_or_as_many_as_there_are_processors() -> None:
    assert (job_count("3"), job_count("auto")) == (3, processors())


@pytest.mark.parametrize("text", ["0", "-1", "two", "", "1.5"])
def test_any_other_jobs_are_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        job_count(text)


def test_a_superscript_is_no_number_of_jobs() -> None:
    with pytest.raises(UsageError):
        job_count("²")


LEAVES = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind is not DicomconvError]


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_survives_the_way_back_from_a_worker(kind: type[DicomconvError]) -> None:
    names = list(inspect.signature(kind).parameters)
    error = kind(*(FACTS.get(name, name) for name in names))  # type: ignore[arg-type]
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.args) == (kind, str(error), error.args)
