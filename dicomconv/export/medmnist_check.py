"""Reads an export with the medmnist package's own classes, entered in its table as its own data sets are."""

import json
from pathlib import Path

import numpy as np


def check(folder: Path) -> str:
    """Every split is read item by item, and drawn as a montage."""
    from medmnist.dataset import MedMNIST2D, MedMNIST3D
    from medmnist.info import INFO

    [(flag, info)] = json.loads((folder / "medmnist_info.json").read_text(encoding="utf-8")).items()
    [path] = folder.glob(f"{flag}*.npz")
    size = int(path.stem.rpartition("_")[2]) if path.stem != flag else 28
    base = {"MedMNIST2D": MedMNIST2D, "MedMNIST3D": MedMNIST3D}[info["python_class"]]
    INFO[flag] = {**info, "description": "", "license": "", "url": "", "MD5": ""}
    total = 0
    for split, count in info["n_samples"].items():
        dataset = type("Exported", (base,), {"flag": flag})(split, root=str(folder), size=size)
        assert len(dataset) == count, f"{split} has another number of items"
        for index in range(count):
            image, label = dataset[index]
            shape = np.shape(image)
            assert shape[:2] == (size, size) or shape[1:] == (size, size, size), "a picture has another size"
            assert label.shape == dataset.labels.shape[1:], "a label has another shape"
        if count:
            assert dataset.montage(length=int(count**0.5)), "there is no montage"
        total += count
    assert total, "there are no items"
    return f"{total} items, montage drawn (medmnist)"
