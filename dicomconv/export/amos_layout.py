"""The layout of AMOS 2022: amos_0001.nii.gz, imagesTr, labelsTr, imagesVa, labelsVa, imagesTs, dataset.json, 15 organs."""

from collections.abc import Mapping
from pathlib import Path

from dicomconv.export.case_files import entries, image_files, label_file, renumbered, without_place
from dicomconv.export.cases import Case, Part, by_part, single
from dicomconv.export.dataset_json import write_json
from dicomconv.export.label_schemes import BACKGROUND, Scheme, organs
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.left_out import LeftOut
from dicomconv.export.nifti_header import nibabel
from dicomconv.export.nnunet_check import check_amos
from dicomconv.export.volume_files import VolumeFile
from dicomconv.export.volume_losses import write_all
from dicomconv.export.volumes import volumes_of
from dicomconv.export.volumes_table import Entry

FOLDERS: dict[Part, str] = {"train": "Tr", "val": "Va", "test": "Ts"}
LISTS: dict[Part, str] = {"train": "training", "val": "validation", "test": "test"}
CT, CT_FOR_TEST, FIRST_MR = (1, 409), (410, 500), 501  # numbers: nnU-Net's converter tells CT by them


def write(export: Export) -> Written:
    """A case for each series of CT or MR."""
    nibabel()
    left_out, scheme, volumes = LeftOut(), organs(), []
    for one in volumes_of(export, left_out):
        if one.rows[0].modality in ("CT", "MR"):
            volumes.append(one)
        else:
            left_out.add("AMOS is of CT and MR only", one.rows)
    parts = by_part(single(volumes), export, left_out)
    without_place((case for found in parts.values() for case in found), scheme, "AMOS", left_out)
    names = _names(export, parts)
    files, rows = list[VolumeFile](), list[Entry]()
    for part, found in parts.items():
        for case in found:
            name, where = names[case.key], FOLDERS[part]
            images, drawn = [f"images{where}/{name}.nii.gz"], label_file(case, f"labels{where}/{name}.nii.gz", scheme)
            files += [*image_files(case, images), *drawn]
            rows += entries(case, name, images, drawn[0].file if drawn else "")
    _write_json(export.folder, parts, names, scheme)
    return write_all(export, files, rows, left_out, renumbered((c for found in parts.values() for c in found), scheme))


def _names(export: Export, parts: Mapping[Part, list[Case]]) -> dict[str, str]:
    """The name of each case by its key."""
    cases = [(case, part == "test") for part, found in parts.items() for case in found]
    ct, ct_for_test, mr = (
        [case.key for case, is_for_test in cases if (case.first.modality, is_for_test) in kinds]
        for kinds in ((("CT", False),), (("CT", True),), (("MR", False), ("MR", True)))
    )
    numbers = export.numbers.assign("amos-ct", ct, *CT)
    numbers |= export.numbers.assign("amos-ct-test", ct_for_test, *CT_FOR_TEST)
    numbers |= export.numbers.in_order("amos-mr", mr, FIRST_MR)
    return {key: f"amos_{number:04d}" for key, number in numbers.items()}


def _write_json(folder: Path, parts: Mapping[Part, list[Case]], names: Mapping[str, str], scheme: Scheme) -> None:
    found = {case.first.modality for cases in parts.values() for case in cases}
    content = {
        "name": "AMOS",
        "description": "exported by dicomconv in the layout of AMOS 2022; none of its images are in it",
        "reference": "",
        "licence": "",
        "release": "1.0",
        "tensorImageSize": "3D",
        "modality": {str(number): one for number, one in enumerate(sorted(found))},
        "labels": {"0": BACKGROUND, **{str(value): organ for value, organ in scheme.names.items()}},
        "numTraining": len(parts["train"]),
        "numValidation": len(parts["val"]),
        "numTest": len(parts["test"]),
        **{LISTS[part]: [_entry(names[case.key], part) for case in cases] for part, cases in parts.items()},
    }
    write_json(folder / "dataset.json", content)


def _entry(name: str, part: Part) -> dict[str, str]:
    image = {"image": f"./images{FOLDERS[part]}/{name}.nii.gz"}
    return image if part == "test" else image | {"label": f"./labels{FOLDERS[part]}/{name}.nii.gz"}


TAKES: frozenset[Option] = frozenset({"annotations", "labels", "split"})
LAYOUTS = {"amos": Layout("amos", "AMOS 2022: NIfTI and dataset.json, 15 organs", write, TAKES, check_amos, ("nnunetv2",))}
