"""How carefully a series is worked on, after what happened when it was tried before."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Care:
    """`alone`: one file at a time; `left_out`: rows that are not read, and why; `ended_at`: where a process was ended."""

    attempts: int = 0
    alone: bool = False
    left_out: Mapping[int, str] = field(default_factory=dict)
    ended_at: tuple[int, ...] = ()
