"""What a series job gives back: small, picklable, and of nobody."""

from dataclasses import dataclass

from dicomconv.model import Outcome


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What became of a series: a row per file, and what the run is to be warned of."""

    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()
