"""medmnist and medsegbench out of containers, as the packages' own classes read them."""

from pathlib import Path

import numpy as np
import pytest

from dicomconv.errors import CheckFailed
from dicomconv.export.check import check
from tests.acceptance.loaders.arrays import load_with_medmnist, load_with_medmnist_3d, load_with_medsegbench
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made

pytestmark = pytest.mark.acceptance
COUNTS = {"train": 6, "val": 3, "test": 3}


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("annotated")
    made.annotated(folder, patients=4)
    return folder / "out"


def exported(layout: str, containers: Path, out: Path, *words: object) -> Path:
    """An export by the command line, checked there too."""
    done = call("export", layout, containers, "-o", out, "--check", "--split", "2/1/1", *words)
    assert done.exit_code == 0, done.output
    assert "read with its own loader" in done.output
    return out


def labels(folder: Path, containers: Path) -> Path:
    """A label for each patient."""
    from dicomconv.export.rows import rows_of
    from dicomconv.pipeline.found import find_containers

    patients = sorted({row.subject.patient_id for row in rows_of(find_containers([containers]))})
    lines = ["patient_id,finding", *(f"{one},{word}" for one, word in zip(patients, "abab", strict=True))]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder / "labels.csv"


@proves("medmnist", "medmnist", "MedMNIST2D")
@pytest.mark.parametrize("size", [28, 64, 128, 224])
def test_medmnist_reads_pictures_and_draws_a_montage(containers: Path, tmp_path: Path, size: int) -> None:
    out = exported("medmnist", containers, tmp_path / "out", "--size", size, "--labels", labels(tmp_path, containers))
    for split, count in COUNTS.items():
        found = load_with_medmnist(out, "dicommnist", size, split, COUNTS)
        assert len(found.images) == count
        assert {image.shape for image in found.images} == {(size, size)}
        assert {label.item() for label in found.labels} <= {0, 1}
    assert np.shape(load_with_medmnist(out, "dicommnist", size, "train", COUNTS).montage) == (2 * size, 2 * size)


@proves("medmnist", "medmnist", "MedMNIST2D")
def test_the_pictures_of_medmnist_are_those_of_png_at_the_same_size(containers: Path, tmp_path: Path) -> None:
    import csv

    from PIL import Image

    out = exported("medmnist", containers, tmp_path / "out", "--labels", labels(tmp_path, containers))
    assert call("export", "png", containers, "-o", tmp_path / "png", "--size", 28).exit_code == 0
    with (tmp_path / "png/images.csv").open() as file:
        pngs = {one["sop_instance_uid"]: tmp_path / "png" / one["file"] for one in csv.DictReader(file)}
    with (out / "images.csv").open() as file:
        rows = list(csv.DictReader(file))
    for split in COUNTS:
        found = load_with_medmnist(out, "dicommnist", 28, split, COUNTS)
        mine = [row for row in rows if row["split"] == split]
        for index, (row, image) in enumerate(zip(mine, found.images, strict=True)):
            assert row["file"] == f"{split}_images[{index}]"
            assert np.array_equal(image, np.asarray(Image.open(pngs[row["sop_instance_uid"]])))


@proves("medmnist", "medmnist", "MedMNIST3D")
@pytest.mark.parametrize("size", [28, 64])
def test_medmnist_reads_cubes_and_draws_a_montage(containers: Path, tmp_path: Path, size: int) -> None:
    out = exported("medmnist-3d", containers, tmp_path / "out", "--size", size, "--labels", labels(tmp_path, containers))
    found = load_with_medmnist_3d(out, "dicommnist3d", size, "train", {"train": 2, "val": 1, "test": 1})
    assert {image.shape for image in found.images} == {(1, size, size, size)}
    assert max(image.max() for image in found.images) > 0


@proves("medsegbench", "medsegbench")
@pytest.mark.parametrize("size", [128, 256, 512])
def test_medsegbench_reads_pictures_and_masks(containers: Path, tmp_path: Path, size: int) -> None:
    out = exported("medsegbench", containers, tmp_path / "out", "--size", size)
    found = load_with_medsegbench(out, "dicomseg", size, "train", COUNTS, task="multi-class")
    assert {image.shape for image in found.images} == {(size, size)}
    areas = [np.bincount(np.ravel(mask), minlength=4)[1:] * (30 / size) ** 2 for mask in found.labels]
    stored = made.masks()
    visible = stored[0, 2] & ~stored[0, 1]
    for index in (0, 3):
        assert np.allclose(areas[index], [stored[0, 1].sum(), visible.sum(), 0], rtol=0.1, atol=0.5)
        assert not areas[index + 1].any()


def test_the_checks_refuse_a_file_without_a_key(containers: Path, tmp_path: Path) -> None:
    for layout, name in (("medmnist", "dicommnist.npz"), ("medsegbench", "dicomseg_128.npz")):
        out = exported(layout, containers, tmp_path / layout)
        with np.load(out / name) as arrays:
            kept = {key: arrays[key] for key in arrays if key not in ("val_labels", "val_label")}
        np.savez(out / name, **kept)
        with pytest.raises(CheckFailed):
            check(layout, out)
