"""medmnist and medsegbench read the smallest npz files that they take, and refuse broken ones."""

from pathlib import Path

import numpy as np
import pytest

from tests.acceptance.loaders.arrays import load_with_medmnist, load_with_medmnist_3d, load_with_medsegbench

pytestmark = pytest.mark.acceptance

COUNTS = {"train": 4, "val": 1, "test": 1}


def written(path: Path, shape: tuple[int, ...], labels: str = "labels", masks: bool = False) -> dict[str, np.ndarray]:
    """An npz with the keys of its kind."""
    chance = np.random.default_rng(7)
    arrays: dict[str, np.ndarray] = {}
    for split, count in COUNTS.items():
        arrays[f"{split}_images"] = chance.integers(0, 256, (count, *shape), np.uint8)
        arrays[f"{split}_{labels}"] = chance.integers(0, 2, (count, *(shape if masks else (1,))), np.uint8)
    np.savez_compressed(path, **arrays)
    return arrays


@pytest.mark.parametrize("size", [28, 64, 128, 224])
@pytest.mark.parametrize("colour", [(), (3,)])
def test_medmnist_reads_its_four_sizes(tmp_path: Path, size: int, colour: tuple[int, ...]) -> None:
    name = "mademnist.npz" if size == 28 else f"mademnist_{size}.npz"
    arrays = written(tmp_path / name, (size, size, *colour))
    split = load_with_medmnist(tmp_path, "mademnist", size, "train", COUNTS, channels=3 if colour else 1)
    assert np.array_equal(split.images, arrays["train_images"])
    assert np.array_equal(split.labels, arrays["train_labels"])
    assert np.shape(split.montage) == (2 * size, 2 * size, *colour)


@pytest.mark.parametrize("size", [28, 64])
def test_medmnist_reads_its_two_sizes_of_volumes(tmp_path: Path, size: int) -> None:
    name = "mademnist3d.npz" if size == 28 else f"mademnist3d_{size}.npz"
    arrays = written(tmp_path / name, (size, size, size))
    split = load_with_medmnist_3d(tmp_path, "mademnist3d", size, "train", COUNTS)
    assert np.array_equal(np.rint(np.stack(split.images)[:, 0] * 255), arrays["train_images"])
    assert np.shape(split.montage) == (size, 2 * size, 2 * size)


def test_medmnist_refuses_a_size_a_key_and_a_count_that_are_not_its_own(tmp_path: Path) -> None:
    written(tmp_path / "mademnist.npz", (28, 28))
    written(tmp_path / "mademnist3d_128.npz", (2, 2, 2))
    written(tmp_path / "othermnist.npz", (28, 28), labels="label")
    with pytest.raises(AssertionError):
        load_with_medmnist_3d(tmp_path, "mademnist3d", 128, "train", COUNTS)
    with pytest.raises(AssertionError):
        load_with_medmnist(tmp_path, "mademnist", 28, "train", {**COUNTS, "train": 5})
    with pytest.raises(KeyError):
        load_with_medmnist(tmp_path, "othermnist", 28, "train", COUNTS)
    with pytest.raises(RuntimeError, match="Dataset not found"):
        load_with_medmnist(tmp_path, "mademnist", 64, "train", COUNTS)


@pytest.mark.parametrize("size", [128, 256, 512])
def test_medsegbench_reads_images_and_masks(tmp_path: Path, size: int) -> None:
    arrays = written(tmp_path / f"made_{size}.npz", (size, size), labels="label", masks=True)
    split = load_with_medsegbench(tmp_path, "made", size, "train", COUNTS)
    assert np.array_equal(split.images, arrays["train_images"])
    assert np.array_equal(split.labels, arrays["train_label"] * 255)
    many = load_with_medsegbench(tmp_path, "made", size, "test", COUNTS, task="multi-class")
    assert np.array_equal(many.labels, arrays["test_label"])


def test_medsegbench_refuses_the_keys_of_medmnist(tmp_path: Path) -> None:
    written(tmp_path / "made_128.npz", (128, 128), labels="labels", masks=True)
    with pytest.raises(KeyError):
        load_with_medsegbench(tmp_path, "made", 128, "train", COUNTS)
