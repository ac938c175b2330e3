"""`dicomconv annotate dicom`: what is drawn, out of containers as files."""

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from dicomconv.annotation import AnnotationSet, FrameKey, Shape, Tag
from dicomconv.container.annotations import add_set
from dicomconv.pipeline.derived import write
from dicomconv.pipeline.derived.readback import wrong_segmentations, wrong_structure_set
from dicomconv.pipeline.derived.segmentation import segmentations
from dicomconv.pipeline.derived.structure_set import structure_set
from tests import outputs
from tests.cli.command import call
from tests.derived.study import LABELS, converted, drawn, enhanced_mr, oblique_ct, ring

pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An OUT whose container has two sets: masks, and a box with a label of a frame."""
    container = converted(tmp_path, oblique_ct())
    add_set(container.path, drawn(container))
    box = Shape(FrameKey(0, 1), 1, "box", (np.array([[2.0, 3.0], [10.5, 8.0]]),))
    rest = AnnotationSet("reads", "", "test", (), "MANUAL", LABELS, frozenset(), (), (box,), (Tag(FrameKey(0, 1), 3),))
    add_set(container.path, rest)
    return tmp_path / "out"


def modalities(folder: Path) -> list[str]:
    return sorted(dcmread(path, stop_before_pixels=True).Modality for path in folder.rglob("*.dcm"))


def test_masks_become_a_segmentation_and_the_rest_a_report(out: Path, tmp_path: Path):
    result = call("annotate", "dicom", out, "-o", tmp_path / "dicom")
    assert result.exit_code == 0
    assert "2 files" in result.stdout
    assert modalities(tmp_path / "dicom") == ["SEG", "SR"]
    assert outputs.left_over(tmp_path / "dicom") == []


@pytest.mark.parametrize(("form", "modality"), [("seg", "SEG"), ("rtstruct", "RTSTRUCT"), ("sr", "SR")])
def test_one_set_in_one_form(out: Path, tmp_path: Path, form: str, modality: str):
    words = ("annotate", "dicom", *outputs.containers(out), "-o", tmp_path / "dicom")
    assert call(*words, "--set", "reviewer-a", "--as", form).exit_code == 0
    assert modalities(tmp_path / "dicom") == [modality]


def test_what_cannot_be_written_in_a_form_is_said_in_a_sentence(out: Path, tmp_path: Path):
    result = call("annotate", "dicom", out, "-o", tmp_path / "dicom", "--as", "rtstruct", "--json")
    assert result.exit_code == 3
    assert [row.get("reason") for row in json.loads(result.stdout)] == [None, write.NO_AREA]
    assert call("annotate", "dicom", out, "-o", tmp_path / "x", "--as", "seg", "--set", "reads").exit_code == 1


def test_a_set_in_which_nothing_is_drawn_is_no_failure(tmp_path: Path):
    container = converted(tmp_path, oblique_ct(2))
    add_set(container.path, AnnotationSet("seen", "", "", (), "MANUAL", LABELS, frozenset({FrameKey(0, 0)}), ()))
    result = call("annotate", "dicom", tmp_path / "out", "-o", tmp_path / "dicom")
    assert (result.exit_code, write.NOTHING in result.stderr) == (0, True)
    result = call("recover", tmp_path / "out", "-o", tmp_path / "back")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("words", [("--set", "nobody"), ("--as", "nothing")])
def test_a_set_that_is_not_there_is_an_error_of_usage(out: Path, tmp_path: Path, words: tuple[str, str]):
    assert call("annotate", "dicom", out, "-o", tmp_path / "dicom", *words).exit_code == 2


def test_what_is_there_stays_unless_it_is_to_be_overwritten(out: Path, tmp_path: Path):
    words = ("annotate", "dicom", out, "-o", tmp_path / "dicom")
    call(*words)
    before = outputs.tree(tmp_path / "dicom")
    assert call(*words).exit_code == 2
    assert "2 there already" in call(*words, "--existing", "skip").stdout
    assert call(*words, "--existing", "overwrite").exit_code == 0
    assert outputs.tree(tmp_path / "dicom") == before


def test_what_reads_back_otherwise_is_not_written(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(write, "wrong_segmentations", lambda *_: True)
    result = call("annotate", "dicom", out, "-o", tmp_path / "dicom", "--as", "seg", "--set", "reviewer-a")
    assert result.exit_code == 5
    assert list((tmp_path / "dicom").rglob("*")) == []


@pytest.mark.parametrize("files", [oblique_ct, lambda: {"mr": enhanced_mr()}], ids=["CT", "multi-frame"])
def test_reading_back_notices_a_pixel(tmp_path: Path, files):
    container = converted(tmp_path, files())
    one = drawn(container)
    seg, rtstruct = list(segmentations(container, one)), structure_set(container, one)
    assert not wrong_segmentations(container, one, seg)
    assert not wrong_structure_set(container, one, rtstruct)
    one.regions[0].mask[5, 5] ^= True
    assert wrong_structure_set(container, one, rtstruct)
    other = list(segmentations(container, drawn(container, lambda f, r, c: ring(r, c, 9, 9))))
    assert wrong_segmentations(container, one, other)
    assert wrong_segmentations(container, drawn(container), seg[:-1])
