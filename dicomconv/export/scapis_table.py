"""The columns of the SCAPIS markup tool's CSV, and those without which nothing comes back."""

from collections.abc import Sequence

import numpy as np

from dicomconv.container.reader import Container
from dicomconv.container.stack import Stack
from dicomconv.export.rows import Row
from dicomconv.header import Header
from dicomconv.pixels.square import Matrix

COLUMNS = (
    "StudyID", "Patient", "PatientID", "PatientSex", "PatientAge", "StudyDescription", "TransferSyntaxUID", "Image", "Slices",
    "Exposure", "Rows", "Columns", "Pixel_Spacing", "Instance_Number", "Acquisition_Number", "SliceLocation", "Body_Part",
    "MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "BitsAllocated", "BitsStored", "HighBit",
)  # fmt: skip
MORE = (
    "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Frame_Number", "Modality", "RescaleSlope",
    "RescaleIntercept", "ImagePositionPatient", "ImageOrientationPatient", "Array_To_Stored", "Split",
)  # fmt: skip


def cells(
    row: Row, container: Container, stack: Stack, header: Header, numbers: tuple[int, int, int], matrix: Matrix
) -> tuple[object, ...]:
    """The cells of a slice. `numbers`: of its patient, of its image there, and how many slices that has.

    Rows, Columns, spacing, slope and intercept are those of the stored pixels, whatever size the array has.
    """
    table, frame = stack.frames, row.frame
    patient, image, slices = numbers
    instance = container.instances[int(table["instance"][frame])]
    return (
        header.text("StudyID"), patient, row.subject.patient_id, row.subject.sex, row.subject.age,
        header.text("StudyDescription"), instance.transfer_syntax_uid, image, slices, header.text("Exposure"), row.rows,
        row.columns, listed(row.pixel_spacing or ()), header.text("InstanceNumber"), header.text("AcquisitionNumber"),
        header.text("SliceLocation"), header.text("BodyPartExamined"), row.sop_class_uid, row.sop_instance_uid,
        *(_whole(header.number(name)) for name in ("BitsAllocated", "BitsStored", "HighBit")),
        row.study_instance_uid, row.series_instance_uid, header.text("FrameOfReferenceUID"), row.frame_number, row.modality,
        f"{float(table['rescale_slope'][frame]):.17g}", f"{float(table['rescale_intercept'][frame]):.17g}",
        listed(table["position"][frame].tolist()), listed(table["orientation"][frame].tolist()),
        " ".join(f"{number:.17g}" for number in matrix), row.split,
    )  # fmt: skip


def listed(numbers: Sequence[float]) -> str:
    """Numbers as the tool writes them: "[0.5, 0.75]"; empty if one is not known."""
    return f"[{', '.join(f'{number!r}' for number in map(float, numbers))}]" if numbers and np.isfinite(numbers).all() else ""


def _whole(number: float | None) -> object:
    return "" if number is None else int(number)
