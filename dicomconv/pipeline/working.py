"""Where the series of a run are worked on, and within which bounds."""

import os
from dataclasses import dataclass
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.workers.engine import Limits
from dicomconv.workers.memory import megabytes_here

SECONDS = 600.0  # that a file may take without progress
CLUSTER = "dask:"
ADDRESSES = ("tcp://", "tls://")


@dataclass(frozen=True, slots=True)
class Working:
    """How a run is worked through. UsageError for what does not go together.

    `jobs`: processors to use. `executor`: serial (in this process), processes (that are watched), dask:tcp://HOST:PORT;
    empty: serial with one job and no bounds, else processes. `timeout`: seconds that a file may take without progress,
    600 if it is None; `memory_limit`: MB that a process may have, half the machine's if it is None. 0: no bound.
    `key_file`: where the workers of a cluster find the run's key.
    """

    jobs: int = 1
    executor: str = ""
    timeout: float | None = None
    memory_limit: int | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        """Look at what was chosen."""
        if self.executor not in ("", "serial", "processes") and not self.address.startswith(ADDRESSES):
            raise UsageError(f"--executor {self.executor}: it is processes, serial, or dask:tcp://HOST:PORT")
        if (self.timeout or 0) < 0 or (self.memory_limit or 0) < 0:
            raise UsageError("--timeout and --memory-limit are numbers from 0, which sets no bound")
        if self._is_bounded and (self.executor == "serial" or not (self.address or hasattr(os, "fork"))):
            raise UsageError("--timeout and --memory-limit need a process that is watched; here there is none")

    @property
    def _is_bounded(self) -> bool:
        """Whether a bound was asked for."""
        return bool(self.timeout or self.memory_limit)

    @property
    def address(self) -> str:
        """The address of a cluster's scheduler; empty if the work is done here."""
        return self.executor.removeprefix(CLUSTER) if self.executor.startswith(CLUSTER) else ""

    @property
    def limits(self) -> Limits:
        """What a job in a worker process has to keep."""
        seconds = SECONDS if self.timeout is None else self.timeout
        return Limits(seconds, megabytes_here() // 2 if self.memory_limit is None else self.memory_limit)

    def workers(self, count: int) -> int:
        """How many processes there are for so many series."""
        return max(1, min(self.jobs, count))

    def name(self, count: int) -> str:
        """The name of the executor here for so many series."""
        workers = self.workers(count)
        is_serial = self.executor == "serial" or (not self.executor and workers == 1 and not self._is_bounded)
        return "serial" if is_serial else f"processes:{workers}"
