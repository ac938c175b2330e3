"""SEG and RTSTRUCT that somebody made on de-identified files, back onto the frames they name."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from dicomconv.pipeline.annotate.bring import Choices, import_annotations
from tests.annotate.dicom_files import segmentation, structure_set
from tests.annotate.test_png_masks import brought, in_grey
from tests.cli.command import call
from tests.trip import SERIES, desk, oblique_ct, truth

PLACED = ["oblique shuffled CT", "flipped MR"]


@pytest.mark.parametrize("made", PLACED)
def test_a_segmentation_comes_back_voxel_by_voxel_with_its_own_labels(tmp_path: Path, key: Path, made: str) -> None:
    pytest.importorskip("highdicom")
    one = desk(tmp_path, key, SERIES[made]())
    done = import_annotations(segmentation(one, tmp_path), one.out, Choices("a", algorithm="automatic"))
    assert done.problems == ()
    assert all(np.array_equal(one.masks("a")[label], mask) for label, mask in truth().items())
    labels = one.container.annotations["a"].labels
    assert [(label.name, label.type.value) for label in labels] == [("liver", "10200004"), ("ring", "64033007")]


@pytest.mark.parametrize("made", PLACED)
def test_a_structure_set_comes_back_with_its_holes(tmp_path: Path, key: Path, made: str) -> None:
    one = desk(tmp_path, key, SERIES[made]())
    assert brought(one, structure_set(one, tmp_path)).problems == ()
    found = one.masks("a")
    assert {label: np.array_equal(found[label], mask) for label, mask in truth().items()} == {1: True, 2: True}
    assert b"Roe" not in one.path.read_bytes()


def test_a_reference_that_nobody_knows_is_told_by_its_uid(tmp_path: Path, key: Path) -> None:
    one = desk(tmp_path, key, oblique_ct())
    path = structure_set(one, tmp_path)
    made, unknown = dcmread(path), generate_uid()
    contour = made.ROIContourSequence[0].ContourSequence[0]
    contour.ContourImageSequence[0].ReferencedSOPInstanceUID = unknown
    made.save_as(path)
    done = brought(one, path)
    assert done.sets == ()
    assert any(unknown in problem.reason for problem in done.problems)


@pytest.mark.parametrize("kind", ["seg", "rtstruct"])
@pytest.mark.parametrize("made", PLACED)
def test_what_goes_out_as_dicom_comes_back_the_same(tmp_path: Path, key: Path, made: str, kind: str) -> None:
    pytest.importorskip("highdicom")
    one = desk(tmp_path, key, SERIES[made]())
    (tmp_path / "masks").mkdir()
    assert brought(one, in_grey(one, tmp_path / "masks")).problems == ()
    result = call("annotate", "dicom", one.out, "-o", tmp_path / "dicom", "--as", kind)
    assert result.exit_code == 0, result.output
    files = sorted(path for path in (tmp_path / "dicom").rglob("*.dcm"))
    assert brought(one, *files, name="b", labels=None).problems == ()
    assert all(np.array_equal(one.masks("b")[label], mask) for label, mask in truth().items())
