"""What MONAI reads of an export in the layout of the Decathlon."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from dicomconv.export.volume_checks import demand, refusals
from dicomconv.export.volumes_table import NAME


def check(folder: Path) -> str:
    """Every case by MONAI: by DecathlonDataset where it knows the task, else by the reader of lists that this one uses."""
    import monai

    [path] = folder.glob("Task*/dataset.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    slices = _slices(folder)
    count = 0
    for section in ("training", "validation", "test"):
        with refusals("MONAI"):
            cases = _cases(path, section) if content.get(section) else []
        demand(len(cases) == len(content.get(section, [])), f"MONAI reads another number of cases for {section}")
        for case in cases:
            images = {key: one for key, one in case.items() if key in ("image", "label")}
            sizes = {key: one.shape[:3] for key, one in images.items()}
            demand(len(set(sizes.values())) == 1, f"an image and its label differ in size: {sizes}")
            affines = [np.asarray(one.affine) for one in images.values()]
            demand(np.allclose(affines[0], affines[-1], atol=1e-4), "an image and its label differ in their affine")
            demand(case["image"].shape[2] in slices, "MONAI reads another number of slices")
            if "label" in case:
                values = {str(int(one)) for one in np.unique(np.asarray(case["label"]))}
                demand(values <= set(content["labels"]), "a label map has values that dataset.json does not name")
        count += len(cases)
    demand(count, "there are no cases")
    return f"MONAI {monai.__version__} reads {count} cases of {path.parent.name}"


def _cases(path: Path, section: str) -> list[dict[str, Any]]:
    from monai.apps.datasets import DecathlonDataset
    from monai.data import load_decathlon_datalist
    from monai.transforms import LoadImaged

    keys = ["image"] if section == "test" else ["image", "label"]
    load = LoadImaged(keys)
    if path.parent.name in DecathlonDataset.resource and section != "validation":
        return list(
            DecathlonDataset(
                str(path.parents[1]), path.parent.name, section, transform=load, download=False, val_frac=0.0,
                cache_num=0, num_workers=0, progress=False,
            )
        )  # fmt: skip
    found = load_decathlon_datalist(str(path), data_list_key=section)
    return [load(one) for one in found]


def _slices(folder: Path) -> set[int]:
    with (folder / NAME).open(encoding="utf-8", newline="") as file:
        return {int(row["slices"]) for row in csv.DictReader(file)}
