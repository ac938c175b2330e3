"""NIfTI, NRRD and MetaImage: a volume of each series, and what an annotation set says of it beside it."""

from collections.abc import Iterable
from functools import partial

from dicomconv.errors import UsageError
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.left_out import LeftOut
from dicomconv.export.nifti_header import nibabel
from dicomconv.export.volume_checks import check_nifti, check_segmentations, check_with_simpleitk
from dicomconv.export.volume_files import ImageFile, LabelFile, VolumeFile
from dicomconv.export.volume_losses import as_they_are, write_all
from dicomconv.export.volumes import Volume, volumes_of
from dicomconv.export.volumes_table import Entry

SAME_NAME = "another series here has the same name; export it to another folder"


def write(export: Export, suffix: str) -> Written:
    """A file for each stack that is a regular volume, named after its series."""
    if suffix == ".seg.nrrd" and not export.choices.annotations:
        raise UsageError("seg.nrrd is a form of annotations: name the set with --annotations")
    if suffix == ".nii":
        nibabel()
    left_out, compress = LeftOut(), export.choices.compress
    files, entries = list[VolumeFile](), list[Entry]()
    for volume in _of_different_names(volumes_of(export, left_out), left_out):
        image, labels = _names(volume, suffix, compress=compress)
        if image:
            files.append(ImageFile(image, (volume,), compress))
        if labels and volume.labelled:
            values = as_they_are(volume)
            files.append(LabelFile(labels, volume, volume.labelled.name, volume.labelled.labels, values, compress))
        if volume.why_not:
            left_out.add(volume.why_not, volume.rows)
        if image or labels:
            entries.append(Entry(volume, volume.name, image, labels))
    return write_all(export, files, entries, left_out)


def _names(volume: Volume, suffix: str, *, compress: bool) -> tuple[str, str]:
    """The files of volume and labels; empty for what is not written."""
    labelled = f"{volume.name}_{volume.labelled.name}" if volume.labelled else ""
    if suffix == ".seg.nrrd":
        return "", labelled and f"{labelled}.seg.nrrd"
    ending = suffix + ".gz" * (compress and suffix == ".nii")
    return volume.name + ending, labelled and labelled + (".seg.nrrd" if suffix == ".nrrd" else ending)


def _of_different_names(volumes: Iterable[Volume], left_out: LeftOut) -> list[Volume]:
    found: dict[str, Volume] = {}
    for one in volumes:
        if found.setdefault(one.name.casefold(), one) is not one:
            left_out.add(SAME_NAME, one.rows)
    return list(found.values())


TAKES: frozenset[Option] = frozenset({"annotations", "compress", "labels", "split"})
ITK = ("simpleitk",)
LAYOUTS = {
    "nifti": Layout(
        "nifti", "NIfTI-1, a volume for each series", partial(write, suffix=".nii"), TAKES, check_nifti, ("nibabel", *ITK)
    ),
    "nrrd": Layout(
        "nrrd", "NRRD, a volume for each series", partial(write, suffix=".nrrd"), TAKES, check_with_simpleitk, ITK
    ),
    "seg.nrrd": Layout(
        "seg.nrrd", "segmentations of 3D Slicer, one for each series", partial(write, suffix=".seg.nrrd"), TAKES,
        check_segmentations, ("slicerio",),
    ),
    "mha": Layout(
        "mha", "MetaImage, a volume for each series", partial(write, suffix=".mha"), TAKES, check_with_simpleitk, ITK
    ),
}  # fmt: skip
