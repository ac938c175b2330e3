"""The row model that feeds every layout: one row for each frame of the containers."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dicomconv.container.reader import Container, open_container
from dicomconv.container.stack import Stack
from dicomconv.geometry import normal
from dicomconv.header import Header

PLANES = ("Sagittal", "Coronal", "Axial")  # by the axis of the patient along which the normal runs: x, y, z
ALONG = 0.8  # cosine: what is further from all three axes is Oblique


@dataclass(frozen=True, slots=True)
class Subject:
    """What is kept of the patient: a pseudonym, and sex and age where the profile keeps them, else empty."""

    patient_id: str
    sex: str = ""
    age: str = ""

    @property
    def age_years(self) -> int | None:
        """Patient's Age in whole years (an AS: 045Y, 018M, 003W, 010D); None where it is not known."""
        number, unit = self.age[:-1], self.age[-1:]
        days = {"Y": 365.25, "M": 30.4375, "W": 7.0, "D": 1.0}.get(unit)
        if days is None or not number.isdigit():
            return None
        return int(number) if unit == "Y" else int(int(number) * days / 365.25)


@dataclass(frozen=True, slots=True)
class Row:
    """One frame as every layout sees it; de-identified values only.

    `name`: of its picture without suffix, as `convert` names it. `view`: View Position, else the plane in which the slice
    lies. `pixel_spacing`: between rows, between columns, mm. `labels`: by column of the user's table. `split`: train, val
    or test, empty without.
    """

    container: Path
    stack: int
    frame: int
    name: str
    subject: Subject
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    frame_number: int
    modality: str
    view: str
    rows: int
    columns: int
    pixel_spacing: tuple[float, float] | None = None
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    split: str = ""

    def label(self, name: str) -> str:
        """The text under a column of the user's table; empty if there is none."""
        return dict(self.labels).get(name, "")


def rows_of(paths: Iterable[Path]) -> Iterator[Row]:
    """A row for each frame, in the order of containers, stacks and frames. NotAContainer, VerificationFailed."""
    for path in paths:
        with open_container(path) as container:
            yield from rows_of_container(container)


def rows_of_container(container: Container) -> Iterator[Row]:
    """The rows of one container."""
    facts: dict[int, dict[str, object]] = {}
    for stack in container.stacks:
        for frame in range(len(stack)):
            instance = int(stack.frames["instance"][frame])
            if instance not in facts:
                facts[instance] = _of_header(container.header(instance))
            yield _row(container, stack, frame, instance, facts[instance])


def _of_header(header: Header) -> dict[str, object]:
    """What a row has of the header of its instance."""
    return {
        "subject": Subject(header.text("PatientID"), header.text("PatientSex"), header.text("PatientAge")),
        "study_instance_uid": header.text("StudyInstanceUID"),
        "series_instance_uid": header.text("SeriesInstanceUID"),
        "modality": header.text("Modality"),
        "view": header.text("ViewPosition"),
    }


def _row(container: Container, stack: Stack, frame: int, instance: int, facts: dict[str, object]) -> Row:
    spacing = tuple(map(float, stack.frames["pixel_spacing"][frame]))
    known = container.instances[instance]
    return Row(
        container=container.path,
        stack=stack.index,
        frame=frame,
        name=_name(container, instance, int(stack.frames["frame_number"][frame])),
        sop_instance_uid=known.sop_instance_uid,
        sop_class_uid=known.sop_class_uid,
        frame_number=int(stack.frames["frame_number"][frame]),
        rows=stack.format.rows,
        columns=stack.format.columns,
        pixel_spacing=(spacing[0], spacing[1]) if all(map(math.isfinite, spacing)) else None,
        **facts | {"view": facts["view"] or plane(stack.frames["orientation"][frame].tolist())},  # type: ignore[arg-type]
    )


def _name(container: Container, instance: int, frame_number: int) -> str:
    """The name of the frame's picture without suffix: that of `convert` and `render`."""
    digits = max(4, len(str(len(container))))
    count = container.instances[instance].frame_count
    frame = f"_{frame_number:0{max(4, len(str(count)))}d}" if count > 1 else ""
    return f"{container.folder.name or 'frame'}_{instance + 1:0{digits}d}{frame}"


def plane(orientation: list[float]) -> str:
    """Axial, Coronal, Sagittal or Oblique by Image Orientation (Patient); empty where it is not known."""
    if len(orientation) != 6 or not all(map(math.isfinite, orientation)):
        return ""
    along = [abs(part) for part in normal(orientation)]
    largest = max(range(3), key=along.__getitem__)
    return PLANES[largest] if along[largest] >= ALONG else "Oblique"
