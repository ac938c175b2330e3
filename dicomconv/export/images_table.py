"""images.csv: a row for each picture of an export, with what it takes to find its frame again."""

import csv
from collections.abc import Iterable
from pathlib import Path

from dicomconv.container.reader import open_container
from dicomconv.export.pictures import Look, Taken

NAME = "images.csv"
COLUMNS = (
    "file", "patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid", "frame_number", "modality",
    "view", "rows", "columns", "row_spacing_mm", "column_spacing_mm", "window", "width", "height", "png_to_stored",
    "container_uuid", "split",
)  # fmt: skip


def write_images(folder: Path, taken: Iterable[Taken], look: Look, *, name: str = NAME) -> None:
    """Write images.csv. `rows`, `columns`: of the stored pixels; `width`, `height`: of the picture."""
    rows = list(taken)
    uuids = {path: _uuid(path) for path in dict.fromkeys(one.shot.row.container for one in rows)}
    labels = list(dict.fromkeys(label for one in rows for label, _ in one.shot.row.labels))
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*COLUMNS, *labels))
        for one in rows:
            writer.writerow((*_cells(one, look, uuids[one.shot.row.container]), *map(one.shot.row.label, labels)))


def _uuid(path: Path) -> str:
    with open_container(path) as container:
        return container.container_uuid


def _cells(one: Taken, look: Look, uuid: str) -> tuple[object, ...]:
    row = one.shot.row
    return (
        one.shot.file, row.subject.patient_id, row.study_instance_uid, row.series_instance_uid, row.sop_instance_uid,
        row.frame_number, row.modality, row.view, row.rows, row.columns, *(row.pixel_spacing or ("", "")),
        look.window.name if look.window else "mimic", *one.size,
        " ".join(f"{number:.17g}" for number in one.png_to_stored), uuid, row.split,
    )  # fmt: skip
