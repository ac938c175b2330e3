"""Files of volumes, and DICOM, are known by what is in them, whatever they are called."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomconv.annotations.drawn import Drawn, Fault
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
@pytest.mark.parametrize("name", ["dicom-seg", "rtstruct"])
def test_any_bytes_in_dicom_give_what_is_drawn_or_a_sentence(tmp_path: Path, name: str, data: st.DataObject) -> None:
    path = tmp_path / "made"
    if not path.exists():
        MADE[name](path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(132, len(content) - 1))
        content[position : position + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=4))
    (tmp_path / "damaged").write_bytes(content)
    assert all(isinstance(one, Drawn | Fault) for one in FORMATS[name].read(tmp_path / "damaged"))
