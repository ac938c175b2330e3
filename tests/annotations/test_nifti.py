"""NIfTI label maps: values and places as they were written, by nibabel itself, and a sentence for all else."""

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
from dicomconv.annotations.nifti import read

nib = pytest.importorskip("nibabel")

LABELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(4, 3, 2) % 5  # column, row, slice
AFFINE = np.array([[-0.8, 0.1, 0, 10], [0.1, 0.9, 0.2, -20], [0, -0.1, 3, 30], [0, 0, 0, 1]], float)


def saved(path: Path, data: NDArray[Any], affine: Any = AFFINE) -> Path:
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1, strip_shears=True)
    nib.save(image, path)
    return path


def patched(path: Path, offset: int, value: bytes) -> Path:
    content = bytearray(path.read_bytes())
    content[offset : offset + len(value)] = value
    path.write_bytes(content)
    return path


def only(path: Path) -> Volume:
    [found] = read(path)
    assert isinstance(found, Volume), found
    return found


def fault(path: Path) -> str:
    [found] = read(path)
    assert isinstance(found, Fault)
    assert "\n" not in found.reason
    return found.reason


@settings(max_examples=30, deadline=None)
@given(
    data=arrays.arrays(
        st.sampled_from(["uint8", "int16", "uint16", "int32", "float32", "float64"]),
        arrays.array_shapes(min_dims=3, max_dims=3, max_side=5),
        elements=st.integers(0, 127).map(float) | st.integers(0, 127),
    ),
    affine=arrays.arrays("float64", (3, 4), elements=st.floats(-50, 50, width=32)),
    suffix=st.sampled_from([".nii", ".nii.gz"]),
    kind=st.sampled_from(["Nifti1Image", "Nifti2Image"]),
)
def test_what_nibabel_writes_is_read(
    tmp_path_factory: Any, data: NDArray[Any], affine: NDArray[Any], suffix: str, kind: str
) -> None:
    whole = np.vstack([affine, [0, 0, 0, 1]])
    if abs(np.linalg.det(whole[:3, :3])) < 1:
        whole[:3, :3] = np.eye(3)
    path = tmp_path_factory.mktemp("nifti") / f"labels{suffix}"
    image = getattr(nib, kind)(data, whole)
    image.set_sform(whole, 1)
    nib.save(image, path)
    found = only(path)
    np.testing.assert_array_equal(found.values, data.transpose(2, 1, 0))
    ours = found.affine_lps @ [1, 2, 3, 1]
    np.testing.assert_allclose(ours * [-1, -1, 1, 1], whole @ [1, 2, 3, 1], rtol=1e-5, atol=1e-4)


def test_large_labels_keep_their_values(tmp_path: Path) -> None:
    data = np.array([[[0, 255, 256, 65535]]], np.int32)
    assert only(saved(tmp_path / "a.nii", data)).values.ravel().tolist() == [0, 255, 256, 65535]
    assert only(saved(tmp_path / "b.nii", LABELS)).values.dtype == np.uint8


def test_scl_slope_is_applied(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.nii", LABELS)
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([2, 1], "<f4").tobytes()  # scl_slope, scl_inter
    path.write_bytes(raw)
    np.testing.assert_array_equal(only(path).values, 2 * LABELS.transpose(2, 1, 0) + 1)
    raw[112:120] = np.array([0.5, 0], "<f4").tobytes()
    path.write_bytes(raw)
    assert "not all of its values are whole numbers" in fault(path)


def test_of_sform_and_qform_the_one_that_speaks_of_the_scanner_counts(tmp_path: Path) -> None:
    other = np.diag([1.0, 1.0, 1.0, 1.0])
    for sform, qform, wanted in [(1, 1, AFFINE), (1, 0, AFFINE), (2, 1, other), (0, 1, other), (2, 4, AFFINE)]:
        image = nib.Nifti1Image(LABELS, AFFINE)
        image.set_sform(AFFINE, sform)
        image.set_qform(other, qform)
        nib.save(image, tmp_path / "a.nii.gz")
        np.testing.assert_allclose(np.diag([-1, -1, 1, 1]) @ wanted, only(tmp_path / "a.nii.gz").affine_lps, atol=1e-5)


def test_a_file_that_does_not_say_where_it_lies_is_refused(tmp_path: Path) -> None:
    assert "neither its sform nor its qform" in fault(patched(saved(tmp_path / "a.nii", LABELS), 252, bytes(4)))


def test_metres_are_mm(tmp_path: Path) -> None:
    path = patched(saved(tmp_path / "a.nii", LABELS), 123, b"\1")
    np.testing.assert_allclose(only(path).affine_lps[2], [0, -100, 3000, 30000], rtol=1e-6)


def test_one_volume_of_four_dimensions_is_one_of_three(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        only(saved(tmp_path / "a.nii.gz", LABELS[..., None])).values, LABELS.transpose(2, 1, 0)
    )
    assert "it holds 2 volumes" in fault(saved(tmp_path / "b.nii", np.stack([LABELS] * 2, axis=3)))
    assert only(saved(tmp_path / "c.nii", LABELS[..., 0])).values.shape == (1, 3, 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (LABELS.astype(np.float32) + 0.5, "whole numbers"),
        (np.full((2, 2, 2), np.nan, np.float32), "whole numbers"),
        (LABELS.astype(np.int16) - 1, "from 0 to 65535"),
        (LABELS.astype(np.int32) + 65535, "from 0 to 65535"),
        (LABELS.astype(np.complex64), "no plain numbers"),
    ],
)
def test_what_is_no_label_map_is_refused(tmp_path: Path, data: NDArray[Any], words: str) -> None:
    assert words in fault(saved(tmp_path / "a.nii", data))


