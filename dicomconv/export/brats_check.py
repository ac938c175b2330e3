"""What SimpleITK reads of an export with the names of BraTS."""

import csv
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from dicomconv.export.volume_checks import demand, refusals
from dicomconv.export.volumes_table import NAME

CHANNELS = 4


def check(folder: Path) -> str:
    """Four channels for each study, all of one size and at one place, to the last digit; labels 0 to 4."""
    import SimpleITK

    count = 0
    with (folder / NAME).open(encoding="utf-8", newline="") as file:
        for case, rows in groupby(csv.DictReader(file), key=lambda row: row["case"]):
            found = list(rows)
            demand(len(found) == CHANNELS, f"{case} has {len(found)} channels")
            labels = found[0]["label_file"]
            with refusals("SimpleITK"):
                paths = [*(row["file"] for row in found), *([labels] if labels else [])]
                images = [SimpleITK.ReadImage(str(folder / path)) for path in paths]
            if labels:
                values = np.unique(SimpleITK.GetArrayViewFromImage(images[-1]))
                demand(values.max() <= 4, f"{case}: its labels are none of BraTS")
            demand(len({_geometry(one) for one in images}) == 1, f"{case}: its channels differ in their geometry")
            count += 1
    demand(count, "there are no studies")
    return f"SimpleITK {SimpleITK.Version.VersionString()} reads {count} studies whose channels have one geometry each"


def _geometry(image: Any) -> tuple[tuple[float, ...], ...]:
    return image.GetSize(), image.GetOrigin(), image.GetSpacing(), image.GetDirection()
