"""Executors: what a job gives back, or how it ended, comes out; one that dies takes no other with it."""

import inspect
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from dicomconv import errors
from dicomconv.errors import DicomconvError, UsageError
from dicomconv.execute import SerialExecutor, executor, job_count, processors, run_all

FACTS = {"path": "a.h5", "faults": ("one", "two")}


def doubled(number: int) -> int:
    """A job that fails for 2, and kills its process for 3."""
    if number == 2:
        raise errors.Malformed("a value runs past the end", "(0010,0010)")
    if number == 3:
        os._exit(1)
    return 2 * number


@pytest.mark.parametrize("name", ["serial", "processes:2"])
def test_every_job_comes_out_with_its_report_or_its_error(name: str) -> None:
    with executor(name) as engine:
        found = dict(run_all(engine, doubled, [1, 2, 5]))
    assert (found[1], found[5], str(found[2])) == (2, 10, "a value runs past the end at (0010,0010)")


def test_a_worker_that_dies_leaves_an_error_for_its_job() -> None:
    with executor("processes:1") as engine:
        found = dict(run_all(engine, doubled, [3]))
    assert isinstance(found[3], BrokenProcessPool)


def test_an_interrupt_is_not_kept_for_later_when_jobs_run_one_by_one() -> None:
    def interrupted(_: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_all(SerialExecutor(), interrupted, [1]))


def test_the_names_of_executors() -> None:
    assert isinstance(executor("serial"), SerialExecutor)
    with executor("processes:3") as engine:
        assert isinstance(engine, ProcessPoolExecutor)


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


@pytest.mark.xfail(strict=True, reason="`isdigit` holds for more than `int` takes", raises=ValueError)
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