def test_names_are_taken_from_a_table_in_the_file_and_from_itk_snap(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.nii.gz", LABELS)
    (tmp_path / "a.label").write_text(
        '# ITK-SnAP\n    0     0    0    0        0  0  0    "Clear Label"\n'
        '    3   255    0    0      0.5  1  1    "left kidney"\n'
    )
    assert only(path).names == {(0, 3): "left kidney"}
    image = nib.load(path)
    table = '<LabelTable><Label Key="2" Red="1"><![CDATA[spleen]]></Label></LabelTable>'
    image.header.extensions.append(nib.nifti1.Nifti1Extension(0, table.encode()))
    nib.save(image, tmp_path / "b.nii.gz")
    assert only(tmp_path / "b.nii.gz").names == {(0, 2): "spleen"}


def test_a_table_that_is_none_does_not_take_long(tmp_path: Path) -> None:
    image = nib.load(saved(tmp_path / "a.nii", LABELS))
    for text in ("<Label " * 100_000, '<Label Key="1">' * 50_000, '<Label Key="1"><![CDATA[' * 30_000, " " * 900_000):
        image.header.extensions[:] = [nib.nifti1.Nifti1Extension(0, text.encode())]
        nib.save(image, tmp_path / "b.nii")
        assert only(tmp_path / "b.nii").names == {}


def test_a_text_beside_it_that_is_not_itk_snaps_is_left_alone(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.nii.gz", LABELS)
    (tmp_path / "a.txt").write_text("1 John Doe\n")
    assert only(path).names == {}


def test_its_name_does_not_decide_whether_it_is_compressed(tmp_path: Path) -> None:
    plain, packed = saved(tmp_path / "a.nii", LABELS), saved(tmp_path / "b.nii.gz", LABELS)
    (tmp_path / "c.nii").write_bytes(packed.read_bytes())
    (tmp_path / "d.nii.gz").write_bytes(plain.read_bytes())
    for name in ("c.nii", "d.nii.gz"):
        np.testing.assert_array_equal(only(tmp_path / name).values, LABELS.transpose(2, 1, 0))


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    for name in ("a.nii", "a.nii.gz"):
        content = saved(tmp_path / name, LABELS).read_bytes()
        for stop in (0, 3, 60, len(content) // 2, len(content) - 3):
            (tmp_path / "cut").write_bytes(content[:stop])
            assert fault(tmp_path / "cut")


def test_a_header_that_lies_about_its_size_takes_no_memory(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path / "a.nii", LABELS).read_bytes())
    content[42:48] = np.array([30000, 30000, 2], "<i2").tobytes()
    (tmp_path / "a.nii").write_bytes(content)
    assert "more voxels than the file can hold" in fault(tmp_path / "a.nii")
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(bytes(content)))
    assert "more voxels than the file can hold" in fault(tmp_path / "b.nii.gz")
    content[42:48] = np.array([-3, 3, 2], "<i2").tobytes()
    (tmp_path / "a.nii").write_bytes(content)
    assert fault(tmp_path / "a.nii")


def test_nothing_of_a_damaged_header_is_quoted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    list(read(patched(saved(tmp_path / "a.nii", LABELS), 344, b"DOE^")))
    assert caplog.text == ""


def test_an_affine_that_is_none_is_refused(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path / "a.nii", LABELS).read_bytes())
    for number in (np.nan, np.inf, 0):
        content[280:328] = np.full(12, number, "<f4").tobytes()  # srow_x, srow_y, srow_z
        (tmp_path / "a.nii").write_bytes(content)
        assert "no transform" in fault(tmp_path / "a.nii")


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=600), position=st.integers(0, 351), size=st.sampled_from([348, 540]))
def test_any_bytes_give_a_volume_or_a_sentence(tmp_path_factory: Any, content: bytes, position: int, size: int) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    start = bytearray(saved(folder / "a.nii", LABELS).read_bytes())
    start[position : position + len(content)] = content
    start[:4] = size.to_bytes(4, "little")
    (folder / "a.nii").write_bytes(start)
    [found] = read(folder / "a.nii")
    assert isinstance(found, Volume | Fault)
