"""How a run is worked through: what goes together, and what is said of what does not."""

from typing import Any

import pytest

from dicomconv import Working
from dicomconv.errors import UsageError
from dicomconv.pipeline.working import SECONDS


@pytest.mark.parametrize(
    "choices",
    [{"executor": "threads"}, {"executor": "dask:scheduler"}, {"executor": "processes:2"}, {"timeout": -1},
     {"memory_limit": -1}, {"executor": "serial", "timeout": 5}, {"executor": "serial", "memory_limit": 5}],
    ids=str,
)  # fmt: skip
def test_what_does_not_go_together_is_a_usage_error(choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Working(**choices)


@pytest.mark.parametrize("bound", [{"timeout": 5.0}, {"memory_limit": 500}], ids=str)
def test_a_bound_that_nobody_can_watch_is_a_usage_error(bound: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")
    with pytest.raises(UsageError, match="watched"):
        Working(**bound)
    assert Working(executor="dask:tcp://there:1", **bound).address == "tcp://there:1"


@pytest.mark.parametrize(
    ("choices", "series", "name"),
    [
        ({}, 5, "serial"),
        ({"jobs": 3}, 5, "processes:3"),
        ({"jobs": 3}, 1, "serial"),
        ({"jobs": 3, "executor": "processes"}, 1, "processes:1"),
        ({"jobs": 3, "executor": "serial"}, 5, "serial"),
        ({"timeout": 5}, 5, "processes:1"),
        ({"timeout": 0}, 5, "serial"),
    ],
)
def test_where_series_are_worked_on(choices: dict[str, Any], series: int, name: str) -> None:
    assert Working(**choices).name(series) == name


def test_bounds_are_set_unless_they_are_switched_off() -> None:
    assert Working().limits.seconds == SECONDS
    assert Working().limits.megabytes > 100
    assert (Working(timeout=0, memory_limit=0).limits.seconds, Working(memory_limit=0).limits.megabytes) == (0, 0)
