"""What is written for a tool comes back as it was, and says nothing of anybody."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dicomconv.annotation import Code, Label
from dicomconv.annotations.drawn import Drawn, PictureRef
from dicomconv.annotations.formats import FORMATS, format_of
from dicomconv.annotations.tasks import Picture, kind_of
from dicomconv.annotations.tools import TOOLS, left_out, tasks, write_tasks
from dicomconv.errors import UsageError
from tests.annotations.places import drawn, on_picture

ROWS, COLUMNS = 12, 17
ORGAN = Code("123037004", "SCT", "Anatomical Structure")
LABELS = (
    Label("liver", 3, (221, 130, 101), ORGAN, Code("10200004", "SCT", "Liver")),
    Label('ring "a" <b> & ü', 7, (0, 255, 1), ORGAN, Code("1", "99X", "Ring")),
)
PICTURES = (
    Picture("ser_0001.png", ROWS, COLUMNS, "ser_0001.png"),
    Picture("ser_0002.png", ROWS, COLUMNS, "ser_0002.png"),
)
WRITTEN = {"cvat": "annotations.xml", "label-studio": "tasks.json", "labelme": "", "coco": "coco.json"}

inside = st.tuples(st.integers(0, 8 * COLUMNS), st.integers(0, 8 * ROWS)).map(lambda point: np.array(point) / 8)
masks = arrays(bool, (ROWS, COLUMNS)).filter(lambda mask: mask.any())
outlines = st.lists(inside, min_size=3, max_size=7).map(np.array)
boxes = (
    st.tuples(inside, inside)
    .map(lambda two: np.sort(np.array(two), axis=0))
    .filter(lambda box: (box[0] < box[1]).all())
)


@st.composite
def things(draw: Any) -> Drawn:
    """Something drawn on the first picture."""
    kind = draw(st.sampled_from(["mask", "polygon", "box", "polyline", "point", "tag"]))
    rings = {
        "polygon": st.lists(outlines, min_size=1, max_size=2).map(tuple),
        "box": boxes.map(lambda box: (box,)), "polyline": outlines.map(lambda line: (line,)),
        "point": inside.map(lambda point: (point[None],)),
    }  # fmt: skip
    fields: dict[str, Any] = {"mask": draw(masks)} if kind == "mask" else {}
    if kind in rings:
        fields |= {"kind": kind, "rings": draw(rings[kind])}
    return Drawn("", PictureRef("ser_0001.png"), draw(st.sampled_from(["liver", 7])), **fields)


def shape_of(one: Drawn) -> tuple[Any, ...]:
    """What has to be the same after the trip; rings to a millionth, as percent are not exact."""
    name = {7: LABELS[1].name}.get(one.label, one.label)
    if one.mask is not None or len(one.rings) > 1:
        return "mask", name, on_picture([one], ROWS, COLUMNS).tobytes()
    return kind_of(one), name, tuple(np.round(ring, 6).tobytes() for ring in one.rings)


@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("tool", WRITTEN)
@given(things=st.lists(things(), max_size=4))
def test_what_is_drawn_comes_back_as_it_was(tmp_path_factory: Any, tool: str, things: list[Drawn]) -> None:
    folder = tmp_path_factory.mktemp(tool)
    write_tasks(tool, folder, PICTURES, LABELS, things)
    path = folder / WRITTEN[tool]
    found = [one for one in drawn(FORMATS[format_of(path)].read(path)) if not one.is_seen_only]
    expected = [
        one for one in things if kind_of(one) in TOOLS[tool].kinds and shape_of(one)[2] != bytes(ROWS * COLUMNS)
    ]
    assert len(things) - left_out(tool, things) >= len(expected)
    tags = {shape_of(one) for one in expected if kind_of(one) == "tag"}
    assert {shape_of(one) for one in found if kind_of(one) == "tag"} == tags
    shapes = sorted(shape_of(one) for one in expected if kind_of(one) != "tag")
    assert sorted(shape_of(one) for one in found if kind_of(one) != "tag") == shapes
    assert {one.picture.name for one in found} <= {"ser_0001.png"}


@pytest.mark.parametrize("tool", ["cvat", "coco", "labelme"])
def test_pictures_come_back_with_their_sizes_and_as_seen(tmp_path: Path, tool: str) -> None:
    write_tasks(tool, tmp_path, PICTURES, LABELS)
    path = tmp_path / WRITTEN[tool]
    found = drawn(FORMATS[format_of(path)].read(path))
    assert [(one.picture.name, one.picture.size, one.is_seen_only) for one in found] == [
        ("ser_0001.png", (COLUMNS, ROWS), True), ("ser_0002.png", (COLUMNS, ROWS), True),
    ]  # fmt: skip


def contents(tool: str, *things: Drawn) -> dict[str, str]:
    """The files for a tool as texts."""
    return {name: content.decode() for name, content in tasks(tool, PICTURES, LABELS, things)}


def test_labels_for_cvat_are_what_its_raw_editor_takes() -> None:
    said = json.loads(contents("cvat")["labels.json"])
    assert said[0] == {"name": "liver", "color": "#dd8265", "type": "any", "attributes": []}
    assert said[1]["name"] == LABELS[1].name


def test_the_interface_for_label_studio_names_every_label_for_every_tool() -> None:
    view = ElementTree.fromstring(contents("label-studio")["labeling_config.xml"])
    for control in ("BrushLabels", "PolygonLabels", "RectangleLabels", "KeyPointLabels"):
        (found,) = view.findall(control)
        assert found.get("toName") == view.find("Image").get("name")
        assert [one.get("value") for one in found] == [one.name for one in LABELS]
    assert json.loads(contents("label-studio")["tasks.json"])[0] == {
        "data": {"image": "/data/local-files/?d=ser_0001.png"}
    }


@settings(max_examples=20, deadline=None)
@given(st.lists(things(), max_size=4))
def test_label_studio_takes_the_interface_and_what_is_drawn(things: list[Drawn]) -> None:
    witness = pytest.importorskip("label_studio_sdk.label_interface", reason="label_studio_sdk is not installed")
    files = contents("label-studio", *things)
    interface = witness.LabelInterface(files["labeling_config.xml"])
    interface.validate()
    for task in json.loads(files["tasks.json"]):
        assert interface.validate_task({"data": task["data"]})
        assert all(interface.validate_annotation(one) for one in task.get("annotations", ()))


def test_labelme_finds_the_picture_from_where_its_file_lies() -> None:
    picture = Picture("lung/ser_0001.png", ROWS, COLUMNS, "../png/lung/ser_0001.png")
    files = {name: json.loads(text) for name, text in tasks("labelme", [picture], LABELS) if name.endswith(".json")}
    assert files["lung/ser_0001.json"]["imagePath"] == "../../png/lung/ser_0001.png"
    assert files["lung/ser_0001.json"]["imageData"] is None


def test_the_colour_table_for_slicer_has_a_line_for_each_value() -> None:
    lines = contents("slicer")["labels.ctbl"].splitlines()
    assert lines[2:] == ["0 background 0 0 0 0", "3 liver 221 130 101 255", '7 ring_"a"_<b>_&_ 0 255 1 255']


def test_a_label_that_is_not_among_those_to_be_written_is_refused() -> None:
    with pytest.raises(UsageError, match=r"add it to labels\.toml"):
        contents("coco", Drawn("", PictureRef("ser_0001.png"), "spleen", mask=np.ones((ROWS, COLUMNS), bool)))


@pytest.mark.parametrize("tool", TOOLS)
def test_the_same_is_written_each_time_and_nothing_else_than_was_given(tool: str) -> None:
    box = Drawn(
        "x", PictureRef("ser_0001.png", sop_instance_uid="1.2.3"), "liver", "box", rings=(np.array([[1.0, 2], [3, 4]]),)
    )
    assert contents(tool, box) == contents(tool, box)
    said = "".join(contents(tool, box).values())
    assert "1.2.3" not in said
