"""slices.csv: one row per PNG, what pandas users ask for first; de-identified values only."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dicomconv.pipeline.shown import Shown, windows_cells
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat
from dicomconv.render import is_colour
from dicomconv.temporary import mark

NAME = "slices.csv"
COLUMNS = (
    "file", "patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid", "frame_number", "modality",
    "rows", "columns", "row_spacing_mm", "column_spacing_mm", "slice_thickness_mm",
    "position_x_mm", "position_y_mm", "position_z_mm",
    "row_x", "row_y", "row_z", "column_x", "column_y", "column_z",
    "window", "window_center", "window_width", "window_function",
    "rescale_slope", "rescale_intercept", "rescale_type", "photometric_interpretation", "container_uuid",
    "offset", "png_to_stored", "pixel_sha256",
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
    shown: Shown,
    *,
    pixel_sha256: str,
) -> tuple[object, ...]:
    """One row, in the order of COLUMNS; empty where the header says nothing."""
    rescale = attributes.rescale
    grey = not is_colour(format)
    return (
        file, identity.patient_id, identity.study_instance_uid, identity.series_instance_uid,
        identity.sop_instance_uid, frame_number, identity.modality, format.rows, format.columns,
        *(attributes.pixel_spacing or ("", "")),
        "" if attributes.slice_thickness is None else attributes.slice_thickness,
        *(attributes.position or ("",) * 3),
        *(attributes.orientation or ("",) * 6),
        shown.view.name, *windows_cells(shown.vois),
        *((rescale.slope, rescale.intercept, rescale.type) if grey else ("",) * 3),
        format.photometric_interpretation, identity.container_uuid,
        "" if shown.offset is None else shown.offset, " ".join(f"{number:.17g}" for number in shown.png_to_stored),
        pixel_sha256,
    )  # fmt: skip


def write(folder: Path, rows: Iterable[tuple[object, ...]]) -> None:
    """Write slices.csv into a folder."""
    path = folder / NAME
    temporary = path.with_name(f".{NAME}{mark()}")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    temporary.replace(path)


def is_slices(path: Path) -> bool:
    """Whether a file is a slices.csv of ours, of this release or another: by the first columns."""
    try:
        with path.open("rb") as file:
            return file.read(256).startswith(",".join(COLUMNS[:5]).encode())
    except OSError:
        return False
