"""The names and channels of BraTS: a folder for each study with four series of MR on one grid, and the parts of a tumour."""

import re
from collections.abc import Sequence

from dicomconv.errors import UsageError
from dicomconv.export.brats_check import check
from dicomconv.export.case_files import entries, image_files, label_file, renumbered, without_place
from dicomconv.export.cases import COLUMN, Case, channel_names, column_of, of_studies
from dicomconv.export.label_schemes import tumour
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.left_out import LeftOut
from dicomconv.export.nifti_header import nibabel
from dicomconv.export.volume_files import VolumeFile
from dicomconv.export.volume_losses import write_all
from dicomconv.export.volumes import Volume, volumes_of
from dicomconv.export.volumes_table import Entry

OF_2021, OF_2023 = ("t1", "t1ce", "t2", "flair"), ("t1n", "t1c", "t2w", "t2f")
LAST = 99999
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*").fullmatch
AS_SCANNED = (
    "volumes lie as they were scanned: nothing here was registered to an atlas or to each other, resampled to 1 mm, "
    "or skull-stripped, as the images of BraTS are"
)


def write(export: Export) -> Written:
    """A case for each study whose four channels the user's table names."""
    nibabel()
    left_out = LeftOut()
    if not (column := column_of(export)):
        raise UsageError(f"brats needs --labels with a column {COLUMN} that says which series is {', '.join(OF_2021)}")
    if export.choices.name and not NAME(export.choices.name):
        raise UsageError("--name of brats is the first part of its names, such as BraTS2021 or BraTS-GLI")
    volumes = volumes_of(export, left_out)
    channels = _channels(volumes, column)
    cases = of_studies(volumes, column, channels, left_out)
    scheme, names = tumour(is_of_2021=channels == OF_2021), _names(export, cases, is_of_2021=channels == OF_2021)
    without_place(cases, scheme, "BraTS", left_out)
    files, rows, link = list[VolumeFile](), list[Entry](), "_" if channels == OF_2021 else "-"
    for case in cases:
        if export.choices.annotations and not case.drawn:
            left_out.add(f"{case.channels[0].why_not}: without seg", case.rows)
        start = f"{case.part and case.part + '/'}{names[case.key]}/{names[case.key]}{link}"
        images, drawn = [f"{start}{one}.nii.gz" for one in channels], label_file(case, f"{start}seg.nii.gz", scheme)
        files += [*image_files(case, images), *drawn]
        rows += entries(case, names[case.key], images, drawn[0].file if drawn else "")
    losses = [Loss("geometry", AS_SCANNED, sum(len(case.rows) for case in cases)), *renumbered(cases, scheme)]
    return write_all(export, files, rows, left_out, losses)


def _channels(volumes: Sequence[Volume], column: str) -> tuple[str, ...]:
    """The four channels that the table speaks of. UsageError if it mixes two years, or has none of either."""
    named = set(channel_names(volumes, column))
    found = [one for one in (OF_2021, OF_2023) if named & set(one)]
    if len(found) != 1:
        raise UsageError(
            f"the column {column} has to name {', '.join(OF_2021)} (names up to 2021) or {', '.join(OF_2023)} (from 2023), "
            "one of the two throughout"
        )
    return found[0]


def _names(export: Export, cases: Sequence[Case], *, is_of_2021: bool) -> dict[str, str]:
    """The name of each study: a number of its own, or from 2023 on one for the patient and one for the study of that."""
    numbers = export.numbers
    if is_of_2021:
        given = numbers.assign("brats-2021", [case.key for case in cases], 0, LAST)
        return {key: f"{export.choices.name or 'BraTS2021'}_{number:05d}" for key, number in given.items()}
    patients = numbers.assign("brats-2023", [case.first.subject.patient_id for case in cases], 0, LAST)
    names = {}
    for patient, number in patients.items():
        studies = [case.key for case in cases if case.first.subject.patient_id == patient]
        for key, time in numbers.in_order(f"brats-2023-study-of-{number:05d}", studies, 0).items():
            names[key] = f"{export.choices.name or 'BraTS-GLI'}-{number:05d}-{time:03d}"
    return names


TAKES: frozenset[Option] = frozenset({"name", "annotations", "labels", "split"})
LAYOUTS = {
    "brats": Layout("brats", "names and channels of BraTS: NIfTI, as it was scanned", write, TAKES, check, ("simpleitk",))
}
