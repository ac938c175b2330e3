"""CheXpert: radiographs as JPEG by patient and study, train.csv and valid.csv."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dicomconv.export.belonging import grey_radiographs, in_time
from dicomconv.export.chest_checks import check_chexpert
from dicomconv.export.chest_views import Side, side_of
from dicomconv.export.findings import cell, check_columns, findings_of
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.numbers import Numbers
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.export.tables import write_table
from dicomconv.header import Header
from dicomconv.render import parse_window

NAME = "chexpert"
FINDINGS = (
    "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
    "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
)  # fmt: skip
HEADER = ",".join(("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *FINDINGS))
FOLDERS = {"": "train", "train": "train", "val": "valid", "test": "test"}
SEXES = {"M": "Male", "F": "Female"}


@dataclass(frozen=True, slots=True)
class View:
    """A row and from which side it is."""

    row: Row
    side: Side


def write(export: Export) -> Written:
    """Pictures below CheXpert-v1.0, or below CheXpert-v1.0-small if they have another size, and a table for each part."""
    check_columns(export.label_names, FINDINGS, NAME, ("Frontal/Lateral",))
    rows, headers, left_out = grey_radiographs(export.rows)
    views = list(_views(in_time(rows, headers), headers))
    if lost := len(rows) - len(views):
        left_out.append(
            f"{lost} image{'s' * (lost > 1)} whose View Position is neither frontal nor lateral: "
            "say which in a column Frontal/Lateral of --labels"
        )
    look = Look(export.choices.window or parse_window("file"), "jpeg", export.choices.size)
    root = f"CheXpert-v1.0{'-small' * bool(export.choices.size)}"
    by_file = dict(_files(views, export.numbers, root))
    taken = take([Shot(one.row, file) for file, one in by_file.items()], look, export.folder, export.choices.jobs)
    drawn = [one for one in taken if not one.reason]
    write_images(export.folder, drawn, look)
    (export.folder / root).mkdir(exist_ok=True)
    for part in ("train", "valid", "test"):
        lines = [_line(by_file[one.shot.file], one) for one in drawn if FOLDERS[one.shot.row.split] == part]
        if lines or part != "test":
            write_table(export.folder / root / f"{part}.csv", HEADER, lines)
    return Written(tuple(one.shot.row for one in drawn), _losses(drawn, look), FOUND_AGAIN, (*left_out, *reasons(taken)))


def _views(rows: Sequence[Row], headers: Mapping[str, Header]) -> Iterator[View]:
    for row in rows:
        side = side_of(row, headers[row.sop_instance_uid])
        if side:
            yield View(row, side)


def _files(views: Sequence[View], numbers: Numbers, root: str) -> Iterator[tuple[str, View]]:
    """Each with its file: numbers of the patient, of the study among the patient's, of the view among the study's."""
    patients = numbers.in_order(f"{NAME} patient", (one.row.subject.patient_id for one in views), 1)
    for one in views:
        row = one.row
        patient, uid = row.subject.patient_id, row.study_instance_uid
        study = numbers.in_order(f"{NAME} study of {patient}", [uid], 1)[uid]
        image = f"{row.sop_instance_uid} {row.frame_number}"
        view = numbers.in_order(f"{NAME} view of {uid}", [image], 1)[image]
        folder = f"{root}/{FOLDERS[row.split]}/patient{patients[patient]:05d}/study{study}"
        yield f"{folder}/view{view}_{one.side.name.lower()}.jpg", one


def _line(view: View, one: Taken) -> tuple[object, ...]:
    """A line of the table; what the profile has removed stays empty, and sex Unknown."""
    subject, found = view.row.subject, findings_of(view.row, FINDINGS)
    age = subject.age_years
    return (
        one.shot.file, SEXES.get(subject.sex, "Unknown"), "" if age is None else age, view.side.name, view.side.projection,
        *(cell(found.get(name)) for name in FINDINGS),
    )  # fmt: skip


def _losses(drawn: Sequence[Taken], look: Look) -> tuple[Loss, ...]:
    error = max((one.largest_error for one in drawn), default=0)
    losses = [
        Loss("bits", "a window turned values into 8 bits of grey", len(drawn)),
        Loss("bits", f"JPEG of quality {look.quality}: samples differ by {error} at most", len(drawn)),
        Loss("geometry", "the spacing of pixels has no place; it is in images.csv", len(drawn)),
        Loss("headers", "of the headers only sex, age and view have a place", len(drawn)),
    ]
    if look.size:
        losses.append(Loss("resolution", f"resampled to {look.size} x {look.size}, aspect kept, dark beside it", len(drawn)))
    return tuple(losses)


TAKES: frozenset[Option] = frozenset({"window", "size", "labels", "split"})
LAYOUTS = {
    NAME: Layout(
        NAME, "CheXpert: radiographs as JPEG, frontal and lateral, with findings", write, TAKES, check_chexpert,
        ("torchxrayvision", "torch", "torchvision"),
    )
}  # fmt: skip
