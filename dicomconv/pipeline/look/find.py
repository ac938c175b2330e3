"""What there is to look at under some paths: containers, and DICOM files that were not de-identified."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError
from dicomconv.model import Outcome
from dicomconv.pipeline.found import SUFFIX
from dicomconv.pipeline.info import is_container, series_of
from dicomconv.pipeline.look.originals import original_series
from dicomconv.pipeline.look.packed import PackedSeries, packed_series
from dicomconv.pipeline.look.series import Fault, Series, attempt

BurnedIn = Literal["refuse", "keep"]


@dataclass(frozen=True, slots=True)
class Found:
    """The series to look at, and what became of files that are in none. `originals`: some are not de-identified."""

    series: tuple[Series, ...]
    outcomes: tuple[Outcome, ...]
    originals: bool


def parted(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The containers that are named or in the folders named, and the paths that hold none."""
    containers, others = list[Path](), list[Path]()
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
        inside = (
            sorted(one for one in path.rglob(f"*{SUFFIX}") if not one.name.startswith(".")) if path.is_dir() else []
        )
        containers += inside or [path] * (path.is_file() and is_container(path))
        others += [] if inside or (path.is_file() and is_container(path)) else [path]
    return list(dict.fromkeys(containers)), others


def look(paths: Iterable[Path], burned_in: BurnedIn = "refuse") -> Found:
    """The series under some paths, those of containers first.

    Series of DICOM files come in the order of `info`, the longest first, and are numbered.
    """
    containers, others = parted(paths)
    series, outcomes = list[Series](), list[Outcome]()
    for path in containers:
        packed = attempt(_packed, path)
        if isinstance(packed, Fault):
            outcomes.append(Outcome(0, "failed", packed.reason))
        else:
            series.append(packed)
    groups, asides = series_of(others)
    outcomes += (Outcome(0, "failed" if aside.failed else "skipped", aside.reason) for aside in asides)
    for number, files in enumerate(groups, 1):
        original, settled = original_series(files, number, burned_in)
        outcomes += settled
        series += [original] if original.places else []
    return Found(tuple(series), tuple(outcomes), bool(groups))


def _packed(path: Path) -> PackedSeries:
    with open_container(path) as container:
        return packed_series(container)
