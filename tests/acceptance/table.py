"""The table of proofs in docs/datasets.md: a row for every layout and loader, done or not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/datasets.md"
BEGIN, END = "<!-- proofs: written by `python -m tests.acceptance` -->", "<!-- end of proofs -->"
HEADING = ("| layout | loader and version | date | result |", "|---|---|---|---|")


@dataclass(frozen=True, order=True)
class Proof:
    """A layout, what reads it, and the distribution whose version counts."""

    layout: str
    loader: str
    package: str


EXPECTED = tuple(
    Proof(layout, loader, package)
    for layout, loaders in {
        "nih-chestxray14": [("NIH_Dataset", "torchxrayvision")],
        "mimic-cxr": [("dcmread", "pydicom")],
        "mimic-cxr-jpg": [
            ("MIMIC_Dataset", "torchxrayvision"), ("MIMICDataset", "mimic-cxr-jpg-loader"),
            ("equalizeHist", "opencv-python-headless"),
        ],
        "chexpert": [("CheX_Dataset", "torchxrayvision")],
        "medpix": [("load_dataset", "datasets")],
        "medmnist": [("MedMNIST2D", "medmnist"), ("MedMNIST3D", "medmnist")],
        "medsegbench": [("MedSegBench", "medsegbench")],
        "msd": [("DecathlonDataset", "monai")],
        "nnunet": [("verify_dataset_integrity", "nnunetv2")],
        "amos": [("convert_amos_task1, verify_dataset_integrity", "nnunetv2")],
        "brats": [("ReadImage", "simpleitk"), ("copy_BraTS_segmentation_and_convert_labels_to_nnUNet", "nnunetv2")],
        "isic": [("Image.open", "pillow"), ("MetadataRow, MetadataBatch", "isic-metadata")],
        "wsi": [("OpenSlide", "openslide-bin"), ("WsiDicom", "wsidicom")],
        "scapis": [("load", "numpy")],
        "stylegan": [("Image.open", "pillow")],
        "coco": [("COCO", "pycocotools"), ("coco", "datumaro")],
        "yolo": [("yolo", "datumaro")],
        "voc": [("voc", "datumaro")],
        "png-masks": [("Image.open", "pillow")],
        "nifti": [("load", "nibabel"), ("ReadImage", "simpleitk"), ("dcm2niix", "dcm2niix")],
        "nrrd": [("ReadImage", "simpleitk")],
        "seg.nrrd": [("read_segmentation", "slicerio"), ("ReadImage", "simpleitk")],
        "mha": [("ReadImage", "simpleitk")],
        "jpeg": [("Image.open", "pillow"), ("imread", "opencv-python-headless")],
        "tiff": [("Image.open", "pillow"), ("imread", "tifffile"), ("imread", "opencv-python-headless")],
    }.items()
    for loader, package in loaders
)  # fmt: skip


def proves(layout: str, package: str, loader: str | None = None) -> pytest.MarkDecorator:
    """The mark of a test that proves a layout; a layout and package, or a loader of it, that EXPECTED lacks: ValueError."""
    found = [p for p in EXPECTED if (p.layout, p.package) == (layout, package) and loader in (None, p.loader)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} proofs of {layout} by {package} are in tests/acceptance/table.py, not one")
    return pytest.mark.acceptance(layout=layout, loader=found[0].loader, package=package)


def result(outcomes: Iterable[str]) -> str:
    """What a proof's tests come to: only if there are some and all passed it is read; what was skipped is not done."""
    found = list(outcomes)
    if "failed" in found:
        return "**fails**"
    if not found:
        return "not done: no test of it"
    if "skipped" in found:
        return "not done: skipped"
    return f"read ({len(found)} test{'s' * (len(found) > 1)})"


def rows(outcomes: Mapping[Proof, list[str]], date: str) -> list[str]:
    """The lines of the table: what is expected, in its order, then what else has been proved."""
    others = sorted(set(outcomes) - set(EXPECTED))
    return [*HEADING, *(_row(proof, outcomes.get(proof, []), date) for proof in (*EXPECTED, *others))]


def _row(proof: Proof, outcomes: list[str], date: str) -> str:
    told = f"{proof.package} {version(proof.package)}, `{proof.loader}`"
    return f"| {proof.layout} | {told} | {date if outcomes else ''} | {result(outcomes)} |"


def version(package: str) -> str:
    """The version of a distribution, or that it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def with_table(page: str, lines: Iterable[str]) -> str:
    """A page whose table is these lines; ValueError if the marks around it are not there once each."""
    before, rest = _halves(page, BEGIN)
    _, after = _halves(rest, END)
    return "\n".join([before + BEGIN, "", *lines, "", END + after])


def _halves(text: str, mark: str) -> tuple[str, str]:
    """What stands before and after a mark."""
    if text.count(mark) != 1:
        raise ValueError(f"the page needs the line {mark} once")
    before, _, after = text.partition(mark)
    return before, after
