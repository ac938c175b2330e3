"""What SimpleITK, nibabel and slicerio read of exported volumes; AssertionError says what does not fit."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from dicomconv.export.volumes_table import NAME

REFUSALS = (RuntimeError, OSError, KeyError, ValueError, TypeError, IndexError)
NEAR = 1e-4  # mm: what the 32 bits of NIfTI leave


def check_with_simpleitk(folder: Path) -> str:
    """Every volume and label map by SimpleITK: size and spacing as volumes.csv says, labels on the grid of their volume."""
    import SimpleITK

    count = 0
    for row, image, labels in _files(folder):
        with refusals("SimpleITK"):
            read = [SimpleITK.ReadImage(str(path)) for path in (image, labels) if path]
        for one in read:
            demand(one.GetSize() == _size(row), f"{row['case']}: SimpleITK reads another size")
            demand(np.allclose(one.GetSpacing(), _spacing(row), rtol=1e-5), f"{row['case']}: SimpleITK reads another spacing")
            demand(np.allclose(one.GetOrigin(), read[0].GetOrigin(), atol=NEAR), f"{row['case']}: labels lie elsewhere")
            demand(np.allclose(one.GetDirection(), read[0].GetDirection(), atol=1e-6), f"{row['case']}: labels are turned")
        count += len(read)
    demand(count, "there are no volumes")
    return f"SimpleITK {SimpleITK.Version.VersionString()} reads {count} files, each of the size and spacing in {NAME}"


def check_nifti(folder: Path) -> str:
    """As `check_with_simpleitk`, and sform and qform by nibabel."""
    import nibabel

    for row, *paths in _files(folder):
        for path in filter(None, paths):
            with refusals("nibabel"):
                image: Any = nibabel.load(path)
            demand(min(image.header["sform_code"], image.header["qform_code"]) > 0, f"{row['case']}: no sform or qform")
            demand(np.allclose(image.get_sform(), image.get_qform(), atol=NEAR), f"{row['case']}: sform and qform differ")
    return f"{check_with_simpleitk(folder)}; nibabel {nibabel.__version__}: sform and qform agree"


def check_segmentations(folder: Path) -> str:
    """Every segmentation by slicerio: its size, and for each segment a name and a terminology."""
    import slicerio

    count = segments = 0
    for row, _, path in _files(folder):
        with refusals("slicerio"):
            read = slicerio.read_segmentation(str(path))
        demand(read["voxels"].shape[-3:] == _size(row), f"{row['case']}: slicerio reads another size")
        for one in read["segments"]:
            demand(one["name"] and one["terminology"]["type"][1], f"{row['case']}: a segment without name or terminology")
        count, segments = count + 1, segments + len(read["segments"])
    demand(count, "there are no segmentations")
    return f"slicerio reads {count} files with {segments} segments"


@contextmanager
def refusals(loader: str) -> Iterator[None]:
    """Whatever a loader raises as AssertionError; what it prints goes to standard error."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except REFUSALS as error:
        raise AssertionError(f"{loader} refuses it ({type(error).__name__})") from None


def demand(holds: Any, sentence: str) -> None:
    """AssertionError with a sentence where something does not hold, whatever Python was told of assertions."""
    if not holds:
        raise AssertionError(sentence)


def _files(folder: Path) -> Iterator[tuple[dict[str, str], Path | None, Path | None]]:
    """The rows of volumes.csv with the files of volume and labels."""
    with (folder / NAME).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            image, labels = (folder / row[name] if row[name] else None for name in ("file", "label_file"))
            yield row, image, labels


def _size(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in ("columns", "rows", "slices"))


def _spacing(row: dict[str, str]) -> tuple[float, ...]:
    return tuple(float(row[f"{name}_spacing_mm"]) for name in ("column", "row", "slice"))
