"""The loaders of chest radiographs read the smallest trees that they take, and refuse broken ones."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.acceptance.loaders.chest import (
    load_with_chex_dataset,
    load_with_mimic_cxr_jpg_loader,
    load_with_mimic_dataset,
    load_with_nih_dataset,
    real_header,
)

pytestmark = pytest.mark.acceptance

NIH = ["Image Index", "Finding Labels", "Follow-up #", "Patient ID", "Patient Age", "Patient Gender", "View Position",
       "OriginalImage[Width", "Height]", "OriginalImagePixelSpacing[x", "y]"]  # fmt: skip
NIH_BOXES = ["Image Index", "Finding Label", "Bbox [x", "y", "w", "h]", "", "", ""]
FINDINGS = ["No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema",
            "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture",
            "Support Devices"]  # fmt: skip
CHEXPERT = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *FINDINGS]
MIMIC = ["dicom_id", "subject_id", "study_id", "PerformedProcedureStepDescription", "ViewPosition", "Rows", "Columns",
         "StudyDate", "StudyTime", "ProcedureCodeSequence_CodeMeaning", "ViewCodeSequence_CodeMeaning",
         "PatientOrientationCodeSequence_CodeMeaning"]  # fmt: skip
DICOM_ID = "0a1b2c3d-0a1b2c3d-0a1b2c3d-0a1b2c3d-0a1b2c3d"


def written(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A CSV with lines that end as those of the real files do."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def drawn(path: Path, size: int = 64) -> NDArray[np.uint8]:
    """A made-up gray image, and the pixels that a reader has to give."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.add.outer(np.arange(size), np.arange(size)).astype(np.uint8)).save(path, quality=95)
    with Image.open(path) as image:
        return np.asarray(image)


def nih(folder: Path, header: list[str]) -> Path:
    """The smallest tree of NIH ChestX-ray14 that has a box."""
    drawn(folder / "images/00000001_000.png", 1024)
    written(folder / "Data_Entry_2017_v2020.csv", [
        header, ["00000001_000.png", "Cardiomegaly|Infiltration", 0, 1, 57, "M", "PA", 2682, 2749, 0.143, 0.143],
    ])  # fmt: skip
    written(folder / "BBox_List_2017.csv", [NIH_BOXES, ["00000001_000.png", "Infiltrate", 100.5, 200, 30, 40]])
    return folder


def load_nih(folder: Path) -> list[object]:
    """What the loader makes of such a tree."""
    names = ("images", "Data_Entry_2017_v2020.csv", "BBox_List_2017.csv")
    return list(load_with_nih_dataset(*(folder / name for name in names)))


def test_nih_dataset_reads_pixels_labels_and_boxes(tmp_path: Path) -> None:
    nih(tmp_path, NIH)
    [one] = load_with_nih_dataset(
        tmp_path / "images", tmp_path / "Data_Entry_2017_v2020.csv", tmp_path / "BBox_List_2017.csv"
    )
    with Image.open(tmp_path / "images/00000001_000.png") as image:
        assert np.array_equal(one.pixels, np.asarray(image))
    assert {name for name, value in one.labels.items() if value} == {"Cardiomegaly", "Infiltration"}
    assert {name: int(mask.sum()) for name, mask in one.masks.items()} == {"Infiltration": 30 * 40}
    assert one.masks["Infiltration"][200:240, 100:130].all()


def test_nih_dataset_refuses_a_column_of_another_name(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="Finding Labels"):
        load_nih(nih(tmp_path, [name.replace("Finding Labels", "Labels") for name in NIH]))


def test_nih_dataset_refuses_a_row_without_image(tmp_path: Path) -> None:
    (nih(tmp_path, NIH) / "images/00000001_000.png").unlink()
    with pytest.raises(FileNotFoundError):
        load_nih(tmp_path)


@pytest.mark.parametrize(("name", "expected"), [
    ("nih-chestxray14", NIH), ("nih-chestxray14 boxes", NIH_BOXES), ("chexpert", CHEXPERT),
])  # fmt: skip
def test_headers_are_those_of_the_real_files(name: str, expected: list[str]) -> None:
    assert real_header(name) == expected


def chexpert(folder: Path, name: str, study: str = "study1") -> NDArray[np.uint8]:
    """The smallest tree of CheXpert, for train or valid."""
    path = f"{name}/patient00001/{study}/view1_frontal.jpg"
    values = ["", -1.0, 1.0, 0.0, *[""] * 9, 1.0]
    row = [f"CheXpert-v1.0/{path}", "Female", 68, "Frontal", "AP", *values]
    written(folder / f"{name}.csv", [CHEXPERT, row])
    return drawn(folder / path)


