"""How a job can end other than with its report."""

import signal
from dataclasses import dataclass, field
from typing import Literal

from dicomconv.errors import WorkerEnded

Kind = Literal["signal", "exit", "timeout", "memory", "error", "start"]
FROM_OUTSIDE = (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM))  # often nobody's fault


@dataclass(frozen=True, slots=True)
class Fault:
    """What ended a job, at which place (see heartbeat), in which process.

    `number`: of the signal, the exit code, the seconds without progress, the megabytes that were allowed.
    """

    kind: Kind
    place: int
    pid: int
    number: int = 0
    error: BaseException | None = field(default=None, repr=False)

    @property
    def may_be_from_outside(self) -> bool:
        """Whether somebody may have ended the process who knows nothing of what it was at: a user, the system."""
        return self.kind == "signal" and self.number in FROM_OUTSIDE

    def __str__(self) -> str:
        if isinstance(self.error, MemoryError):
            return "took more memory than there is"
        told = {
            "signal": f"ended the process that read it (signal {self.number})",
            "exit": f"ended the process that read it (exit code {self.number})",
            "timeout": f"made no progress for {self.number} seconds",
            "memory": f"took more than {self.number} MB of memory",
            "start": "could not be begun: no worker process came up",
        }
        return told.get(self.kind) or f"led to an error of ours ({type(self.error).__name__}); please report it"

    def as_error(self) -> BaseException:
        """The error that a job ends with which is given up."""
        return self.error or WorkerEnded(str(self))
