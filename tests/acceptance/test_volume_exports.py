"""Volumes that were exported from DICOM are read by the programs that train on them, with their values at their places."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

import dicomconv
from dicomconv.cli import main
from tests.acceptance.loaders.volumes import (
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
from tests.acceptance.table import proves
from tests.export import studies, volumes

pytestmark = pytest.mark.acceptance

AXIAL, BACKWARD = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
KINDS: dict[str, dict[str, Any]] = {
    "oblique CT": {"RescaleIntercept": "-1000"},
    "CT of odd slope": {"RescaleSlope": "0.1", "RescaleIntercept": "-1000"},
    "oblique MR": {"kind": "MR"},
    "sagittal MR": {"kind": "MR", "orientation": (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)},
    "backward CT": {"orientation": BACKWARD},
}
LABELS = studies.labels("spleen", "liver", first=2, step=3)
BRATS = ("t1n", "t1c", "t2w", "t2f")


def run(*arguments: object) -> str:
    """The command line; what it says."""
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def same(ours: Loaded, values: NDArray[Any], affine: NDArray[np.float64]) -> None:
    """Values equal (to the last digit of 32 bits where they are no whole numbers), the affine within 1e-5."""
    np.testing.assert_allclose(ours.values, values, rtol=1e-7, atol=0)
    np.testing.assert_allclose(ours.affine_ras, affine, rtol=1e-5, atol=1e-5)


def same_places(ours: Loaded, theirs: Loaded) -> None:
    """As `same`, whichever way the axes run."""
    import nibabel

    images = [nibabel.Nifti1Image(np.asarray(one.values, np.float64), one.affine_ras) for one in (ours, theirs)]
    a, b = map(nibabel.as_closest_canonical, images)
    np.testing.assert_allclose(a.affine, b.affine, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.asarray(a.dataobj), np.asarray(b.dataobj), rtol=1e-6, atol=1e-4)


@pytest.fixture(scope="module", params=list(KINDS))
def series(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A container with an annotation set, and the de-identified DICOM files of it."""
    folder = tmp_path_factory.mktemp("series")
    volumes.folder(folder / "in", studies.series("p", **KINDS[request.param]))
    run("convert", folder / "in", "-o", folder / "tree")
    [path] = (folder / "tree").rglob("*.h5")
    run("recover", path, "-o", folder / "back")
    studies.draw(path, LABELS)  # afterwards: recover would write it as a DICOM segmentation, too
    [back] = {one.parent for one in (folder / "back").rglob("*.dcm")}
    return path, back


def exported(path: Path, layout: str, out: Path, *more: object) -> str:
    return run("export", layout, path, "-o", out, "--annotations", "truth", "--check", *more)


def one(out: Path, pattern: str) -> Path:
    [path] = [found for found in out.rglob(pattern) if ("_truth" in found.name) == ("_truth" in pattern)]
    return path


@proves("nifti", "nibabel")
@proves("nifti", "simpleitk")
@proves("nifti", "dcm2niix")
def test_nifti_is_what_simpleitk_and_dcm2niix_make_of_dicom(series: tuple[Path, Path], tmp_path: Path) -> None:
    path, back = series
    theirs, by_dcm2niix = load_series_with_simpleitk(back), convert_with_dcm2niix(back, tmp_path / "theirs")
    for more in ((), ("--compress",)):
        out = tmp_path / f"out{len(more)}"
        said = exported(path, "nifti", out, *more)
        assert "SimpleITK" in said
        assert "sform and qform agree" in said
        file = one(out, "*.nii*")
        for load in (load_with_nibabel, load_with_simpleitk):
            same(load(file), theirs.values, theirs.affine_ras)
        same_places(load_with_nibabel(file), by_dcm2niix)
        labels = load_with_nibabel(one(out, "*_truth.nii*"))
        np.testing.assert_array_equal(labels.values, drawn(path))
        np.testing.assert_allclose(labels.affine_ras, theirs.affine_ras, rtol=1e-5, atol=1e-5)


