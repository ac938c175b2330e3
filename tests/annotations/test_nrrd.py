"""NRRD label maps and Slicer's segmentations: values, layers, names and places as pynrrd and SimpleITK write them."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Fault, Volume
from dicomconv.annotations.nrrd import read

nrrd = pytest.importorskip("nrrd")

LABELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(4, 3, 2) % 5  # column, row, slice
DIRECTIONS = np.array([[0.7, 0.1, 0], [-0.1, 0.9, 0.2], [0, -0.3, 2.5]])
ORIGIN = [10.5, -20.25, 30.0]


def saved(path: Path, data: NDArray[Any] = LABELS, **header: Any) -> Path:
    space = {"space": "left-posterior-superior", "space directions": DIRECTIONS, "space origin": ORIGIN}
    nrrd.write(str(path), data, {name: value for name, value in {**space, **header}.items() if value is not None})
    return path


def only(path: Path) -> Volume:
    [found] = read(path)
    assert isinstance(found, Volume), found
    return found


def fault(path: Path) -> str:
    [found] = read(path)
    assert isinstance(found, Fault), found
    return found.reason


@settings(max_examples=25, deadline=None)
@given(
    data=arrays.arrays(
        st.sampled_from(["uint8", "int8", "int16", "uint16", "int32", "uint64", "float32", "float64"]),
        arrays.array_shapes(min_dims=3, max_dims=3, max_side=5),
        elements=st.integers(0, 127),
    ),
    encoding=st.sampled_from(["raw", "gzip", "bzip2"]),
    space=st.sampled_from(
        [("left-posterior-superior", (1, 1)), ("RAS", (-1, -1)), ("left-anterior-superior", (1, -1))]
    ),
)
def test_what_pynrrd_writes_is_read(
    tmp_path_factory: Any, data: NDArray[Any], encoding: str, space: tuple[str, tuple[int, int]]
) -> None:
    path = saved(tmp_path_factory.mktemp("nrrd") / "a.nrrd", data, encoding=encoding, space=space[0])
    found = only(path)
    np.testing.assert_array_equal(found.values, data.transpose(2, 1, 0))
    affine = np.column_stack([DIRECTIONS.T, ORIGIN]) * [[space[1][0]], [space[1][1]], [1]]
    np.testing.assert_allclose(found.affine_lps[:3], affine)


def test_what_simpleitk_writes_is_read_where_it_lies(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(LABELS.transpose(2, 1, 0).astype(np.uint16) * 300)
    image.SetOrigin(ORIGIN)
    image.SetSpacing((0.7, 0.9, 2.5))
    image.SetDirection((0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0, 0.8, 0.6))
    sitk.WriteImage(image, tmp_path / "a.nrrd", useCompression=True)
    found = only(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(found.values, sitk.GetArrayFromImage(image))
    place = image.TransformIndexToPhysicalPoint((3, 1, 1))
    np.testing.assert_allclose((found.affine_lps @ [3, 1, 1, 1])[:3], place, atol=1e-9)


def test_slicers_layers_and_names_are_told(tmp_path: Path) -> None:
    layers = np.stack([LABELS, LABELS[::-1] % 2])  # layer, column, row, slice
    path = saved(
        tmp_path / "a.seg.nrrd", layers, **{
            "kinds": ["list", "domain", "domain", "domain"],
            "space directions": np.vstack([[np.nan] * 3, DIRECTIONS]),
            "Segment0_Name": "liver", "Segment0_LabelValue": "1", "Segment0_Layer": "0", "Segment0_Color": "1 0 0",
            "Segment1_Name": "tumour", "Segment1_LabelValue": "3", "Segment1_Layer": "0",
            "Segment2_ID": "vessel", "Segment2_LabelValue": "1", "Segment2_Layer": "1", "Segment2_Extent": "0 3 0 2 0 1",
            "Segmentation_ReferenceImageExtentOffset": "0 0 0",
        },
    )  # fmt: skip
    found = only(path)
    np.testing.assert_array_equal(found.values, layers.transpose(0, 3, 2, 1))
    np.testing.assert_allclose(found.affine_lps[:3, :3], DIRECTIONS.T)
    assert found.names == {(0, 1): "liver", (0, 3): "tumour", (1, 1): "vessel"}


def test_segments_of_old_slicers_are_layers_of_the_value_1(tmp_path: Path) -> None:
    layers = np.stack([LABELS == 1, LABELS == 2]).astype(np.uint8)
    path = saved(
        tmp_path / "a.seg.nrrd", layers, **{
            "kinds": ["list", "domain", "domain", "domain"], "space directions": np.vstack([[np.nan] * 3, DIRECTIONS]),
            "Segment0_Name": "liver", "Segment1_Name": "tumour",
        },
    )  # fmt: skip
    assert only(path).names == {(0, 1): "liver", (1, 1): "tumour"}


def test_large_labels_of_either_byte_order_keep_their_values(tmp_path: Path) -> None:
    for order in "<>":
        data = np.array([[[0, 255, 256, 65535]]], f"{order}u2")
        assert only(saved(tmp_path / "a.nrrd", data)).values.ravel().tolist() == [0, 255, 256, 65535]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"space": None}, "where in the patient"),
        ({"space": "scanner-xyz"}, "where in the patient"),
        ({"space origin": None}, "where in the patient"),
        ({"space units": ["cm", "cm", "cm"]}, "where in the patient"),
        ({"space directions": np.zeros((3, 3))}, "no transform"),
        ({"space directions": np.array([[np.inf, 0, 0], [0, 1, 0], [0, 0, 1]])}, "no transform"),
        ({"space directions": None, "space": None, "space origin": None}, "no space directions"),
        ({"encoding": "text"}, "written as text"),
    ],
)
def test_what_does_not_say_where_it_lies_is_refused(tmp_path: Path, header: dict[str, Any], words: str) -> None:
    assert words in fault(saved(tmp_path / "a.nrrd", **header))


def test_what_is_no_label_map_is_refused(tmp_path: Path) -> None:
    assert "whole numbers" in fault(saved(tmp_path / "a.nrrd", LABELS + np.float32(0.5)))
    assert "from 0 to 65535" in fault(saved(tmp_path / "a.nrrd", LABELS.astype(np.int16) - 1))
    colours = np.stack([LABELS] * 3)
    kinds = {
        "kinds": ["RGB-color", "domain", "domain", "domain"],
        "space directions": np.vstack([[np.nan] * 3, DIRECTIONS]),
    }
    assert "no volume of labels" in fault(saved(tmp_path / "a.nrrd", colours, **kinds))


def test_voxels_in_another_file_are_not_looked_for(tmp_path: Path) -> None:
    nrrd.write(
        str(tmp_path / "a.nhdr"), LABELS, {"space": "LPS", "space directions": DIRECTIONS, "space origin": ORIGIN}
    )
    assert "stand in another file" in fault(tmp_path / "a.nhdr")


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    for encoding in ("raw", "gzip", "bzip2"):
        content = saved(tmp_path / "a.nrrd", encoding=encoding).read_bytes()
        for stop in (0, 4, 8, 60, len(content) - 40, len(content) - 3):
            (tmp_path / "cut.nrrd").write_bytes(content[:stop])
            assert fault(tmp_path / "cut.nrrd")


def test_a_header_that_lies_about_its_size_takes_no_memory(tmp_path: Path) -> None:
    for encoding in ("raw", "gzip"):
        content = saved(tmp_path / "a.nrrd", encoding=encoding).read_bytes()
        for sizes in (b"30000 30000 2", b"4 3 -2", b"4 3 0", b"99999999999 99999999999 9"):
            (tmp_path / "b.nrrd").write_bytes(content.replace(b"sizes: 4 3 2", b"sizes: " + sizes))
            assert fault(tmp_path / "b.nrrd")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    content = saved(tmp_path / "a.nrrd", encoding="gzip").read_bytes()
    start = content.index(b"\n\n") + 2
    bomb = gzip.compress(gzip.decompress(content[start:]) + bytes(1 << 26))
    (tmp_path / "b.nrrd").write_bytes(content[:start] + bomb)
    np.testing.assert_array_equal(only(tmp_path / "b.nrrd").values, LABELS.transpose(2, 1, 0))


@settings(max_examples=150, deadline=None)
@given(insert=st.binary(max_size=40), position=st.integers(0, 260))
def test_any_bytes_give_a_volume_or_a_sentence(tmp_path_factory: Any, insert: bytes, position: int) -> None:
    path = saved(tmp_path_factory.mktemp("bytes") / "a.nrrd", encoding="raw")
    content = path.read_bytes()
    path.write_bytes(content[:position] + insert + content[position + len(insert) // 2 :])
    [found] = read(path)
    assert isinstance(found, Volume | Fault)
