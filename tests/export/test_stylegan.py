"""The stylegan layout, read with zipfile and Pillow."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.errors import UsageError
from dicomconv.export.label_table import read_label_table
from dicomconv.export.layout import Choices
from dicomconv.export.rows import rows_of
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from tests.export import made


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made.converted(tmp_path_factory.mktemp("made"), made.patient(0) | made.patient(1))


def written(containers: list[Path], out: Path, asked: Asked | None = None, **choices: Any) -> Path:
    export("stylegan", containers, out, Choices(**choices), asked or Asked())
    return out


def test_pictures_are_square_and_not_compressed(containers: list[Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(written(containers, tmp_path / "out") / "stylegan.zip") as archive:
        names = [f"00000/img{number:08d}.png" for number in range(6)]
        assert archive.namelist() == [*names, "dataset.json"]
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert json.loads(archive.read("dataset.json")) == {"labels": None}
        for name in names:
            with archive.open(name) as file, Image.open(file) as image:
                assert (image.size, image.mode) == ((256, 256), "L")
                assert np.ptp(np.asarray(image)) > 0


def test_labels_are_numbers_of_classes(containers: list[Path], tmp_path: Path) -> None:
    patients = [next(iter(rows_of([path]))).subject.patient_id for path in containers]
    (tmp_path / "labels.csv").write_text(f"patient_id,kind\n{patients[0]},tumour\n{patients[1]},normal\n")
    out = written(containers, tmp_path / "out", Asked(read_label_table(tmp_path / "labels.csv")), size=32, name="made")
    with zipfile.ZipFile(out / "made.zip") as archive:
        labels = json.loads(archive.read("dataset.json"))["labels"]
    assert [number for _, number in labels] == [1, 1, 1, 0, 0, 0]
    assert json.loads((out / "export.json").read_text())["facts"]["classes"] == {"kind": {"0": "normal", "1": "tumour"}}


@pytest.mark.parametrize("size", [3, 2, 100, 1, 384])
def test_a_size_that_is_no_power_of_two_is_refused(containers: list[Path], tmp_path: Path, size: int) -> None:
    with pytest.raises(UsageError, match="power of two"):
        written(containers, tmp_path / "out", size=size)


def test_parts_of_a_split_are_zips_of_their_own(tmp_path: Path) -> None:
    paths = made.converted(tmp_path, made.patient(0) | made.patient(1))
    out = written(paths, tmp_path / "zips", Asked(ratio=parse_ratio("1/0/1")), size=16)
    assert sorted(path.name for path in out.glob("*.zip")) == ["stylegan_test.zip", "stylegan_train.zip"]
    counts = []
    for path in out.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            counts.append(len(archive.namelist()))
    assert counts == [4, 4]
