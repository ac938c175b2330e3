"""Radiographs as torchxrayvision and mimic-cxr-jpg-loader read them, at the site of who exports."""

import contextlib
import csv
import gzip
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

OPERATORS = ("nms", "qnms")  # which torchvision describes, and only its compiled half declares
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def check_nih(folder: Path) -> str:
    """torchxrayvision's NIH_Dataset, of all views, with masks of the boxes."""
    entries, boxes = folder / "Data_Entry_2017_v2020.csv", folder / "BBox_List_2017.csv"
    datasets = _torchxrayvision()
    for path, name in ((entries, "Data_Entry_2017_v2020.csv.gz"), (boxes, "BBox_List_2017.csv.gz")):
        _same_header(path, name)
    data = datasets.NIH_Dataset(
        str(folder / "images"), csvpath=str(entries), bbox_list_path=str(boxes), views=["*"], unique_patients=False,
        pathology_masks=True,
    )  # fmt: skip
    masks = sum(len(data[index]["pathology_masks"]) for index in range(len(data)))
    _same_count(len(data), entries)
    return f"torchxrayvision NIH_Dataset, {len(data)} images, {masks} masks of boxes"


def check_chexpert(folder: Path) -> str:
    """torchxrayvision's CheX_Dataset, of all views, of train.csv and valid.csv; it has no place for a test part."""
    datasets, found = _torchxrayvision(), 0
    root = next(path for path in sorted(folder.absolute().iterdir()) if path.is_dir())
    for name in ("train.csv", "valid.csv"):
        _same_header(root / name, "chexpert_train.csv.gz")
        if not _rows(root / name):
            continue
        with contextlib.chdir(root):  # it looks for "train" and "valid" in the whole path
            data = datasets.CheX_Dataset(".", csvpath=name, views=["*"], unique_patients=False)
            found += sum(data[index]["img"].shape[0] for index in range(len(data)))
        _same_count(len(data), root / name)
    for line in _rows(root / "test.csv") if (root / "test.csv").is_file() else ():
        assert (folder / line["Path"]).is_file(), "a picture that test.csv names is not there"
    return f"torchxrayvision CheX_Dataset, {found} images of train.csv and valid.csv"


def check_mimic_cxr_jpg(folder: Path) -> str:
    """torchxrayvision's MIMIC_Dataset, of all views, and MIMICDataset of mimic-cxr-jpg-loader."""
    from mimic_cxr_jpg_loader.dataset import MIMICDataset

    labels, metadata, split = (folder / f"mimic-cxr-2.0.0-{name}.csv" for name in ("chexpert", "metadata", "split"))
    data = _torchxrayvision().MIMIC_Dataset(
        str(folder / "files"), csvpath=str(labels), metacsvpath=str(metadata), views=["*"], unique_patients=False
    )
    other = MIMICDataset(root=str(folder), split_path=str(split))
    for index in range(len(data)):
        assert data[index]["img"].shape[0] == 1, "a picture is not grey"
    for index in range(len(other)):
        assert other[index][0].size, "a picture has no pixels"
    _same_count(len(data), metadata)
    _same_count(len(other), metadata)
    return f"torchxrayvision MIMIC_Dataset and mimic-cxr-jpg-loader, {len(data)} images each"


def check_mimic_cxr(folder: Path) -> str:
    """pydicom's dcmread, every file that the record list names."""
    from pydicom import dcmread

    records = _rows(folder / "cxr-record-list.csv")
    for record in records:
        image = dcmread(folder / record["path"])
        assert image.Modality in ("CR", "DX"), "a file is no radiograph"
        assert image.PixelData, "a file has no pixels"
    _same_count(len(records), folder / "mimic-cxr-2.0.0-metadata.csv")
    return f"pydicom dcmread, {len(records)} files"


def _torchxrayvision() -> Any:
    """Its data sets. Where torchvision lacks its compiled half, its operators are declared: none of them is called."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        for operator in OPERATORS:
            torch.library.define(f"torchvision::{operator}", SCHEMA)
        import torchvision  # noqa: F401
    import torchxrayvision

    return torchxrayvision.datasets


def _same_header(path: Path, name: str) -> None:
    """AssertionError if a CSV begins otherwise than the real one, which torchxrayvision has."""
    with (resources.files("torchxrayvision") / "data" / name).open("rb") as packed, gzip.open(packed, "rt") as text:
        real = next(iter(text))
    assert path.read_text(encoding="utf-8").startswith(real), f"{path.name} has another header than the real one"


def _rows(path: Path) -> list[dict[str, str]]:
    def lines() -> Iterator[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    return list(lines())


def _same_count(count: int, table: Path) -> None:
    assert count == len(_rows(table)), f"the loader has {count} images, and {table.name} another number of lines"
