"""Reports out of containers: what has no area, and what does, as measurement groups of TID 1500."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from dicomconv.annotation import AnnotationSet, FrameKey, Shape, Tag
from dicomconv.container.reader import Container
from dicomconv.pipeline.derived.errors import Unwritable
from dicomconv.pipeline.derived.report import report
from tests import make
from tests.derived.study import COLUMNS, LABELS, ROWS, converted, drawn, enhanced_mr, oblique_ct
from tests.derived.witnesses import errors_of, run

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")


def shapes() -> AnnotationSet:
    """A box, a line, two points and two labels."""
    first, second = FrameKey(0, 0), FrameKey(0, 1)
    return AnnotationSet("reads", "reader 1", "test", (), "MANUAL", LABELS, frozenset({first, second}), (), (
        Shape(first, 1, "box", (np.array([[2.0, 3.0], [10.5, 8.0]]),)),
        Shape(second, 3, "polyline", (np.array([[1.0, 1.0], [4.0, 5.0]]),)),
        Shape(second, 7, "point", (np.array([[6.25, 7.5], [1.0, 2.0]]),)),
    ), (Tag(first, 3), Tag(None, 1)))  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[oblique_ct, lambda: {"mr": enhanced_mr()}, lambda: {
        "us": make.instance("US multi-frame", make.ramp(3, ROWS, COLUMNS, dtype="uint8"), BurnedInAnnotation="NO")}],
    ids=["oblique CT", "multi-frame MR", "ultrasound"],
)  # fmt: skip
def container(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Container:
    """A series."""
    return converted(tmp_path_factory.mktemp("series"), request.param(), burned_in="keep")


def read(content: bytes) -> Dataset:
    return dcmread(io.BytesIO(content))


def items(dataset: Dataset, value_type: str) -> list[Dataset]:
    """Content items of a value type, wherever they stand."""
    found = []
    for item in dataset.get("ContentSequence", ()):
        found += [item] if item.ValueType == value_type else []
        found += items(item, value_type)
    return found


def test_boxes_lines_and_points_are_where_they_were_drawn(container: Container):
    graphics = [
        (one.GraphicType, list(one.GraphicData))
        for one in items(read(report(container, shapes(), masks=False)), "SCOORD")
    ]
    assert graphics == [
        ("POLYLINE", [2, 3, 10.5, 3, 10.5, 8, 2, 8, 2, 3]),
        ("POLYLINE", [1, 1, 4, 5]),
        ("POINT", [6.25, 7.5]),
        ("POINT", [1, 2]),
    ]


def test_a_length_is_in_mm_where_the_spacing_is_known(container: Container):
    (number,) = items(read(report(container, shapes(), masks=False)), "NUM")
    value = number.MeasuredValueSequence[0]
    rows_mm, columns_mm = container.stacks[0].frames["pixel_spacing"][1]
    unit = value.MeasurementUnitsCodeSequence[0].CodeValue
    if np.isnan(rows_mm):
        assert (unit, value.NumericValue) == ("{pixels}", 5)
    else:
        assert unit == "mm"
        assert float(value.NumericValue) == pytest.approx(np.hypot(3 * columns_mm, 4 * rows_mm))


def test_every_reference_is_to_an_instance_of_the_container_and_its_frame(container: Container):
    dataset = read(report(container, shapes(), masks=False))
    known = {one.sop_instance_uid: one.sop_class_uid for one in container.instances}
    references = [one.ReferencedSOPSequence[0] for one in items(dataset, "IMAGE")]
    assert len(references) >= 5
    assert {known[one.ReferencedSOPInstanceUID] for one in references} == {
        one.ReferencedSOPClassUID for one in references
    }
    (study,) = dataset.CurrentRequestedProcedureEvidenceSequence
    evidence = [one.ReferencedSOPInstanceUID for one in study.ReferencedSeriesSequence[0].ReferencedSOPSequence]
    assert {one.ReferencedSOPInstanceUID for one in references} == set(evidence)
    if len(known) == 1:
        assert {one.get("ReferencedFrameNumber") for one in references} == {1, 2, None}


def test_dciodvfy_finds_no_error(container: Container, tmp_path: Path):
    assert errors_of(report(container, shapes(), masks=False), tmp_path) == []
    assert errors_of(report(container, drawn(container, algorithm="AUTOMATIC"), masks=True), tmp_path) == []


def test_dcmqi_reads_the_length(container: Container, tmp_path: Path):
    (tmp_path / "sr.dcm").write_bytes(report(container, shapes(), masks=False))
    run("tid1500reader", "--inputDICOM", tmp_path / "sr.dcm", "--outputMetadata", tmp_path / "sr.json")
    groups = json.loads((tmp_path / "sr.json").read_text())["Measurements"]
    found = [item for group in groups for item in group["measurementItems"]]
    assert [item["quantity"]["CodeMeaning"] for item in found] == ["Length"]


def test_the_same_bytes_every_time(container: Container):
    assert report(container, shapes(), masks=False) == report(container, shapes(), masks=False)


def test_outlines_of_masks_are_written_when_they_are_asked_for(container: Container):
    one = drawn(container)
    with pytest.raises(Unwritable, match="nothing"):
        report(container, one, masks=False)
    closed = items(read(report(container, one, masks=True)), "SCOORD")
    assert len(closed) >= 3
    assert all(list(item.GraphicData[:2]) == list(item.GraphicData[-2:]) for item in closed)
