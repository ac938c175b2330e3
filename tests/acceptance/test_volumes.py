"""The readers of volumes take the smallest trees that they take, and refuse broken ones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import make
from tests.acceptance.loaders.volumes import (
    LPS_TO_RAS,
    Loaded,
    check_with_nnunet,
    convert_with_dcm2niix,
    convert_with_nnunets_amos,
    convert_with_nnunets_brats,
    load_series_with_simpleitk,
    load_with_decathlon_dataset,
    load_with_nibabel,
    load_with_simpleitk,
    load_with_slicerio,
)

pytestmark = pytest.mark.acceptance

SHAPE = (5, 6, 7)
AFFINE = np.array([[-0.7, 0, 0, 12.5], [0, -0.8, 0, -30], [0, 0, 2.5, -100], [0, 0, 0, 1]])  # RAS of an axial series
TASK = "Task09_Spleen"


def nifti(path: Path, values: np.ndarray[Any, Any], affine: np.ndarray[Any, Any] = AFFINE) -> np.ndarray[Any, Any]:
    """A NIfTI with sform and qform, and the values that it holds."""
    import nibabel

    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(values, affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)
    return values


def hounsfield(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray[Any, Any]:
    """Made-up values of CT."""
    return np.random.default_rng(seed).integers(-1000, 1000, shape).astype(np.int16)


def mask(values: int = 2) -> np.ndarray[Any, Any]:
    """A label for each voxel."""
    return (np.indices(SHAPE).sum(axis=0) % values).astype(np.uint8)


def decathlon(root: Path, **changes: Any) -> Path:
    """The smallest tree of the Decathlon: two for training, one for testing."""
    folder = root / TASK
    for number in (1, 2, 3):
        nifti(folder / f"images{'Tr' if number < 3 else 'Ts'}/spleen_{number}.nii.gz", hounsfield(number))
    pairs = []
    for number in (1, 2):
        nifti(folder / f"labelsTr/spleen_{number}.nii.gz", mask())
        pairs.append({"image": f"./imagesTr/spleen_{number}.nii.gz", "label": f"./labelsTr/spleen_{number}.nii.gz"})
    whole = {
        "name": "Spleen", "description": "made up", "reference": "", "licence": "", "release": "1.0", "tensorImageSize": "3D",
        "modality": {"0": "CT"}, "labels": {"0": "background", "1": "spleen"}, "numTraining": 2, "numTest": 1,
        "training": pairs, "test": ["./imagesTs/spleen_3.nii.gz"],
    }  # fmt: skip
    content = {key: value for key, value in (whole | changes).items() if value is not None}
    (folder / "dataset.json").write_text(json.dumps(content), encoding="utf-8")
    return root


def is_same(loaded: Loaded, values: np.ndarray[Any, Any], affine: np.ndarray[Any, Any] = AFFINE) -> bool:
    """Whether values are equal and the affine within 1e-5."""
    return np.array_equal(loaded.values, values) and np.allclose(loaded.affine_ras, affine, atol=1e-5)


def test_decathlon_dataset_reads_images_labels_and_affine(tmp_path: Path) -> None:
    cases = load_with_decathlon_dataset(decathlon(tmp_path), TASK, "training")
    assert len(cases) == 2
    assert all(is_same(case["label"], mask()) for case in cases)
    assert any(is_same(case["image"], hounsfield(1)) for case in cases)
    [test] = load_with_decathlon_dataset(tmp_path, TASK, "test")
    assert is_same(test["image"], hounsfield(3))
    assert len(load_with_decathlon_dataset(tmp_path, TASK, "validation", val_frac=0.5)) == 1


def test_decathlon_dataset_refuses_a_lost_key_another_task_and_an_empty_test(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="tensorImageSize"):
        load_with_decathlon_dataset(decathlon(tmp_path, tensorImageSize=None), TASK, "training")
    with pytest.raises(ValueError, match="Unsupported task"):
        load_with_decathlon_dataset(tmp_path, "Task11_Made", "training")
    with pytest.raises(IndexError):
        load_with_decathlon_dataset(decathlon(tmp_path, test=[]), TASK, "test")


def nnunet(folder: Path, labels: dict[str, int], values: int = 2) -> Path:
    """The smallest data set of nnU-Net v2."""
    for number in range(2):
        nifti(folder / f"imagesTr/case_{number:03d}_0000.nii.gz", hounsfield(number))
        nifti(folder / f"labelsTr/case_{number:03d}.nii.gz", mask(values))
    content = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 2, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_nnunet_accepts_a_sound_data_set(tmp_path: Path) -> None:
    check_with_nnunet(nnunet(tmp_path / "Dataset011_Made", {"background": 0, "spleen": 1}))


def test_nnunet_refuses_gaps_in_labels_values_without_label_and_a_lost_case(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="consecutive"):
        check_with_nnunet(nnunet(tmp_path / "Dataset011_Made", {"background": 0, "spleen": 3}))
    with pytest.raises(RuntimeError, match="unexpected labels"):
        check_with_nnunet(nnunet(tmp_path / "Dataset012_Made", {"background": 0, "spleen": 1}, values=3))
    (nnunet(tmp_path / "Dataset013_Made", {"background": 0, "spleen": 1}) / "labelsTr/case_001.nii.gz").unlink()
    with pytest.raises(AssertionError, match="label file"):
        check_with_nnunet(tmp_path / "Dataset013_Made")


def amos(folder: Path) -> Path:
    """The smallest tree of AMOS: CT and MR for training, CT for validation and test."""
    organs = ("background", "spleen", "right kidney")
    pairs: dict[str, list[dict[str, str]]] = {"training": [], "validation": [], "test": []}
    for kind, end, number in (("training", "Tr", 1), ("training", "Tr", 507), ("validation", "Va", 8), ("test", "Ts", 9)):
        name = f"amos_{number:04d}.nii.gz"
        nifti(folder / f"images{end}/{name}", hounsfield(number))
        pair = {"image": f"./images{end}/{name}"}
        if kind != "test":
            nifti(folder / f"labels{end}/{name}", mask(3))
            pair["label"] = f"./labels{end}/{name}"
        pairs[kind].append(pair)
    content = {"name": "AMOS", "labels": {str(i): organ for i, organ in enumerate(organs)}, **pairs}
    (folder / "dataset.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_nnunets_converter_takes_the_ct_of_amos_and_its_check_accepts_it(tmp_path: Path) -> None:
    made = convert_with_nnunets_amos(amos(tmp_path / "amos22"), tmp_path / "raw")
    assert [path.name for path in sorted((made / "imagesTr").iterdir())] == ["amos_0001_0000.nii.gz", "amos_0008_0000.nii.gz"]
    check_with_nnunet(made)


def test_nnunets_converter_of_amos_refuses_a_list_of_plain_paths(tmp_path: Path) -> None:
    path = amos(tmp_path / "amos22") / "dataset.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "test": [one["image"] for one in content["test"]]}), encoding="utf-8")
    with pytest.raises(TypeError):
        convert_with_nnunets_amos(tmp_path / "amos22", tmp_path / "raw")


def test_nnunets_converter_takes_the_labels_of_brats_and_no_others(tmp_path: Path) -> None:
    labels = np.array([0, 1, 2, 4], np.uint8)[mask(4)]
    nifti(tmp_path / "BraTS2021_00000_seg.nii.gz", labels)
    made = convert_with_nnunets_brats(tmp_path / "BraTS2021_00000_seg.nii.gz", tmp_path / "made.nii.gz")
    assert is_same(made, np.array([0, 2, 1, 0, 3], np.uint8)[labels])
    nifti(tmp_path / "BraTS2021_00001_seg.nii.gz", mask(4))
    with pytest.raises(RuntimeError, match="unexpected label"):
        convert_with_nnunets_brats(tmp_path / "BraTS2021_00001_seg.nii.gz", tmp_path / "other.nii.gz")


def test_nibabel_and_simpleitk_agree_on_a_nifti(tmp_path: Path) -> None:
    turned = AFFINE.copy()
    angle = 0.3
    turned[:3, :3] = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]) @ AFFINE[:3, :3]
    values = nifti(tmp_path / "made.nii.gz", hounsfield(), turned)
    assert is_same(load_with_nibabel(tmp_path / "made.nii.gz"), values, turned)
    assert is_same(load_with_simpleitk(tmp_path / "made.nii.gz"), values, turned)


@pytest.mark.parametrize(("shear", "kept"), [(1e-5, True), (1e-3, False)])
def test_simpleitk_keeps_the_affine_of_a_nifti_only_while_it_is_hardly_sheared(tmp_path: Path, shear: float, kept: bool) -> None:
    sheared = AFFINE.copy()
    sheared[0, 1] = shear
    nifti(tmp_path / "made.nii", hounsfield(), sheared)
    assert np.allclose(load_with_simpleitk(tmp_path / "made.nii").affine_ras, sheared, atol=shear / 10) == kept


def test_nibabel_is_not_content_without_sform(tmp_path: Path) -> None:
    import nibabel

    image = nibabel.Nifti1Image(hounsfield(), None)
    nibabel.save(image, tmp_path / "made.nii")
    with pytest.raises(AssertionError, match="sform and qform"):
        load_with_nibabel(tmp_path / "made.nii")


def test_dcm2niix_and_simpleitk_agree_on_a_dicom_series(tmp_path: Path) -> None:
    rows, columns = 6, 5
    for number in range(1, 4):
        position = [-12.5, 30 - 0.1 * number, -100 + 2.5 * number]
        content = make.ct_slice(
            rows, columns, InstanceNumber=number, SOPInstanceUID=make.uid(f"slice {number}"), ImagePositionPatient=position,
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0], PixelSpacing=[0.8, 0.7], SliceThickness=2.5,
        )  # fmt: skip
        make.write(tmp_path / "series", {f"{9 - number}.dcm": content})
    with_itk = load_series_with_simpleitk(tmp_path / "series")
    converted = convert_with_dcm2niix(tmp_path / "series", tmp_path / "out")
    assert converted.values.shape == with_itk.values.shape == (columns, rows, 3)
    assert np.array_equal(converted.values, with_itk.values[:, ::-1])  # dcm2niix turns rows over, and its affine with them


def seg_nrrd(path: Path, space: str = "left-posterior-superior") -> Path:
    """The smallest .seg.nrrd with one segment."""
    lines = [
        "NRRD0004", "type: unsigned char", "dimension: 3", f"space: {space}", "sizes: 5 6 7",
        "space directions: (0.7,0,0) (0,0.8,0) (0,0,2.5)", "kinds: domain domain domain", "encoding: raw",
        "space origin: (-12.5,30,-100)", "Segment0_ID:=Segment_1", "Segment0_Name:=spleen", "Segment0_LabelValue:=1",
        "Segment0_Layer:=0", "Segment0_Color:=0.6 0.4 0.3", "Segment0_Extent:=0 4 0 5 0 6",
        "Segment0_Tags:=TerminologyEntry:list~SCT^123037004^Anatomical Structure~SCT^78961009^Spleen~^^~list~^^~^^|",
    ]  # fmt: skip
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + mask().tobytes(order="F"))
    return path


def test_slicerio_and_simpleitk_read_a_seg_nrrd(tmp_path: Path) -> None:
    path = seg_nrrd(tmp_path / "made.seg.nrrd")
    loaded, [segment] = load_with_slicerio(path)
    assert is_same(loaded, mask())
    assert is_same(load_with_simpleitk(path), mask())
    assert (segment["labelValue"], segment["name"]) == (1, "spleen")
    assert segment["terminology"]["type"] == ["SCT", "78961009", "Spleen"]


def test_slicerio_refuses_a_space_that_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises((ValueError, OSError)):
        load_with_slicerio(seg_nrrd(tmp_path / "made.seg.nrrd", "scanner-xyz"))


def test_simpleitk_reads_mha(tmp_path: Path) -> None:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(hounsfield().transpose(2, 1, 0))
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-12.5, 30, -100))
    SimpleITK.WriteImage(image, str(tmp_path / "made.mha"))
    assert is_same(load_with_simpleitk(tmp_path / "made.mha"), hounsfield(), LPS_TO_RAS @ np.array(
        [[0.7, 0, 0, -12.5], [0, 0.8, 0, 30], [0, 0, 2.5, -100], [0, 0, 0, 1]]))  # fmt: skip
