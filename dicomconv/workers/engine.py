"""What all executors of series jobs have in common, and the bounds that a job has to keep."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from dicomconv.workers.faults import Fault

Remedy = Callable[[Any, Fault], Any]  # a job, and how it ended: the job that is tried instead, None to give it up


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a file may take without progress (seconds), and how much memory a worker may (MB); 0: as it likes."""

    seconds: float = 0
    megabytes: int = 0


class Engine(Executor):
    """An executor whose running jobs can be told to end."""

    def interrupt(self) -> None:
        """Ctrl-C for the jobs that run, repeated until they have ended; one that cleans up already is not disturbed."""
