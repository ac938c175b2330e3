"""scapis and stylegan out of containers, as numpy and Pillow read them, against the DICOM that was recovered."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from dicomconv.errors import CheckFailed
from dicomconv.export.check import check
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made
from tests.export.test_scapis import NUMBERS, scrambled

pytestmark = pytest.mark.acceptance


@proves("scapis", "numpy")
def test_numpy_reads_slices_that_are_the_rows_of_the_table(tmp_path: Path) -> None:
    made.converted(tmp_path, scrambled(1, NUMBERS) | scrambled(2, NUMBERS[::-1], RescaleIntercept="-24"))
    done = call("export", "scapis", tmp_path / "out", "-o", tmp_path / "scapis", "--name", "ctpa", "--check")
    assert done.exit_code == 0, done.output
    assert call("recover", tmp_path / "out", "-o", tmp_path / "back").exit_code == 0
    originals = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, (tmp_path / "back").rglob("*.dcm"))}
    values = np.load(tmp_path / "scapis/np/ctpa.npy", mmap_mode="r")
    with (tmp_path / "scapis/csv/ctpa.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(values) == len(rows) == len(originals) == 2 * len(NUMBERS)
    for one, row in zip(values, rows, strict=True):
        dicom = originals[row["MediaStorageSOPInstanceUID"]]
        assert np.array_equal(one, dicom.pixel_array * dicom.RescaleSlope + dicom.RescaleIntercept)
    assert [int(row["Instance_Number"]) for row in rows] == 2 * sorted(NUMBERS)


@proves("stylegan", "pillow")
def test_pillow_reads_square_pictures_out_of_the_zip(tmp_path: Path) -> None:
    made.converted(tmp_path, made.patient(0) | made.patient(1))
    for layout, size in (("stylegan", 64), ("png", 64)):
        done = call("export", layout, tmp_path / "out", "-o", tmp_path / layout, "--size", size)
        assert done.exit_code == 0, done.output
    with (tmp_path / "png/images.csv").open() as file:
        pngs = [tmp_path / "png" / row["file"] for row in csv.DictReader(file)]
    with zipfile.ZipFile(tmp_path / "stylegan/stylegan.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        for name, path in zip(names, pngs, strict=True):
            pixels = np.asarray(Image.open(io.BytesIO(archive.read(name))))
            assert pixels.shape == (64, 64)
            assert np.array_equal(pixels, np.asarray(Image.open(path)))


def test_the_checks_refuse_a_lost_row_and_a_lost_picture(tmp_path: Path) -> None:
    made.converted(tmp_path, made.patient(0))
    for layout in ("scapis", "stylegan"):
        assert call("export", layout, tmp_path / "out", "-o", tmp_path / layout).exit_code == 0
    table = tmp_path / "scapis/csv/scapis.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    with zipfile.ZipFile(tmp_path / "stylegan/stylegan.zip", "w") as archive:
        archive.writestr("dataset.json", '{"labels": [["00000/img00000000.png", 0]]}')
    for layout in ("scapis", "stylegan"):
        with pytest.raises(CheckFailed):
            check(layout, tmp_path / layout)
