"""The layout of the Medical Segmentation Decathlon: TaskXX_Name with dataset.json, imagesTr, labelsTr, imagesTs."""

import re
from pathlib import Path
from typing import Any

from dicomconv.errors import UsageError
from dicomconv.export.case_files import drawn_labels, entries, label_file
from dicomconv.export.cases import Case, Part, by_part
from dicomconv.export.dataset_json import cases_of, modalities, write_json
from dicomconv.export.label_schemes import BACKGROUND, Scheme, kept
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.left_out import LeftOut
from dicomconv.export.msd_check import check
from dicomconv.export.nifti_header import nibabel
from dicomconv.export.volume_files import ImageFile, VolumeFile
from dicomconv.export.volume_losses import write_all
from dicomconv.export.volumes_table import Entry

FOLDERS: dict[Part, str] = {"train": "Tr", "val": "Va", "test": "Ts"}
LISTS: dict[Part, str] = {"train": "training", "val": "validation", "test": "test"}
NAME = re.compile(r"Task\d{2,3}_([A-Za-z0-9][A-Za-z0-9_-]*)").fullmatch
DEFAULT = "Task11_Volumes"


def write(export: Export) -> Written:
    """A case for each series, or with a column `channel` in the user's table a 4-D one for each study."""
    nibabel()
    task, left_out = export.choices.name or DEFAULT, LeftOut()
    if not (match := NAME(task)):
        raise UsageError("--name of msd is TaskXX_Name, such as Task09_Spleen")
    cases = cases_of(export, left_out)
    parts = by_part(cases, export, left_out)
    scheme = kept(drawn_labels(case for found in parts.values() for case in found))
    numbers = export.numbers.in_order("msd", [case.key for found in parts.values() for case in found], 1)
    files, rows, lists = list[VolumeFile](), list[Entry](), dict[Part, list[Any]]()
    for part, found in parts.items():
        for case in found:
            name = f"{match[1].lower()}_{numbers[case.key]:03d}"
            image, labels = (f"{kind}{FOLDERS[part]}/{name}.nii.gz" for kind in ("images", "labels"))
            drawn = label_file(case, f"{task}/{labels}", scheme)
            files += [ImageFile(f"{task}/{image}", case.channels, True), *drawn]
            rows += entries(case, name, [f"{task}/{image}"] * len(case.channels), drawn[0].file if drawn else "")
            pair = f"./{image}" if part == "test" else {"image": f"./{image}", "label": f"./{labels}"}
            lists.setdefault(part, []).append(pair)
    if files:
        _write_json(export.folder / task, match[1], parts, lists, scheme)
    return write_all(export, files, rows, left_out)


def _write_json(
    folder: Path, name: str, parts: dict[Part, list[Case]], lists: dict[Part, list[Any]], scheme: Scheme
) -> None:
    first = next(case for found in parts.values() for case in found)
    content = {
        "name": name,
        "description": "exported by dicomconv",
        "reference": "",
        "licence": "",
        "release": "1.0",
        "tensorImageSize": "4D" if len(first.channels) > 1 else "3D",
        "modality": {str(number): one for number, one in enumerate(modalities(parts))},
        "labels": {"0": BACKGROUND, **{str(value): label for value, label in scheme.names.items()}},
        "numTraining": len(parts["train"]),
        **({"numValidation": len(parts["val"])} if parts["val"] else {}),
        "numTest": len(parts["test"]),
        **{LISTS[part]: lists.get(part, []) for part in parts if part != "val" or parts["val"]},
    }
    write_json(folder / "dataset.json", content)


TAKES: frozenset[Option] = frozenset({"name", "annotations", "labels", "split"})
LAYOUTS = {
    "msd": Layout("msd", "Medical Segmentation Decathlon: NIfTI and dataset.json", write, TAKES, check, ("monai", "nibabel"))
}
