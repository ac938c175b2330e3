"""npz files as medmnist's and medsegbench's own classes read them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True, eq=False)
class Split:
    """The items of one split, and the montage of all that fit into a square."""

    images: list[NDArray[Any]]  # (rows, columns[, 3]) of uint8; 3-D: (1, depth, rows, columns) of 0 to 1
    labels: list[NDArray[Any]]  # medmnist: (labels,) of int; medsegbench: (rows, columns) of uint8
    montage: NDArray[np.uint8] | list[NDArray[np.uint8]]


def load_with_medmnist(root: Path, flag: str, size: int, split: str, counts: dict[str, int], channels: int = 1) -> Split:
    """A split as MedMNIST2D gives it; `counts`: items by split, which the loader asserts."""
    from medmnist.dataset import MedMNIST2D

    dataset = _registered(MedMNIST2D, "medmnist.info", flag, counts, n_channels=channels)(split, root=str(root), size=size)
    return _split(dataset)


def load_with_medmnist_3d(root: Path, flag: str, size: int, split: str, counts: dict[str, int]) -> Split:
    """A split as MedMNIST3D gives it; of the sizes only 28 and 64 are known to it."""
    from medmnist.dataset import MedMNIST3D

    dataset = _registered(MedMNIST3D, "medmnist.info", flag, counts, n_channels=1)(split, root=str(root), size=size)
    return _split(dataset)


def load_with_medsegbench(root: Path, flag: str, size: int, split: str, counts: dict[str, int], task: str = "binary") -> Split:
    """A split as MedSegBench gives it; `task` binary: masks come as 0 and 255, multi-class: as they are."""
    from medsegbench.dataset import MedSegBench

    cls = _registered(MedSegBench, "medsegbench.info", flag, counts, n_channels_im=1, n_channels_lbl=1, task=task)
    return _split(cls(split, root=str(root), size=size))


def _registered(cls: Any, module: str, flag: str, counts: dict[str, int], **info: object) -> Any:
    """A class for a data set of one's own, entered in the loader's table as its own are."""
    from importlib import import_module

    import_module(module).INFO[flag] = {"n_samples": counts, "task": "multi-class", "python_class": "Exported", **info}
    return type("Exported", (cls,), {"flag": flag})


def _split(dataset: Any) -> Split:
    """Every item, and a montage without chance in it: of the largest square of items."""
    items = [dataset[index] for index in range(len(dataset))]
    montage = dataset.montage(length=int(len(dataset) ** 0.5))
    pictures = [np.asarray(one) for one in montage] if isinstance(montage, list) else np.asarray(montage)
    return Split([_array(image) for image, _ in items], [np.asarray(label) for _, label in items], pictures)


def _array(image: Image.Image | NDArray[Any]) -> NDArray[Any]:
    """The values of an image, whatever it came as."""
    return np.asarray(image)
