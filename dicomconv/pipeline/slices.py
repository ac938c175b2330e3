"""slices.csv: one row per PNG, what pandas users ask for first; de-identified values only."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dicomconv.pixels.attributes import FrameAttributes, Palette, PixelFormat, Voi, Window

NAME = "slices.csv"
COLUMNS = (
    "file", "patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid", "frame_number", "modality",
    "rows", "columns", "row_spacing_mm", "column_spacing_mm", "slice_thickness_mm",
    "position_x_mm", "position_y_mm", "position_z_mm",
    "row_x", "row_y", "row_z", "column_x", "column_y", "column_z",
    "window_center", "window_width", "window_function",
    "rescale_slope", "rescale_intercept", "rescale_type", "photometric_interpretation", "container_uuid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SliceIdentity:
    """Whose slice it is, in pseudonyms."""

    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    modality: str
    container_uuid: str


def row(
    file: str,
    identity: SliceIdentity,
    frame_number: int,
    format: PixelFormat,
    attributes: FrameAttributes,
    voi: Voi | None,
) -> tuple[object, ...]:
    """One row, in the order of COLUMNS; empty where the header says nothing."""
    rescale = attributes.rescale
    grey = format.samples_per_pixel == 1 and format.photometric_interpretation != "PALETTE COLOR"
    return (
        file, identity.patient_id, identity.study_instance_uid, identity.series_instance_uid,
        identity.sop_instance_uid, frame_number, identity.modality, format.rows, format.columns,
        *(attributes.pixel_spacing or ("", "")),
        "" if attributes.slice_thickness is None else attributes.slice_thickness,
        *(attributes.position or ("",) * 3),
        *(attributes.orientation or ("",) * 6),
        *window_cells(voi if grey else None),
        *((rescale.slope, rescale.intercept, rescale.type) if grey else ("",) * 3),
        format.photometric_interpretation, identity.container_uuid,
    )  # fmt: skip


def window_cells(voi: Voi | None) -> tuple[object, object, str]:
    """Center, width and function of what a frame was drawn with; LUT or LABELS where it was no window."""
    if isinstance(voi, Window):
        return voi.center, voi.width, voi.function
    if isinstance(voi, Palette):
        return "", "", "LABELS"
    return "", "", "LUT" if voi is not None else ""


def write(folder: Path, rows: Iterable[tuple[object, ...]]) -> None:
    """Write slices.csv into a folder."""
    path = folder / NAME
    temporary = path.with_name(f".{NAME}.tmp-{os.getpid()}")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    temporary.replace(path)
