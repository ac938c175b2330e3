"""Chest radiographs as torchxrayvision and mimic-cxr-jpg-loader read them."""

import contextlib
import csv
import gzip
import math
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.acceptance.loaders.torchvision_without_kernels import import_torchvision

REAL = {
    "nih-chestxray14": "Data_Entry_2017_v2020.csv.gz",
    "nih-chestxray14 boxes": "BBox_List_2017.csv.gz",
    "chexpert": "chexpert_train.csv.gz",
}


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One image of a data set: its row of the CSV, its pixels (rows, columns) of uint8, labels, masks of its boxes."""

    row: dict[str, Any]
    pixels: NDArray[np.uint8]
    labels: dict[str, float | None]  # 1, 0, or None where nothing is said, or it is uncertain
    masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)


def real_header(name: str) -> list[str]:
    """The first line of the real CSV that torchxrayvision's wheel has, its cells."""
    file = resources.files("torchxrayvision") / "data" / REAL[name]
    with file.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8", newline="") as text:
        return next(csv.reader(text))


def load_with_nih_dataset(images: Path, entries: Path, boxes: Path) -> list[Radiograph]:
    """What torchxrayvision's NIH_Dataset gives of all views of all patients, with masks of the boxes."""
    return _radiographs(_torchxrayvision().NIH_Dataset(
        str(images), csvpath=str(entries), bbox_list_path=str(boxes), views=["*"], unique_patients=False, pathology_masks=True
    ))  # fmt: skip


def load_with_chex_dataset(root: Path, entries: str = "train.csv") -> list[Radiograph]:
    """What torchxrayvision's CheX_Dataset gives of all views; `root`: what holds train/ and valid/ and their CSVs.

    The loader looks for "train" and "valid" in the path of the CSV, the folders above included: it is called from `root`.
    """
    with contextlib.chdir(root):
        return _radiographs(_torchxrayvision().CheX_Dataset(".", csvpath=entries, views=["*"], unique_patients=False))


def load_with_mimic_dataset(root: Path, labels: str = "chexpert") -> list[Radiograph]:
    """What torchxrayvision's MIMIC_Dataset gives of all views; `root` holds files/ and the CSVs; `labels`: chexpert, negbio."""
    return _radiographs(_torchxrayvision().MIMIC_Dataset(
        str(root / "files"), csvpath=str(root / f"mimic-cxr-2.0.0-{labels}.csv"),
        metacsvpath=str(root / "mimic-cxr-2.0.0-metadata.csv"), views=["*"], unique_patients=False,
    ))  # fmt: skip


def load_with_mimic_cxr_jpg_loader(root: Path, split: str | None = None) -> list[tuple[NDArray[np.uint8], dict[str, Any]]]:
    """What MIMICDataset gives: RGB pixels (rows, columns, 3) and the joined row; `split`: train, validate or test only."""
    from mimic_cxr_jpg_loader.dataset import MIMICDataset
    from mimic_cxr_jpg_loader.modifiers import FilterBySplit, Split

    modifiers = [FilterBySplit(Split(split))] if split else None
    dataset = MIMICDataset(root=str(root), split_path=str(root / "mimic-cxr-2.0.0-split.csv"), modifiers=modifiers)
    return [(np.asarray(image), {"dicom_id": row.name, **row}) for image, row in (dataset[i] for i in range(len(dataset)))]


def _torchxrayvision() -> Any:
    """Its data sets, imported beside whatever torch there is."""
    import_torchvision()
    import torchxrayvision

    return torchxrayvision.datasets


def _radiographs(dataset: Any) -> list[Radiograph]:
    """Every item of a data set of torchxrayvision."""
    found = []
    for index in range(len(dataset)):
        sample = dataset[index]
        values = zip(dataset.pathologies, sample["lab"], strict=True)
        labels = {str(name): None if math.isnan(value) else float(value) for name, value in values}
        masks = {str(dataset.pathologies[i]): mask[0] > 0 for i, mask in sample.get("pathology_masks", {}).items()}
        pixels = np.rint((sample["img"][0] / 1024 + 1) / 2 * 255).astype(np.uint8)
        found.append(Radiograph(dict(dataset.csv.iloc[index]), pixels, labels, masks))
    return found
