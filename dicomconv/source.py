"""Records left of the wall: they may hold a patient. Nothing that writes what is meant to be shared imports this."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from dicomconv.part10 import Parts
from dicomconv.stored import Stored, Where


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was walked, one record for all its files.

    `below`: where it lies below its source, with a slash at its end; or the whole name of its only file.
    """

    path: str = field(repr=False)
    below: str = field(repr=False)

    def name_of(self, leaf: str) -> str:
        """Where a file lies below the source."""
        return self.below + leaf if self.below.endswith("/") or not self.below else self.below


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A DICOM file that the walk found, with what groups, orders and selects it; `row` numbers it in the manifest.

    There may be hundreds of thousands: `place` is its folder, or what it is stored in, and `leaf` what it is called there.
    """

    row: int
    place: Folder | Stored = field(repr=False)
    leaf: str = field(repr=False)
    issuer: str = field(repr=False)
    patient_id: str = field(repr=False)
    study_instance_uid: str = field(repr=False)
    series_instance_uid: str = field(repr=False)
    sop_instance_uid: str = field(repr=False)
    sop_class_uid: str
    modality: str
    series_description: str = field(repr=False)
    image_type: str = field(repr=False)
    body_part: str = field(repr=False)
    instance_number: float | None
    position: tuple[float, ...]
    orientation: tuple[float, ...]

    @property
    def path(self) -> Where:
        """Where it lies."""
        return Path(self.place.path, self.leaf) if isinstance(self.place, Folder) else self.place

    @property
    def spelt(self) -> str | Stored:
        """Where it lies; a path as text, which takes less room."""
        return os.path.join(self.place.path, self.leaf) if isinstance(self.place, Folder) else self.place  # noqa: PTH118

    @property
    def name(self) -> str:
        """Where it lies below its source, with slashes."""
        return self.place.name_of(self.leaf) if isinstance(self.place, Folder) else self.leaf


@dataclass(frozen=True, slots=True)
class Original:
    """One original instance, taken apart: the only record that holds a whole patient's header."""

    row: int
    path: Where = field(repr=False)
    parts: Parts = field(repr=False)
