"""Made-up radiographs of the chest, CR and DX, converted to containers; and what an export of them is asked for."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dicomconv
from dicomconv.export.label_table import read_label_table
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, Exported, export
from dicomconv.pipeline.found import find_containers
from tests import make

DX = "1.2.840.10008.5.1.4.1.1.1.1"
ROWS, COLUMNS = 40, 30
KEPT = ["retain-patient-characteristics", "retain-modified-dates", "clean-descriptors"]


def pixels(number: int, rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.uint16]:
    """Pixels of image `number`, of 12 bits: all differ between images."""
    grey = (np.arange(rows * columns).reshape(rows, columns) * 3 + 97 * number) % 4096
    return grey.astype(np.uint16)


def radiograph(number: int, patient: str = "A", study: str = "1", kind: str = "CR", **values: Any) -> bytes:
    """Image `number` of a study of a patient, PA unless it is told otherwise; `kind`: CR or DX."""
    return make.instance(kind if kind == "CR" else DX, pixels(number), **{
        "PatientID": f"ID-{patient}", "PatientName": f"DOE^{patient}", "PatientAge": "057Y", "PatientSex": "F",
        "StudyInstanceUID": make.uid(f"study {patient} {study}"), "StudyDate": f"2020010{study}",
        "SeriesInstanceUID": make.uid(f"series {patient} {study} {number}"), "InstanceNumber": number,
        "Modality": kind, "ViewPosition": "PA", "BodyPartExamined": "CHEST", "ImagerPixelSpacing": ["0.2", "0.1"],
        "BitsStored": 12, "BurnedInAnnotation": "NO", **values,
    })  # fmt: skip


def case() -> list[bytes]:
    """Two patients: A with two studies, one of them PA and lateral; B with one DX in MONOCHROME1 with a VOI LUT."""
    table = np.minimum(np.arange(4096) // 8, 255).astype("<u2").tobytes()
    lut = [{"LUTDescriptor": [4096, 0, 16], "LUTExplanation": "NORMAL", "LUTData": table}]
    return [
        radiograph(1),
        radiograph(2, ViewPosition="LL"),
        radiograph(3, study="2", ViewPosition="AP"),
        radiograph(
            4, "B", kind="DX", PhotometricInterpretation="MONOCHROME1", VOILUTSequence=lut, PatientSex="M",
            PresentationIntentType="FOR PRESENTATION", PixelIntensityRelationship="LOG", PixelIntensityRelationshipSign=1,
            ViewCodeSequence=[{"CodeValue": "272479007", "CodingSchemeDesignator": "SCT", "CodeMeaning": "postero-anterior"}],
        ),
    ]  # fmt: skip


def converted(folder: Path, files: list[bytes], **choices: Any) -> Path:
    """The folder of containers that files become."""
    make.write(folder / "in", {f"{number}.dcm": content for number, content in enumerate(files)})
    dicomconv.convert(folder / "in", folder / "out", **choices)
    return folder / "out"


def exported(
    layout: str, out: Path, folder: Path, labels: str = "", annotations: str = "", size: int = 0, **asked: Any
) -> Exported:
    """An export; `labels`: the text of a table."""
    table = None
    if labels:
        path = folder.with_name(f"{folder.name}.labels.csv")
        path.write_text(labels, encoding="utf-8")
        table = read_label_table(path)
    return export(layout, find_containers([out]), folder, Choices(annotations=annotations, size=size), Asked(table, **asked))


def lines(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV by column."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def header(path: Path) -> str:
    """The first line of a table."""
    return path.read_text(encoding="utf-8").partition("\n")[0]
