"""Where a run's results are: a folder, or objects below a URL; what is asked of either before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dicomconv.bucket import Bucket, Stamp
from dicomconv.errors import UsageError
from dicomconv.model import Outcome
from dicomconv.pipeline.journal import Product
from dicomconv.pipeline.markers import FOLDER, marker_of
from dicomconv.pipeline.names import SeriesNames
from dicomconv.pipeline.products import Fate, are_there, products_of


class Place(Protocol):
    """OUT, whatever it is; as text, as it was named."""

    def is_empty(self) -> bool:
        """Whether no run has written anything there."""

    def has(self, names: SeriesNames) -> bool:
        """Whether there is something of a series."""

    def has_patient(self, patient: str) -> bool:
        """Whether there is something of a patient."""

    def products(self, names: SeriesNames, outcomes: Iterable[Outcome]) -> Iterable[Product]:
        """What a series was written to just now."""

    def fate(self, products: Iterable[Product]) -> Fate:
        """Whether all of that is as it was."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a disk."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def is_empty(self) -> bool:
        """As the protocol says."""
        return not self.path.is_dir() or not any(self.path.iterdir())

    def has(self, names: SeriesNames) -> bool:
        """As the protocol says."""
        return (self.path / names.container).exists() or (self.path / names.folder).exists()

    def has_patient(self, patient: str) -> bool:
        """As the protocol says."""
        return (self.path / patient).is_dir()

    def products(self, names: SeriesNames, outcomes: Iterable[Outcome]) -> Iterable[Product]:
        """As the protocol says."""
        return products_of(self.path, outcomes)

    def fate(self, products: Iterable[Product]) -> Fate:
        """As the protocol says."""
        return are_there(self.path, products)


@dataclass(slots=True)
class Objects:
    """What lies below a URL. Only what has its marker counts; which these are is asked for once, when a run begins."""

    bucket: Bucket
    _markers: dict[str, Stamp] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look what is there. UsageError if nobody lets us."""
        try:
            found = self.bucket.listed(FOLDER)
        except OSError as error:
            raise UsageError(f"{self}: {error.strerror}") from None
        self._markers = {f"{FOLDER}/{name}": stamp for name, stamp in found.items()}

    def __str__(self) -> str:
        return self.bucket.url

    def is_empty(self) -> bool:
        """As the protocol says."""
        return not self._markers

    def has(self, names: SeriesNames) -> bool:
        """As the protocol says."""
        return marker_of(names) in self._markers

    def has_patient(self, patient: str) -> bool:
        """As the protocol says."""
        return any(name.startswith(f"{FOLDER}/{patient}/") for name in self._markers)

    def products(self, names: SeriesNames, outcomes: Iterable[Outcome]) -> Iterable[Product]:
        """Its marker, which is written last and says what there is."""
        marker = marker_of(names)
        folder, _, name = marker.rpartition("/")
        stamp = self.bucket.listed(folder).get(name)
        return [Product(marker, stamp.size, stamp.modified)] if stamp else []

    def fate(self, products: Iterable[Product]) -> Fate:
        """As the protocol says."""
        stamps = [(self._markers.get(one.path), Stamp(one.size, one.modified)) for one in products]
        if any(found is None for found, _ in stamps):
            return "missing"
        return "whole" if all(found == known for found, known in stamps) else "changed"
