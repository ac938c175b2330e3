"""MetaImage label maps as SimpleITK writes them, and a sentence for all else."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Fault, Volume
from dicomconv.annotations.metaimage import read

VALUES = np.arange(2 * 3 * 4).reshape(2, 3, 4) % 5
HEADER = {
    "ObjectType": "Image", "NDims": "3", "BinaryData": "True", "BinaryDataByteOrderMSB": "False", "CompressedData": "False",
    "TransformMatrix": "0.8 0.6 0 -0.36 0.48 0.8 0.48 -0.64 0.6", "Offset": "1 -2 3.5", "CenterOfRotation": "0 0 0",
    "AnatomicalOrientation": "RAI", "ElementSpacing": "0.7 1.3 2.5", "DimSize": "4 3 2", "ElementType": "MET_UCHAR",
    "ElementDataFile": "LOCAL",
}  # fmt: skip


def saved(path: Path, data: bytes | None = None, **changes: str | None) -> Path:
    header = {key: value for key, value in {**HEADER, **changes}.items() if value is not None}
    header["ElementDataFile"] = header.pop("ElementDataFile")  # the voxels follow it
    text = "".join(f"{key} = {value}\n" for key, value in header.items())
    path.write_bytes(text.encode() + (VALUES.astype(np.uint8).tobytes() if data is None else data))
    return path


def only(path: Path) -> Volume:
    [found] = read(path)
    assert isinstance(found, Volume), found
    return found


def fault(path: Path) -> str:
    [found] = read(path)
    assert isinstance(found, Fault), found
    return found.reason


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("compressed", [False, True])
def test_what_simpleitk_writes_is_read_where_it_lies(tmp_path: Path, dtype: str, compressed: bool) -> None:
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray((VALUES * 50).astype(dtype))
    image.SetOrigin((1.0, -2.0, 3.5))
    image.SetSpacing((0.7, 1.3, 2.5))
    image.SetDirection((0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0, 0.8, 0.6))
    sitk.WriteImage(image, tmp_path / "a.mha", useCompression=compressed)
    found = only(tmp_path / "a.mha")
    np.testing.assert_array_equal(found.values, VALUES * 50)
    place = image.TransformIndexToPhysicalPoint((3, 2, 1))
    np.testing.assert_allclose((found.affine_lps @ [3, 2, 1, 1])[:3], place, atol=1e-9)


def test_a_file_made_by_hand_is_read(tmp_path: Path) -> None:
    found = only(saved(tmp_path / "a.mha"))
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_allclose(found.affine_lps[:3, 0], np.array([0.8, 0.6, 0]) * 0.7)
    big = VALUES.astype(">u2").tobytes()
    path = saved(tmp_path / "b.mha", big, ElementType="MET_USHORT", BinaryDataByteOrderMSB="True")
    np.testing.assert_array_equal(only(path).values, VALUES)
    packed = zlib.compress(VALUES.astype(np.uint8).tobytes())
    np.testing.assert_array_equal(only(saved(tmp_path / "c.mha", packed, CompressedData="True")).values, VALUES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Offset": None}, "where in the patient"),
        ({"TransformMatrix": None}, "where in the patient"),
        ({"DistanceUnits": "cm"}, "where in the patient"),
        ({"ElementSpacing": "0 1 1"}, "no transform"),
        ({"Offset": "nan 0 0"}, "no transform"),
        ({"TransformMatrix": "1 2"}, "not one of MetaImage"),
        ({"ElementDataFile": "/etc/passwd"}, "in another file"),
        ({"ElementNumberOfChannels": "3"}, "no volume of labels"),
        ({"NDims": "2", "DimSize": "4 6"}, "no volume of labels"),
        ({"ElementType": "MET_STRING"}, "no plain numbers"),
        ({"BinaryData": "False"}, "as text"),
        ({"DimSize": "4 3 3"}, "more voxels than the file can hold"),
        ({"DimSize": "40000 40000 4000"}, "is not read"),
        ({"DimSize": "4 3 -2"}, "is not read"),
        ({"CompressedData": "True"}, "cut short or damaged"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert words in fault(saved(tmp_path / "a.mha", **changes))


def test_an_image_is_no_label_map(tmp_path: Path) -> None:
    values: NDArray[Any] = (VALUES + 0.5).astype("<f4")
    assert "whole numbers" in fault(saved(tmp_path / "a.mha", values.tobytes(), ElementType="MET_FLOAT"))


@settings(max_examples=100, deadline=None)
@given(insert=st.binary(max_size=40), position=st.integers(0, 400))
def test_any_bytes_give_a_volume_or_a_sentence(tmp_path_factory: Any, insert: bytes, position: int) -> None:
    path = saved(tmp_path_factory.mktemp("bytes") / "a.mha")
    content = path.read_bytes()
    path.write_bytes(content[:position] + insert + content[position + len(insert) // 2 :])
    [found] = read(path)
    assert isinstance(found, Volume | Fault)
