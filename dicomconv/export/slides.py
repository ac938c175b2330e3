"""Whole slides of containers as rows: one for each file of a pyramid."""

import math
from collections.abc import Iterator

from dicomconv.container.levels import Level
from dicomconv.container.reader import Container
from dicomconv.export.rows import NO_STACK, Row, Subject
from dicomconv.header import Header


def slide_rows(container: Container) -> Iterator[Row]:
    """A row for each instance of each level, the largest first; `view`: what of the slide it shows, Image Type value 3."""
    return (_row(container, level, number) for level in container.levels for number in range(len(level.instances)))


def _row(container: Container, level: Level, number: int) -> Row:
    instance = container.instances[level.instances[number]]
    header = container.header(instance.index)
    part = f"_{number + 1}" if len(level.instances) > 1 else ""
    return Row(
        container=container.path,
        stack=NO_STACK,
        frame=instance.index,
        name=f"{container.folder.name or 'slide'}_level_{level.number}{part}",
        subject=Subject(header.text("PatientID"), header.text("PatientSex"), header.text("PatientAge")),
        study_instance_uid=header.text("StudyInstanceUID"),
        series_instance_uid=header.text("SeriesInstanceUID"),
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        frame_number=1,
        modality=header.text("Modality"),
        view=level.kind,
        rows=level.rows,
        columns=level.columns,
        pixel_spacing=_spacing(header),
    )


def _spacing(header: Header) -> tuple[float, float] | None:
    """Between rows and columns, mm, as the shared functional groups say."""
    for group in header.items("SharedFunctionalGroupsSequence"):
        for measures in group.items("PixelMeasuresSequence"):
            spacing = measures.numbers("PixelSpacing")
            if len(spacing) == 2 and all(map(math.isfinite, spacing)):
                return spacing[0], spacing[1]
    return None
