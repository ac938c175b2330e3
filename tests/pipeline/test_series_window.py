"""One window for the whole series where the file gives none: the same for every slice, and the same drawn again."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import make
from tests.cli.command import call

PLAIN = dict.fromkeys(("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"))
NOT_BURNED_IN = {"BurnedInAnnotation": "NO"}
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"


def ct(number: int, pixels: list[list[int]], dtype: str = "<i2", **attributes: Any) -> bytes:
    """A slice without window and rescale."""
    position = ["0", "0", str(number)]
    return make.instance("CT", np.array(pixels, dtype), InstanceNumber=number, ImagePositionPatient=position,
        **PLAIN | attributes)  # fmt: skip


def drawn(folder: Path, *files: bytes) -> tuple[list[dict[str, str]], list[list]]:
    """The rows of slices.csv and the pictures, which have to be the same when they are drawn from the container."""
    make.write(folder / "in", {f"{number}.dcm": content for number, content in enumerate(files)})
    assert call("convert", folder / "in", "-o", folder / "out").exit_code == 0
    assert call("render", folder / "out", "-o", folder / "again").exit_code == 0
    tables, pictures = [], []
    for place in (folder / "out", folder / "again"):
        tables.append(
            [row for path in place.rglob("slices.csv") for row in csv.DictReader(path.open(encoding="utf-8"))]
        )
        pictures.append([np.asarray(Image.open(path)).tolist() for path in sorted(place.rglob("*.png"))])
    assert pictures[0] == pictures[1]
    assert [cells(row) for row in tables[0]] == [cells(row) for row in tables[1]]
    return tables[0], pictures[0]


def cells(row: dict[str, str]) -> list[str]:
    return [row[f"window_{name}"] for name in ("center", "width", "function")]


def window(row: dict[str, str]) -> tuple[float, float, str]:
    return float(row["window_center"]), float(row["window_width"]), row["window_function"]


def test_slices_of_several_sizes_share_one_window(tmp_path):
    rows, pictures = drawn(tmp_path, ct(1, [[0, 50, 100]]), ct(2, [[100, 200], [50, 0]]))
    assert [window(row) for row in rows] == [(100, 200, "LINEAR_EXACT")] * 2
    assert pictures == [[[0, 64, 128]], [[128, 255], [64, 0]]]


def test_signed_and_unsigned_slices_share_one_window_in_modality_units(tmp_path):
    files = (ct(1, [[-100, 0]], RescaleSlope=2, RescaleIntercept=0), ct(2, [[0, 200]], "<u2"))
    assert [window(row) for row in drawn(tmp_path, *files)[0]] == [(0, 400, "LINEAR_EXACT")] * 2


def test_padding_does_not_widen_the_window_and_is_black(tmp_path):
    files = (ct(1, [[-2000, 0, 50]], PixelPaddingValue=-2000), ct(2, [[-2000, 100, 25]], PixelPaddingValue=-2000))
    rows, pictures = drawn(tmp_path, *files)
    assert [window(row) for row in rows] == [(50, 100, "LINEAR_EXACT")] * 2
    assert pictures == [[[0, 0, 128]], [[0, 255, 64]]]


def test_values_through_a_modality_lut_make_the_window(tmp_path):
    table = {"LUTDescriptor": [3, 0, 16], "LUTData": np.array([1000, 3000, 2000], "<u2").tobytes()}
    lut = {"ModalityLUTSequence": [{**table, "ModalityLUTType": "US"}]}
    rows, pictures = drawn(tmp_path, ct(1, [[0, 2]], "<u2", **lut), ct(2, [[1, 2]], "<u2", **lut))
    assert [window(row) for row in rows] == [(2000, 2000, "LINEAR_EXACT")] * 2
    assert pictures == [[[0, 128]], [[255, 128]]]


def test_frames_with_rescale_of_their_own_share_one_window(tmp_path):
    groups = [
        {"PixelValueTransformationSequence": [{"RescaleSlope": slope, "RescaleIntercept": 0, "RescaleType": "US"}]}
        for slope in (1, 10)
    ]
    pixels = np.array([[[0, 200]], [[5, 100]]], "<u2")
    content = make.instance(ENHANCED_MR, pixels, PerFrameFunctionalGroupsSequence=groups, **NOT_BURNED_IN)
    rows, pictures = drawn(tmp_path, content)
    assert [window(row) for row in rows] == [(500, 1000, "LINEAR_EXACT")] * 2
    assert pictures == [[[0, 51]], [[13, 255]]]


@pytest.mark.parametrize("own", [{"WindowCenter": "50", "WindowWidth": "101"}])
def test_a_slice_with_a_window_of_its_own_keeps_it_and_still_counts_for_the_others(tmp_path, own):
    rows, _ = drawn(tmp_path, ct(1, [[0, 900]], **own), ct(2, [[100, 200]]))
    assert [window(row) for row in rows] == [(50, 101, "LINEAR"), (450, 900, "LINEAR_EXACT")]


def test_coloured_slices_leave_the_window_of_the_grey_ones_alone(tmp_path):
    colour = make.instance("CT", np.full((1, 2, 3), 255, "u1"), PhotometricInterpretation="RGB", InstanceNumber=2,
        ImagePositionPatient=["0", "0", "2"], ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], **PLAIN | NOT_BURNED_IN)  # fmt: skip
    rows, pictures = drawn(tmp_path, ct(1, [[10, 20]]), colour)
    assert [row["window_width"] for row in rows] == ["10.0", ""]
    assert pictures == [[[0, 255]], [[[255] * 3] * 2]]
