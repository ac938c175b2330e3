"""Pillow, tifffile, OpenCV and datasets read what they should, and refuse what is broken."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from tests.acceptance.loaders.pictures import (
    equalized_with_opencv,
    load_with_opencv,
    load_with_pillow,
    load_with_tifffile,
)
from tests.acceptance.loaders.tables import load_with_datasets

pytestmark = pytest.mark.acceptance

READERS = (load_with_pillow, load_with_tifffile, load_with_opencv)
DESCRIPTION = {"Type": "CT", "U_id": "S1", "image": "S1_0001", "Description": {"Age": None, "Plane": "Axial"},
               "Location": "Abdomen", "Location Category": "Abdomen"}  # fmt: skip


@pytest.mark.parametrize("pixels", [
    np.arange(48, dtype=np.uint8).reshape(6, 8), (np.arange(48) * 1300).astype(np.uint16).reshape(6, 8),
    np.arange(144, dtype=np.uint8).reshape(6, 8, 3),
], ids=["8 bits", "16 bits", "colour"])  # fmt: skip
def test_three_readers_agree_on_a_tiff(tmp_path: Path, pixels: np.ndarray[Any, Any]) -> None:
    Image.fromarray(pixels).save(tmp_path / "made.tiff")
    for read in READERS:
        found = read(tmp_path / "made.tiff")
        assert found.dtype == pixels.dtype
        assert np.array_equal(found, pixels)


def test_three_readers_refuse_half_a_tiff(tmp_path: Path) -> None:
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).save(tmp_path / "made.tiff")
    (tmp_path / "made.tiff").write_bytes((tmp_path / "made.tiff").read_bytes()[:30])
    for read in READERS:
        with pytest.raises((UnidentifiedImageError, ValueError, OSError, TypeError, IndexError)):
            read(tmp_path / "made.tiff")


def test_opencv_equalises_a_ramp_to_all_values() -> None:
    equal = equalized_with_opencv(np.arange(100, 104, dtype=np.uint8).reshape(2, 2))
    assert equal.tolist() == [[0, 85], [170, 255]]


def test_datasets_reads_lines_of_json_by_split(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(json.dumps(DESCRIPTION) + "\n", encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text(json.dumps(DESCRIPTION) + "\n" + json.dumps(DESCRIPTION) + "\n", encoding="utf-8")
    rows = load_with_datasets({name: tmp_path / f"{name}.jsonl" for name in ("train", "dev")}, tmp_path / "cache")
    assert {split: len(found) for split, found in rows.items()} == {"train": 1, "dev": 2}
    assert rows["train"] == [DESCRIPTION]


def test_datasets_refuses_a_line_that_is_not_json(tmp_path: Path) -> None:
    from datasets.exceptions import DatasetGenerationError

    (tmp_path / "train.jsonl").write_text(json.dumps(DESCRIPTION) + "\n{'Type': 'CT'}\n", encoding="utf-8")
    with pytest.raises(DatasetGenerationError):
        load_with_datasets({"train": tmp_path / "train.jsonl"}, tmp_path / "cache")
