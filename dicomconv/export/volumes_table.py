"""volumes.csv: a row for each volume of an export, with what it takes to find its series again."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dicomconv.export.volumes import Volume

NAME = "volumes.csv"
COLUMNS = (
    "case", "channel", "file", "label_file", "patient_id", "study_instance_uid", "series_instance_uid", "stack", "modality",
    "view", "columns", "rows", "slices", "column_spacing_mm", "row_spacing_mm", "slice_spacing_mm", "split",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a volume is in an export: its files, relative to it; empty for what there is not."""

    volume: Volume
    case: str
    file: str = ""
    label_file: str = ""
    channel: str = ""


def write_volumes(folder: Path, entries: Iterable[Entry]) -> None:
    """Write volumes.csv, and at the end the user's columns: what the table says of all slices of a volume."""
    found = [(one, _said_of_all(one.volume)) for one in entries]
    labels = sorted({name for _, said in found for name in said if name.casefold() not in COLUMNS})
    with (folder / NAME).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*COLUMNS, *labels))
        writer.writerows((*_cells(one), *(said.get(name, "") for name in labels)) for one, said in found)


def _said_of_all(volume: Volume) -> dict[str, str]:
    """The labels that every slice has."""
    return dict(set(volume.rows[0].labels).intersection(*(row.labels for row in volume.rows)))


def _cells(one: Entry) -> tuple[object, ...]:
    row, volume = one.volume.rows[0], one.volume
    return (
        one.case, one.channel, one.file, one.label_file, row.subject.patient_id, row.study_instance_uid,
        row.series_instance_uid, volume.stack, row.modality, row.view, *volume.size,
        *(f"{part:.9g}" for part in volume.spacing), row.split,
    )  # fmt: skip