def drawn(path: Path) -> NDArray[Any]:
    """The label map (columns, rows, slices) of a set, in the order of places."""
    with dicomconv.open_container(path) as container:
        [stack] = container.stacks
        order = np.argsort(stack.frames["position"] @ volumes.normal(tuple(stack.frames["orientation"][0])))
        found: NDArray[Any] = np.asarray(container.annotations["truth"].labelmap)[order].transpose(2, 1, 0)
    return found


@proves("nrrd", "simpleitk")
def test_nrrd_is_what_simpleitk_makes_of_dicom(series: tuple[Path, Path], tmp_path: Path) -> None:
    _as_simpleitk_reads_dicom(series, "nrrd", tmp_path)


@proves("mha", "simpleitk")
def test_metaimage_is_what_simpleitk_makes_of_dicom(series: tuple[Path, Path], tmp_path: Path) -> None:
    _as_simpleitk_reads_dicom(series, "mha", tmp_path)


def _as_simpleitk_reads_dicom(series: tuple[Path, Path], layout: str, tmp_path: Path) -> None:
    path, back = series
    theirs = load_series_with_simpleitk(back)
    for more in ((), ("--compress",)):
        out = tmp_path / f"out{len(more)}"
        assert "SimpleITK" in exported(path, layout, out, *more)
        same(load_with_simpleitk(one(out, f"*.{layout}")), theirs.values, theirs.affine_ras)
        labels = load_with_simpleitk(one(out, f"*_truth*.{layout}"))
        same(labels, drawn(path), theirs.affine_ras)


@proves("seg.nrrd", "slicerio")
@proves("seg.nrrd", "simpleitk")
def test_segments_have_names_codes_and_pixels(series: tuple[Path, Path], tmp_path: Path) -> None:
    path, back = series
    theirs = load_series_with_simpleitk(back)
    assert "slicerio reads 1 files with 2 segments" in exported(path, "seg.nrrd", tmp_path / "out")
    file = one(tmp_path / "out", "*_truth.seg.nrrd")
    found, segments = load_with_slicerio(file)
    same(found, drawn(path), theirs.affine_ras)
    same(load_with_simpleitk(file), drawn(path), theirs.affine_ras)
    assert [(each["labelValue"], each["name"]) for each in segments] == [(2, "spleen"), (5, "liver")]
    assert segments[1]["terminology"]["type"] == ["99X", "1", "liver"]
    assert segments[1]["terminology"]["category"] == ["SCT", "123037004", "Anatomical Structure"]


