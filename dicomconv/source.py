"""Records left of the wall: they may hold a patient. Nothing that writes what is meant to be shared imports this."""

from dataclasses import dataclass, field

from dicomconv.part10 import Parts
from dicomconv.stored import Where


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A DICOM file that the walk found, with what groups, orders and selects it; `row` numbers it in the manifest.

    `name`: where it lies below its source, with slashes.
    """

    row: int
    path: Where = field(repr=False)
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
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Original:
    """One original instance, taken apart: the only record that holds a whole patient's header."""

    row: int
    path: Where = field(repr=False)
    parts: Parts = field(repr=False)
