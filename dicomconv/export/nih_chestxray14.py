"""NIH ChestX-ray14: pictures of 1024 x 1024, Data_Entry_2017_v2020.csv, boxes, and lists of what is for training."""

from collections.abc import Iterator, Sequence

from dicomconv.export.belonging import grey_radiographs, in_time
from dicomconv.export.chest_checks import check_nih
from dicomconv.export.findings import check_columns, findings_of
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.nih_boxes import HEADER as BOX_HEADER
from dicomconv.export.nih_boxes import boxes_of
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.export.tables import write_table
from dicomconv.render import parse_window

NAME = "nih-chestxray14"
SIZE = 1024
ENTRIES, BOXES = "Data_Entry_2017_v2020.csv", "BBox_List_2017.csv"
HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
FINDINGS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia", "Infiltration",
    "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
)  # fmt: skip
NONE, UNSAID = "No Finding", "Unlabelled"


def write(export: Export) -> Written:
    """Pictures in images/, of each patient in order of time, and the tables of the data set."""
    check_columns(export.label_names, (*FINDINGS, NONE), NAME)
    rows, headers, left_out = grey_radiographs(export.rows)
    look = Look(export.choices.window or parse_window("file"), "png", SIZE)
    taken = take(list(_shots(in_time(rows, headers), export)), look, export.folder, export.choices.jobs)
    drawn = sorted((one for one in taken if not one.reason), key=lambda one: one.shot.file)
    write_images(export.folder, drawn, look)
    write_table(export.folder / ENTRIES, HEADER, map(_entry, drawn))
    if export.choices.annotations:
        boxes, without = boxes_of(drawn, export.choices.annotations, FINDINGS)
        write_table(export.folder / BOXES, BOX_HEADER, boxes)
        left_out += without
    else:
        write_table(export.folder / BOXES, BOX_HEADER, ())
    _write_lists(export, drawn)
    return Written(tuple(one.shot.row for one in drawn), _losses(drawn), FOUND_AGAIN, (*left_out, *reasons(taken)))


def _shots(rows: Sequence[Row], export: Export) -> Iterator[Shot]:
    """Each row with its file: the number of its patient, and its own among the patient's images."""
    by_patient: dict[str, list[Row]] = {}
    for row in rows:
        by_patient.setdefault(row.subject.patient_id, []).append(row)
    patients = export.numbers.in_order(f"{NAME} patient", by_patient, 1)
    for patient, some in by_patient.items():
        keys = [f"{row.sop_instance_uid} {row.frame_number}" for row in some]
        numbers = export.numbers.in_order(f"{NAME} image of {patient}", keys, 0)
        for row, key in zip(some, keys, strict=True):
            yield Shot(row, f"images/{patients[patient]:08d}_{numbers[key]:03d}.png")


def _entry(one: Taken) -> tuple[object, ...]:
    """A line of Data_Entry; what the profile has removed stays empty."""
    row, name = one.shot.row, _name(one)
    patient, _, follow_up = name.removesuffix(".png").partition("_")
    age = row.subject.age_years
    spacing = row.pixel_spacing or ("", "")
    return (
        name, _findings(row), int(follow_up), int(patient), "" if age is None else age,
        row.subject.sex if row.subject.sex in ("M", "F") else "", row.view, row.columns, row.rows, spacing[1], spacing[0],
    )  # fmt: skip


def _name(one: Taken) -> str:
    return one.shot.file.removeprefix("images/")


def _findings(row: Row) -> str:
    """Findings joined by |; No Finding only if the table says it, or says of every finding that it is not there."""
    found = findings_of(row, (*FINDINGS, NONE))
    there = [name for name in FINDINGS if found.get(name) == 1]
    if there:
        return "|".join(there)
    is_clear = found.get(NONE) == 1 or all(found.get(name) == 0 for name in FINDINGS)
    return NONE if is_clear else UNSAID


def _write_lists(export: Export, drawn: Sequence[Taken]) -> None:
    """The names of what is for training and validation, and of what is for testing; without a split, all for training."""
    for name, is_test in (("train_val_list.txt", False), ("test_list.txt", True)):
        names = [_name(one) for one in drawn if (one.shot.row.split == "test") == is_test]
        (export.folder / name).write_text("".join(f"{one}\n" for one in names), encoding="utf-8", newline="\n")


def _losses(drawn: Sequence[Taken]) -> tuple[Loss, ...]:
    return (
        Loss("bits", "a window turned values into 8 bits of grey", len(drawn)),
        Loss("resolution", f"resampled to {SIZE} x {SIZE}, aspect kept, dark beside it", len(drawn)),
        Loss("headers", "of the headers only patient, sex, age, view, size and spacing have a place", len(drawn)),
    )


TAKES: frozenset[Option] = frozenset({"window", "annotations", "labels", "split"})
LAYOUTS = {
    NAME: Layout(
        NAME, "NIH ChestX-ray14: radiographs of 1024 x 1024 with findings and boxes", write, TAKES, check_nih,
        ("torchxrayvision", "torch", "torchvision"),
    )
}  # fmt: skip