@pytest.mark.parametrize("name", ["train", "valid"])
def test_chex_dataset_reads_pixels_and_labels(tmp_path: Path, name: str) -> None:
    pixels = chexpert(tmp_path, name)
    [one] = load_with_chex_dataset(tmp_path, f"{name}.csv")
    assert np.array_equal(one.pixels, pixels)
    assert (one.row["patientid"], one.row["view"], one.row["age_years"]) == ("00001", "AP", 68)
    known = {name: value for name, value in one.labels.items() if value is not None}
    assert known == {"Cardiomegaly": 1, "Lung Opacity": 0, "Support Devices": 1}


def test_chex_dataset_refuses_a_path_without_its_split(tmp_path: Path) -> None:
    chexpert(tmp_path, "train")
    text = (tmp_path / "train.csv").read_text(encoding="utf-8").replace("/train/", "/")
    (tmp_path / "train.csv").write_text(text, encoding="utf-8")
    with pytest.raises(KeyError):
        load_with_chex_dataset(tmp_path)


def test_chex_dataset_takes_valid_for_train_in_a_folder_called_training(tmp_path: Path) -> None:
    from tests.acceptance.loaders.torchvision_without_kernels import import_torchvision

    import_torchvision()
    from torchxrayvision.datasets import CheX_Dataset

    (tmp_path / "training").mkdir()
    chexpert(tmp_path / "training", "valid")
    with pytest.raises(KeyError):
        CheX_Dataset(str(tmp_path / "training"), csvpath=str(tmp_path / "training/valid.csv"), views=["*"])
    assert len(load_with_chex_dataset(tmp_path / "training", "valid.csv")) == 1


def mimic(folder: Path, dicom_id: str = DICOM_ID) -> NDArray[np.uint8]:
    """The smallest tree of MIMIC-CXR-JPG."""
    ids = [10000032, 50414267]
    meta = [DICOM_ID, *ids, "CHEST (PA AND LAT)", "PA", 64, 64, 21800506, 213014.531, "CHEST (PA AND LAT)", "postero-anterior",
            "Erect"]  # fmt: skip
    written(folder / "mimic-cxr-2.0.0-metadata.csv", [MIMIC, meta])
    written(folder / "mimic-cxr-2.0.0-split.csv", [
        ["dicom_id", "study_id", "subject_id", "split"], [DICOM_ID, *reversed(ids), "validate"],
    ])  # fmt: skip
    values = [1.0, -1.0, 0.0, *[""] * 11]
    written(folder / "mimic-cxr-2.0.0-chexpert.csv", [["subject_id", "study_id", *sorted(FINDINGS)], [*ids, *values]])
    return drawn(folder / f"files/p10/p10000032/s50414267/{dicom_id}.jpg")


def test_mimic_dataset_reads_pixels_and_labels(tmp_path: Path) -> None:
    pixels = mimic(tmp_path)
    [one] = load_with_mimic_dataset(tmp_path)
    assert np.array_equal(one.pixels, pixels)
    known = {name: value for name, value in one.labels.items() if value is not None}
    assert known == {"Atelectasis": 1, "Consolidation": 0}


def test_mimic_cxr_jpg_loader_reads_pixels_labels_and_split(tmp_path: Path) -> None:
    pixels = mimic(tmp_path)
    [(rgb, row)] = load_with_mimic_cxr_jpg_loader(tmp_path)
    assert np.array_equal(rgb, np.stack([pixels] * 3, axis=-1))
    assert (row["dicom_id"], row["Cardiomegaly"], row["ViewPosition"], row["split"]) == (DICOM_ID, -1.0, "PA", "validate")
    assert len(load_with_mimic_cxr_jpg_loader(tmp_path, "validate")) == 1
    with pytest.raises(ValueError, match="Cannot set a DataFrame"):  # what it says of a split without images
        load_with_mimic_cxr_jpg_loader(tmp_path, "test")


def test_mimics_loaders_refuse_an_image_of_another_name(tmp_path: Path) -> None:
    mimic(tmp_path, "1.2.3.4")
    with pytest.raises(FileNotFoundError):
        load_with_mimic_dataset(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_with_mimic_cxr_jpg_loader(tmp_path)