@proves("seg.nrrd", "slicerio")
@proves("seg.nrrd", "simpleitk")
def test_labels_that_overlap_are_read_from_layers(tmp_path: Path) -> None:
    from tests.container import annotated

    path = annotated.container(tmp_path / "series.h5", annotated.drawn("truth"))
    exported(path, "seg.nrrd", tmp_path / "out", "--compress")
    file = one(tmp_path / "out", "*_truth.seg.nrrd")
    found, segments = load_with_slicerio(file)
    layers = load_with_simpleitk(file)
    assert layers.values.shape == (5, 4, 3, 2)
    assert found.values.shape == (2, 5, 4, 3)
    with dicomconv.open_container(path) as container:
        set_ = container.annotations["truth"]
        for label, segment in zip(set_.labels, segments, strict=True):
            layer = int(segment["layer"])
            mask = set_.mask(label.value).transpose(2, 1, 0)
            np.testing.assert_array_equal(layers.values[..., layer] == label.value, mask)
            np.testing.assert_array_equal(found.values[layer] == label.value, mask)
        np.testing.assert_allclose(layers.affine_ras, np.diag([-1, -1, 1, 1]) @ container.stacks[0].affine_lps, atol=1e-5)


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of containers: oblique CT of four patients, two for training, one each for validation and test."""
    folder = tmp_path_factory.mktemp("patients")
    for number in range(4):
        intercept = str(-1000 - number)
        volumes.folder(folder / f"in/{number}", studies.series(f"p{number}", RescaleIntercept=intercept))
    run("convert", folder / "in", "-o", folder / "tree")
    for path in (folder / "tree").rglob("*.h5"):
        studies.draw(path, LABELS)
    return folder / "tree"


def by_values(tree: Path) -> Mapping[float, tuple[NDArray[Any], NDArray[np.float64], NDArray[Any]]]:
    """Values, affine and labels of each container by its least value, which differs."""
    found = {}
    for path in tree.rglob("*.h5"):
        values, affine = studies.truth(path)
        found[float(values.min())] = values, affine, drawn(path)
    assert len(found) == 4
    return found


@proves("msd", "monai")
def test_decathlon_dataset_reads_values_affine_and_labels(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = exported(patients, "msd", out, "--name", "Task09_Spleen", "--split", "50/25/25", "--seed", 1)
    assert "reads 4 cases of Task09_Spleen" in said
    wanted = by_values(patients)
    training = load_with_decathlon_dataset(out, "Task09_Spleen", "training")
    test = load_with_decathlon_dataset(out, "Task09_Spleen", "test")
    assert (len(training), len(test)) == (2, 1)
    for case in (*training, *test):
        values, affine, labels = wanted[float(case["image"].values.min())]
        same(case["image"], values, affine)
        if "label" in case:
            same(case["label"], labels, affine)


@proves("msd", "monai")
def test_decathlon_dataset_reads_channels_of_one_grid(tmp_path: Path) -> None:
    tree, table = brats(tmp_path)
    exported(tree, "msd", tmp_path / "out", "--name", "Task01_BrainTumour", "--labels", table)
    cases = load_with_decathlon_dataset(tmp_path / "out", "Task01_BrainTumour", "training")
    assert len(cases) == 2
    for case in cases:
        assert case["image"].values.shape == (12, 9, 5, 4)
        assert case["label"].values.shape == (12, 9, 5)
        np.testing.assert_allclose(case["image"].affine_ras, case["label"].affine_ras, atol=1e-5)
        assert [int(case["image"].values[..., k].min()) for k in range(4)] == [400, 200, 800, 600]  # t1c t1n t2f t2w


@proves("nnunet", "nnunetv2")
def test_nnunet_accepts_it_and_refuses_it_broken(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = exported(patients, "nnunet", out, "--name", "Dataset012_Abdomen", "--split", "50/25/25", "--seed", 1)
    assert "verify_dataset_integrity accepts Dataset012_Abdomen" in said
    folder = out / "Dataset012_Abdomen"
    wanted = by_values(patients)
    for path in (folder / "labelsTr").iterdir():
        image = load_with_simpleitk(folder / "imagesTr" / path.name.replace(".nii", "_0000.nii"))
        values, affine, labels = wanted[float(image.values.min())]
        same(image, values, affine)
        same(load_with_simpleitk(path), np.searchsorted([0, 2, 5], labels), affine)
    content = json.loads((folder / "dataset.json").read_text())
    content["labels"]["liver"] = 3
    (folder / "dataset.json").write_text(json.dumps(content))
    with pytest.raises((AssertionError, RuntimeError)):
        check_with_nnunet(folder)


@proves("nnunet", "nnunetv2")
def test_the_check_of_an_export_refuses_one_that_lost_a_label_map(patients: Path, tmp_path: Path) -> None:
    from dicomconv.errors import CheckFailed
    from dicomconv.export.check import check

    exported(patients, "nnunet", tmp_path / "out")
    check("nnunet", tmp_path / "out")
    next((tmp_path / "out").rglob("labelsTr/*.nii.gz")).unlink()
    with pytest.raises(CheckFailed):
        check("nnunet", tmp_path / "out")


@proves("nnunet", "nnunetv2")
def test_the_check_of_an_export_refuses_labels_that_lie_elsewhere(patients: Path, tmp_path: Path) -> None:
    import SimpleITK

    from dicomconv.errors import CheckFailed
    from dicomconv.export.check import check

    exported(patients, "nnunet", tmp_path / "out")
    path = next((tmp_path / "out").rglob("labelsTr/*.nii.gz"))
    image = SimpleITK.ReadImage(str(path))
    image.SetOrigin([part + 1 for part in image.GetOrigin()])
    SimpleITK.WriteImage(image, str(path))
    with pytest.raises(CheckFailed, match="labels lie elsewhere"):
        check("nnunet", tmp_path / "out")
    path.write_bytes(b"nothing")
    with pytest.raises(CheckFailed, match="refuses it"):
        check("nnunet", tmp_path / "out")


@proves("amos", "nnunetv2")
def test_nnunets_converter_takes_the_ct_and_its_check_accepts_it(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "accept 3 CT volumes" in exported(patients, "amos", out, "--split", "50/25/25", "--seed", 1)
    made = convert_with_nnunets_amos(out, tmp_path / "raw")
    check_with_nnunet(made)
    wanted = by_values(patients)
    images = sorted((made / "imagesTr").iterdir())
    assert (len(images), len(list((made / "imagesTs").iterdir()))) == (3, 1)
    for path in images:
        image = load_with_simpleitk(path)
        values, affine, labels = wanted[float(image.values.min())]
        same(image, values, affine)
        names = np.where(labels == 2, 1, np.where(labels == 5, 6, 0))  # spleen is 1 there, liver 6
        same(load_with_simpleitk(made / "labelsTr" / path.name.replace("_0000", "")), names, affine)


def brats(
    folder: Path, names: Sequence[str] = BRATS, parts: Sequence[str] = ("NETC", "SNFH", "ET")
) -> tuple[Path, Path]:
    """A tree of two studies of four series of MR, drawn on, and a table that says which is which."""
    for patient in ("p", "q"):
        for number, name in enumerate(names):
            files = studies.series(patient, name="s" * (number + 1), kind="MR")
            volumes.folder(folder / f"in/{patient}{name}", files)
    run("convert", folder / "in", "-o", folder / "tree")
    lines = ["series_instance_uid,channel"]
    for path in (folder / "tree").rglob("*.h5"):
        name = names[int(studies.truth(path)[0].min()) // 200 - 1]
        lines.append(f"{studies.facts(path)['SeriesInstanceUID']},{name}")
        if name == names[-1]:
            studies.draw(path, studies.labels(*parts))
    (folder / "channels.csv").write_text("\n".join(lines) + "\n")
    return folder / "tree", folder / "channels.csv"


@proves("brats", "simpleitk")
def test_channels_and_labels_have_one_geometry(tmp_path: Path) -> None:
    import SimpleITK

    tree, table = brats(tmp_path)
    assert "reads 2 studies" in exported(tree, "brats", tmp_path / "out", "--labels", table)
    folders = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    assert len(folders) == 2
    for folder in folders:
        images = [SimpleITK.ReadImage(str(folder / f"{folder.name}-{name}.nii.gz")) for name in (*BRATS, "seg")]
        assert len({(i.GetSize(), i.GetOrigin(), i.GetSpacing(), i.GetDirection()) for i in images}) == 1
        assert [int(SimpleITK.GetArrayFromImage(image).min()) for image in images[:4]] == [200, 400, 600, 800]
        assert np.unique(SimpleITK.GetArrayFromImage(images[4])).tolist() == [0, 1, 2, 3]


@proves("brats", "simpleitk")
def test_the_check_of_an_export_refuses_a_channel_that_was_moved(tmp_path: Path) -> None:
    import SimpleITK

    from dicomconv.errors import CheckFailed
    from dicomconv.export.check import check

    tree, table = brats(tmp_path)
    exported(tree, "brats", tmp_path / "out", "--labels", table)
    path = next((tmp_path / "out").rglob("*-t2w.nii.gz"))
    image = SimpleITK.ReadImage(str(path))
    image.SetOrigin([part + 1e-2 for part in image.GetOrigin()])
    SimpleITK.WriteImage(image, str(path))
    with pytest.raises(CheckFailed, match="differ in their geometry"):
        check("brats", tmp_path / "out")


@proves("brats", "nnunetv2")
def test_nnunets_converter_takes_labels_with_the_numbers_of_2021(tmp_path: Path) -> None:
    tree, table = brats(tmp_path, ("t1", "t1ce", "t2", "flair"), ("ET", "ED", "NCR"))
    exported(tree, "brats", tmp_path / "out", "--labels", table)
    found = sorted((tmp_path / "out").rglob("BraTS2021_*_seg.nii.gz"))
    assert len(found) == 2
    for path in found:
        labels = convert_with_nnunets_brats(path, tmp_path / "converted.nii.gz").values
        assert [int(labels[2, row, 1]) for row in range(4)] == [3, 1, 2, 0]  # enhancing, oedema, necrotic, nothing
