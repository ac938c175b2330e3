"""Files of volumes, and DICOM, are known by what is in them, whatever they are called."""

from pathlib import Path

import pytest

from dicomconv.annotations.drawn import Fault
from dicomconv.annotations.formats import FORMATS, UnknownFormat, format_of
from tests.annotations import test_metaimage, test_nifti, test_nrrd, test_rtstruct
from tests.annotations.test_dicom_seg import masks, segmentation, sources
from tests.export import volumes

MADE = {
    "nifti": lambda path: test_nifti.saved(path.with_suffix(".nii.gz"), test_nifti.LABELS),
    "nrrd": lambda path: test_nrrd.saved(path.with_suffix(".nrrd")),
    "metaimage": test_metaimage.saved,
    "dicom-seg": lambda path: segmentation(sources(), masks()).save_as(path) or path,
    "rtstruct": lambda path: path.write_bytes(
        test_rtstruct.structure_set(("x", [test_rtstruct.contour(test_rtstruct.SQUARE)]))
    ) and path,
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_a_file_of_volumes_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    path = MADE[name](tmp_path / "made")
    path.rename(tmp_path / "anything.txt")
    assert format_of(tmp_path / "anything.txt") == name
    assert not [one for one in FORMATS[name].read(tmp_path / "anything.txt") if isinstance(one, Fault)]


def test_an_image_of_dicom_is_no_annotation(tmp_path: Path) -> None:
    (tmp_path / "ct.dcm").write_bytes(volumes.slices()[0])
    with pytest.raises(UnknownFormat):
        format_of(tmp_path / "ct.dcm")
