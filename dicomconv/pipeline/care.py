"""How carefully a series is worked on, after what happened when it was tried before."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Care:
    """`alone`: one file at a time; `left_out`: rows that are not read, and why.

    `ended_at`: where the process was ended the last times, `times` in a row, by what may have come from outside. `unread`:
    how many files of the patient's other series were not read for what identifies the patient.
    """

    attempts: int = 0
    alone: bool = False
    left_out: Mapping[int, str] = field(default_factory=dict)
    ended_at: int = 0
    times: int = 0
    unread: int = 0
