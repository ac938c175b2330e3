"""What MIMIC-CXR and MIMIC-CXR-JPG have in common: numbers, folders, and the tables beside them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dicomconv.export.findings import cell, findings_of, of_study
from dicomconv.export.numbers import Numbers
from dicomconv.export.rows import Row
from dicomconv.export.tables import write_table
from dicomconv.header import Header

PREFIX = "mimic-cxr-2.0.0-"
METADATA = (
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,"
    "ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,PatientOrientationCodeSequence_CodeMeaning"
)
FINDINGS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture", "Lung Lesion",
    "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other", "Pneumonia", "Pneumothorax", "Support Devices",
)  # fmt: skip
PARTS = {"": "train", "train": "train", "val": "validate", "test": "test"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its numbers."""

    row: Row
    dicom_id: str
    subject_id: int
    study_id: int

    @property
    def folder(self) -> str:
        """Of its study: files/p10/p10000032/s50414267."""
        subject = f"p{self.subject_id}"
        return f"files/{subject[:3]}/{subject}/s{self.study_id}"


def placed(rows: Sequence[Row], numbers: Numbers) -> list[Placed]:
    """The rows with numbers of eight digits: of subjects from 10000000, of studies from 50000000; the same in both layouts."""
    subjects = numbers.assign("mimic-cxr subject", {row.subject.patient_id for row in rows}, 10_000_000, 19_999_999)
    studies = numbers.assign("mimic-cxr study", {row.study_instance_uid for row in rows}, 50_000_000, 59_999_999)
    return [
        Placed(row, dicom_id(row), subjects[row.subject.patient_id], studies[row.study_instance_uid]) for row in rows
    ]


def dicom_id(row: Row) -> str:
    """Five groups of eight hexadecimal digits, of the digest of the pseudonymous UID, and of the number of a later frame."""
    frame = f" {row.frame_number}" if row.frame_number > 1 else ""
    digest = hashlib.sha256(f"{row.sop_instance_uid}{frame}".encode()).hexdigest()
    return "-".join(digest[start : start + 8] for start in range(0, 40, 8))


def write_tables(folder: Path, images: Sequence[Placed], headers: Mapping[str, Header]) -> None:
    """Metadata and split, a line for each image; labels, a line for each study. Without a split all is for training."""
    write_table(
        folder / f"{PREFIX}metadata.csv", METADATA,
        (_metadata(one, headers[one.row.sop_instance_uid]) for one in images),
    )  # fmt: skip
    write_table(
        folder / f"{PREFIX}split.csv", "dicom_id,study_id,subject_id,split",
        ((one.dicom_id, one.study_id, one.subject_id, PARTS[one.row.split]) for one in images),
    )  # fmt: skip
    studies: dict[tuple[int, int], list[Row]] = {}
    for one in images:
        studies.setdefault((one.subject_id, one.study_id), []).append(one.row)
    write_table(
        folder / f"{PREFIX}chexpert.csv", ",".join(("subject_id", "study_id", *FINDINGS)),
        ((*study, *_labels(rows)) for study, rows in studies.items()),
    )  # fmt: skip


def _metadata(one: Placed, header: Header) -> tuple[object, ...]:
    """As the de-identified header has it: what the profile has removed stays empty."""
    codes = ("ProcedureCodeSequence", "ViewCodeSequence", "PatientOrientationCodeSequence")
    return (
        one.dicom_id, one.subject_id, one.study_id, header.text("PerformedProcedureStepDescription"), one.row.view,
        one.row.rows, one.row.columns, header.text("StudyDate"), header.text("StudyTime"),
        *(_meaning(header, code) for code in codes),
    )  # fmt: skip


def _meaning(header: Header, keyword: str) -> str:
    return next((item.text("CodeMeaning") for item in header.items(keyword)), "")


def _labels(rows: Sequence[Row]) -> list[str]:
    found = of_study(findings_of(row, FINDINGS) for row in rows)
    return [cell(found.get(name)) for name in FINDINGS]
