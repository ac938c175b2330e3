"""The layout of nnU-Net v2: DatasetNNN_Name with dataset.json, imagesTr/CASE_0000.nii.gz, labelsTr/CASE.nii.gz, imagesTs."""

import re
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.export.case_files import drawn_labels, entries, image_files, label_file, renumbered
from dicomconv.export.cases import Case, Part, by_part
from dicomconv.export.dataset_json import cases_of, modalities, write_json
from dicomconv.export.label_schemes import BACKGROUND, Scheme, consecutive
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.left_out import LeftOut
from dicomconv.export.nifti_header import nibabel
from dicomconv.export.nnunet_check import check
from dicomconv.export.volume_files import VolumeFile
from dicomconv.export.volume_losses import write_all
from dicomconv.export.volumes_table import Entry

NAME = re.compile(r"Dataset(\d{3})_([A-Za-z0-9][A-Za-z0-9_-]*)").fullmatch
FIRST = 11  # those before are the tasks of the Decathlon
DEFAULT = "Dataset011_Volumes"
FOLDERS: dict[Part, str] = {"train": "Tr", "val": "Tr", "test": "Ts"}


def write(export: Export) -> Written:
    """A case for each series, or with a column `channel` in the user's table one for each study, its channels in files."""
    nibabel()
    name, left_out = export.choices.name or DEFAULT, LeftOut()
    if not (match := NAME(name)) or int(match[1]) < FIRST:
        raise UsageError("--name of nnunet is DatasetNNN_Name with NNN from 011 on, such as Dataset011_Spleen")
    parts = by_part(cases_of(export, left_out), export, left_out)
    cases = [case for found in parts.values() for case in found]
    scheme = consecutive(drawn_labels(cases))
    numbers = export.numbers.in_order("nnunet", [case.key for case in cases], 1)
    names = {case.key: f"{match[2].lower()}_{numbers[case.key]:03d}" for case in cases}
    files, rows = list[VolumeFile](), list[Entry]()
    for part, found in parts.items():
        for case in found:
            one, where = names[case.key], FOLDERS[part]
            images = [f"{name}/images{where}/{one}_{number:04d}.nii.gz" for number in range(len(case.channels))]
            drawn = label_file(case, f"{name}/labels{where}/{one}.nii.gz", scheme)
            files += [*image_files(case, images), *drawn]
            rows += entries(case, one, images, drawn[0].file if drawn else "")
    if cases:
        _write_json(export.folder / name, parts, names, scheme)
    return write_all(export, files, rows, left_out, renumbered(cases, scheme))


def _write_json(folder: Path, parts: dict[Part, list[Case]], names: dict[str, str], scheme: Scheme) -> None:
    """dataset.json, and where there is a part for validation, the split as nnU-Net takes it for its fold 0."""
    content = {
        "channel_names": {str(number): one for number, one in enumerate(modalities(parts))},
        "labels": {BACKGROUND: 0, **{label: value for value, label in scheme.names.items()}},
        "numTraining": len(parts["train"]) + len(parts["val"]),
        "file_ending": ".nii.gz",
        "name": folder.name,
        "description": "exported by dicomconv",
    }
    write_json(folder / "dataset.json", content)
    if parts["val"]:
        split = {part: sorted(names[case.key] for case in parts[part]) for part in FOLDERS if part != "test"}
        write_json(folder / "splits_final.json", [split])


TAKES: frozenset[Option] = frozenset({"name", "annotations", "labels", "split"})
LAYOUTS = {"nnunet": Layout("nnunet", "nnU-Net v2: NIfTI and dataset.json", write, TAKES, check, ("nnunetv2",))}
