"""The wsi layout: files byte for byte, no labels, and tiles that are the matrix again."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

import dicomconv
from dicomconv.errors import UsageError
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from tests import make
from tests.export import made, made_slides
from tests.export.made_slides import LARGE, SMALL


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made.converted(tmp_path_factory.mktemp("slides"), made_slides.pyramid(0) | made_slides.pyramid(1))


def written(containers: list[Path], out: Path, asked: Asked | None = None, **choices: Any) -> list[dict[str, str]]:
    """The rows of slides.csv."""
    export("wsi", containers, out, Choices(**choices), asked or Asked())
    with (out / "slides.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_are_those_of_the_containers_byte_for_byte(containers: list[Path], tmp_path: Path) -> None:
    rows = written(containers, tmp_path / "out")
    for number, path in enumerate(containers):
        dicomconv.recover(path, tmp_path / "back" / str(number))
    theirs = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "back").rglob("*.dcm")}
    assert {hashlib.sha256((tmp_path / "out" / row["file"]).read_bytes()).hexdigest() for row in rows} == theirs
    assert {row["sha256"] for row in rows} == theirs
    assert len(theirs) == len(list((tmp_path / "out").rglob("*.dcm"))) == 4
    ledger = json.loads((tmp_path / "out/export.json").read_text())
    assert ledger["way_back"]["is_exact"]
    assert ledger["counts"] == {"patients": 2, "studies": 2, "series": 2, "images": 4}


def test_a_patient_has_a_folder_and_a_slide_another(containers: list[Path], tmp_path: Path) -> None:
    for row in written(containers, tmp_path / "out"):
        parts = Path(row["file"]).parts
        assert len(parts) == 3
        assert parts[0] == row["patient_id"]
        dicom = pydicom.dcmread(tmp_path / "out" / row["file"])
        assert (dicom.SOPInstanceUID, dicom.SeriesInstanceUID) == (row["sop_instance_uid"], row["series_instance_uid"])
        assert (dicom.TotalPixelMatrixRows, dicom.TotalPixelMatrixColumns) == (int(row["rows"]), int(row["columns"]))
        assert "DOE^JANE" not in str(dicom)
        assert row["level"] == {225: "0", 113: "1"}[int(row["columns"])]


@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.JPEG_BASELINE, make.JPEG_2000_LOSSLESS])
def test_compressed_slides_are_not_decompressed(tmp_path: Path, syntax: str) -> None:
    changes = {"PhotometricInterpretation": "YBR_FULL_422"} if syntax == make.JPEG_BASELINE else {}
    paths = made.converted(tmp_path, made_slides.pyramid(0, syntax=syntax, **changes))
    for row in written(paths, tmp_path / "wsi"):
        assert pydicom.dcmread(tmp_path / "wsi" / row["file"]).file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize(("level", "matrix"), [(0, LARGE), (1, SMALL)])
@pytest.mark.parametrize("size", [0, 50, 64, 300])
def test_tiles_are_the_matrix_again(
    containers: list[Path], tmp_path: Path, level: int, matrix: np.ndarray[Any, Any], size: int
) -> None:
    written(containers[:1], tmp_path / "out", level=level, size=size)
    [folder] = [path for path in (tmp_path / "out").rglob("*_tiles") if path.is_dir()]
    whole, side = np.zeros_like(matrix), size or 64
    with (folder / "tiles.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == -(-matrix.shape[0] // side) * -(-matrix.shape[1] // side)
    for row in rows:
        tile = np.asarray(Image.open(folder / row["file"]))
        assert tile.shape == (side, side, 3)
        left, top, width, height = (int(row[name]) for name in ("column", "row", "width", "height"))
        whole[top : top + height, left : left + width] = tile[:height, :width]
        assert (tile[height:] == 255).all()
        assert (tile[:, width:] == 255).all()
    assert np.array_equal(whole, matrix)


def test_a_sparse_slide_has_tiles_where_it_has_pixels(tmp_path: Path) -> None:
    sparse = {"1.dcm": made_slides.level(1, sparse=True, left_out={0, 5})}
    paths = made.converted(tmp_path, sparse)
    written(paths, tmp_path / "wsi", level=0)
    [table] = (tmp_path / "wsi").rglob("tiles.csv")
    with table.open() as file:
        places = {(int(row["row"]) // 64, int(row["column"]) // 64) for row in csv.DictReader(file)}
    assert places == {(row, column) for row in range(3) for column in range(4)} - {(0, 0), (1, 1)}


def test_labels_and_overviews_are_left_out(tmp_path: Path) -> None:
    kind = ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"]
    overview = made_slides.level(3, matrix=SMALL, ImageType=kind)
    paths = made.converted(tmp_path, made_slides.pyramid(0) | {"overview.dcm": overview}, burned_in="keep")
    rows = written(paths, tmp_path / "wsi")
    assert len(rows) == 2
    left_out = json.loads((tmp_path / "wsi/export.json").read_text())["left_out"]
    assert [one.partition(":")[0] for one in left_out] == ["1 image"]


def test_a_split_is_of_patients(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, made_slides.pyramid(0) | made_slides.pyramid(1))
    rows = written(paths, tmp_path / "wsi", Asked(ratio=parse_ratio("1/0/1")))
    assert {row["split"] for row in rows} == {"train", "test"}
    assert len({(row["patient_id"], row["split"]) for row in rows}) == 2


def test_what_makes_no_sense_is_refused(containers: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--level"):
        written(containers, tmp_path / "out", size=64)
    with pytest.raises(UsageError, match="level 7"):
        written(containers, tmp_path / "out", level=7)
    flat = made.converted(tmp_path, made.patient(0))
    with pytest.raises(UsageError, match="nothing here has a place in wsi"):
        written(flat, tmp_path / "wsi")
    with pytest.raises(UsageError, match="png does not take --level"):
        export("png", flat, tmp_path / "png", Choices(level=0), Asked())
