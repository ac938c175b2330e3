"""The files of the SCAPIS markup tool: np/<name>.npy, csv/<name>.csv and json/<name>_info.json, row k being slice k."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dicomconv.container.reader import open_container
from dicomconv.errors import Undecodable
from dicomconv.export.array_pictures import checked_name
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss, WayBack
from dicomconv.export.left_out import LeftOut
from dicomconv.export.npz_stream import heading
from dicomconv.export.rows import Row
from dicomconv.export.scapis_table import COLUMNS, MORE, cells
from dicomconv.export.scapis_values import Array, array_for
from dicomconv.export.slice_order import in_order_of_place
from dicomconv.render import is_colour

TAKES: frozenset[Option] = frozenset({"size", "name", "labels", "split"})
KEPT = WayBack(
    False,
    "stored values are (value - RescaleIntercept) / RescaleSlope where nothing was resampled; the DICOM comes back from the "
    "containers by `dicomconv recover`",
)


@dataclass(frozen=True, slots=True)
class Image:
    """The slices of one stack, in order of their places. `patient`, `number`: of the patient, of the image there."""

    patient: int
    number: int
    rows: tuple[Row, ...]


def write(export: Export) -> Written:
    """Slices in order of position, in modality units (HU for CT); of this data set, and of no other."""
    name = checked_name(export.choices.name, "scapis")
    images, left_out = _images(export)
    kept = [image for image in images if image.rows]
    folders = {kind: export.folder / kind for kind in ("np", "csv", "json")}
    for folder in folders.values():
        folder.mkdir()
    array = array_for_images(kept, export.choices.size)
    rows = list[Row]()
    with (
        (folders["np"] / f"{name}.npy").open("wb") as values,
        (folders["csv"] / f"{name}.csv").open("w", encoding="utf-8", newline="") as table,
    ):
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow((*COLUMNS, *MORE, *export.label_names))
        values.write(heading((_count(kept), array.rows, array.columns), array.dtype))
        for image in kept:
            rows += image.rows
            writer.writerows(_written(image, array, values, export.label_names))
    _write_info(folders["json"] / f"{name}_info.json", kept)
    facts = {"dtype": array.dtype.str, "shape": [len(rows), array.rows, array.columns], "padding": array.padding}
    return Written(tuple(rows), _losses(kept, array), KEPT, left_out.sentences, facts)


def _count(images: Sequence[Image]) -> int:
    return sum(len(image.rows) for image in images)


def _images(export: Export) -> tuple[list[Image], LeftOut]:
    """The stacks in grey, patient by patient, and what is left out."""
    by_patient = sorted(export.rows, key=lambda row: row.subject.patient_id)
    numbers = export.numbers.in_order("scapis patient", (row.subject.patient_id for row in by_patient), 1)
    found, left_out = list[Image](), LeftOut()
    for patient, group in groupby(by_patient, key=lambda row: row.subject.patient_id):
        stacks = groupby(group, key=lambda row: (row.container, row.stack))
        for number, (_, rows) in enumerate(stacks, 1):
            whole = tuple(rows)
            ordered = _ordered(whole)
            if isinstance(ordered, str):
                left_out.add(ordered, whole)
            else:
                found.append(Image(numbers[patient], number, ordered))
    return found, left_out


def _ordered(rows: tuple[Row, ...]) -> tuple[Row, ...] | str:
    """The rows of a stack in order of position; or why it is not in the array."""
    with open_container(rows[0].container) as container:
        stack = container.stacks[rows[0].stack]
        if is_colour(stack.format):
            return "an array of values has no place for colour"
        try:
            stack.modality(0)
        except Undecodable as error:
            return str(error)
        by_frame = {row.frame: row for row in rows}
        return tuple(by_frame[frame] for frame in in_order_of_place(stack) if frame in by_frame)


def array_for_images(images: Sequence[Image], size: int) -> Array:
    """The array that holds them."""

    def stacks() -> Iterator[Any]:
        for image in images:
            with open_container(image.rows[0].container) as container:
                yield container.stacks[image.rows[0].stack]

    return array_for(stacks(), size)


def _written(image: Image, array: Array, values: BinaryIO, labels: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Write the slices of an image; gives the row of each."""
    numbers = image.patient, image.number, len(image.rows)
    with open_container(image.rows[0].container) as container:
        stack = container.stacks[image.rows[0].stack]
        matrix, headers = array.to_stored(stack), dict[int, Any]()
        for row in image.rows:
            instance = int(stack.frames["instance"][row.frame])
            headers.setdefault(instance, container.header(instance))
            values.write(array.slice_of(stack, row.frame).tobytes())
            yield (*cells(row, container, stack, headers[instance], numbers, matrix), *map(row.label, labels))


def _write_info(path: Path, images: Sequence[Image]) -> None:
    """Patients, their images, and the slices of each in the order of the array, by the names that `convert` gives pictures."""
    content = dict[str, Any]()
    for image in images:
        patient = image.rows[0].subject.patient_id
        one = content.setdefault(str(image.patient), {"id": patient, "path": patient, "image": {}})
        one["image"][str(image.number)] = [row.name for row in image.rows]
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _losses(images: Sequence[Image], array: Array) -> tuple[Loss, ...]:
    count = _count(images)
    losses = [Loss("headers", "of the headers only the columns of the table are kept", count)]
    if array.size:
        losses.append(Loss("resolution", f"resampled to {array.size} x {array.size}, aspect kept", count))
    if array.dtype.kind == "f":
        losses.append(Loss("bits", "values are kept as floats of 32 bits", count))
    return tuple(losses)


def check(folder: Path) -> str:
    """numpy reads the array, and the table has a row for each slice."""
    [path] = folder.glob("np/*.npy")
    values = np.load(path, mmap_mode="r")
    with (folder / f"csv/{path.stem}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(values), "the table has another number of rows than the array has slices"
    assert len({(row["MediaStorageSOPInstanceUID"], row["Frame_Number"]) for row in rows}) == len(rows), "a slice is there twice"
    json.loads((folder / f"json/{path.stem}_info.json").read_text(encoding="utf-8"))
    return f"{len(values)} slices of {values.shape[1]} x {values.shape[2]} (numpy)"


LAYOUTS = {"scapis": Layout("scapis", "the npy, csv and json of the SCAPIS markup tool", write, TAKES, check, ("numpy",))}
