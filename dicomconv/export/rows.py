"""The row model that feeds every layout: one row for each frame of the containers."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dicomconv.container.reader import Container, open_container
from dicomconv.container.stack import Stack
from dicomconv.geometry import normal

PLANES = ("Sagittal", "Coronal", "Axial")  # by the axis of the patient along which the normal runs: x, y, z
COLUMNS = ("instance", "frame_number", "pixel_spacing", "orientation")  # of a frame that its row has
NO_STACK = -1  # of a row whose frames are in none: `frame` is the number of its instance then
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
    name, facts = _Namer(container), dict[int, dict[str, Any]]()
    for stack in container.stacks:
        columns = {column: stack.column(column).tolist() for column in COLUMNS}
        for frame in range(len(stack)):
            of_frame = {column: values[frame] for column, values in columns.items()}
            instance = of_frame["instance"]
            if instance not in facts:
                facts[instance] = _of_instance(container, instance)
            yield _row(container, stack, frame, name(instance, of_frame["frame_number"]), facts[instance], of_frame)


def rows_of_all(container: Container) -> Iterator[Row]:
    """The rows of one container, and then one for each instance with pixels whose frames nothing decoded."""
    decoded = set[str]()
    for row in rows_of_container(container):
        decoded.add(row.sop_instance_uid)
        yield row
    name = _Namer(container)
    for instance in container.instances:
        if instance.pixel_keyword and instance.sop_instance_uid not in decoded:
            header = container.header(instance.index)
            yield Row(
                container=container.path,
                stack=NO_STACK,
                frame=instance.index,
                name=name(instance.index, 1),
                frame_number=1,
                rows=int(header.number("Rows") or 0),
                columns=int(header.number("Columns") or 0),
                **_of_instance(container, instance.index),
            )


def _of_instance(container: Container, instance: int) -> dict[str, Any]:
    """What the rows of its frames have of an instance."""
    known, header = container.instances[instance], container.header(instance)
    return {
        "subject": Subject(header.text("PatientID"), header.text("PatientSex"), header.text("PatientAge")),
        "study_instance_uid": header.text("StudyInstanceUID"),
        "series_instance_uid": header.text("SeriesInstanceUID"),
        "sop_instance_uid": known.sop_instance_uid,
        "sop_class_uid": known.sop_class_uid,
        "modality": header.text("Modality"),
        "view": header.text("ViewPosition"),
    }


def _row(
    container: Container, stack: Stack, frame: int, name: str, facts: dict[str, Any], of_frame: dict[str, Any]
) -> Row:
    spacing = of_frame["pixel_spacing"]
    return Row(
        container=container.path,
        stack=stack.index,
        frame=frame,
        name=name,
        frame_number=of_frame["frame_number"],
        rows=stack.format.rows,
        columns=stack.format.columns,
        pixel_spacing=(spacing[0], spacing[1]) if all(map(math.isfinite, spacing)) else None,
        **facts | {"view": facts["view"] or plane(of_frame["orientation"])},
    )


class _Namer:
    """Names of pictures without suffix: those of `convert` and `render`."""

    def __init__(self, container: Container) -> None:
        self._stem, self._digits = container.folder.name or "frame", max(4, len(str(len(container))))
        self._instances = container.instances

    def __call__(self, instance: int, frame_number: int) -> str:
        """The name of the picture of a frame."""
        count = self._instances[instance].frame_count
        frame = f"_{frame_number:0{max(4, len(str(count)))}d}" if count > 1 else ""
        return f"{self._stem}_{instance + 1:0{self._digits}d}{frame}"


def plane(orientation: list[float]) -> str:
    """Axial, Coronal, Sagittal or Oblique by Image Orientation (Patient); empty where it is not known."""
    if len(orientation) != 6 or not all(map(math.isfinite, orientation)):
        return ""
    along = [abs(part) for part in normal(orientation)]
    largest = max(range(3), key=along.__getitem__)
    return PLANES[largest] if along[largest] >= ALONG else "Oblique"
