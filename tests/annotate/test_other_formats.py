"""VIA, YOLO and Pascal VOC: small files as those tools write them, onto the stored pixels."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.annotate.test_png_masks import brought
from tests.trip import COLUMNS, ROWS, Desk, desk, frames, order

BOX = (4, 3, 12, 9)  # columns 4 to 11, rows 3 to 8


@pytest.fixture
def one(tmp_path: Path, key: Path) -> Desk:
    return desk(tmp_path, key, frames())


def name_of(one: Desk) -> str:
    return dict(order(one))[3].name


def via(one: Desk, folder: Path) -> Path:
    left, top, right, bottom = BOX
    points = {"name": "polygon", "all_points_x": [left, right, right, left], "all_points_y": [top, top, bottom, bottom]}
    regions = [{"shape_attributes": points, "region_attributes": {"label": "Liver"}}]
    image = {"filename": name_of(one), "size": 99, "regions": regions, "file_attributes": {}}
    (folder / "via.json").write_text(json.dumps({f"{name_of(one)}99": image}))
    return folder / "via.json"


def yolo(one: Desk, folder: Path) -> Path:
    left, top, right, bottom = BOX
    points = [(left, top), (right, top), (right, bottom), (left, bottom)]
    numbers = " ".join(f"{column / COLUMNS:.9f} {row / ROWS:.9f}" for column, row in points)
    (folder / "classes.txt").write_text("ring\nliver\n")
    (folder / Path(name_of(one)).with_suffix(".txt").name).write_text(f"1 {numbers}\n")
    return folder


def voc(one: Desk, folder: Path) -> Path:
    left, top, right, bottom = BOX
    box = f"<xmin>{left + 1}</xmin><ymin>{top + 1}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    size = f"<size><width>{COLUMNS}</width><height>{ROWS}</height><depth>1</depth></size>"
    object_ = f"<object><name>liver</name><bndbox>{box}</bndbox></object>"
    content = f"<annotation><filename>{name_of(one)}</filename>{size}{object_}</annotation>"
    (folder / "one.xml").write_text(content)
    return folder / "one.xml"


@pytest.mark.parametrize("write", [via, yolo])
def test_polygons_cover_their_pixels(tmp_path: Path, one: Desk, write: object) -> None:
    (tmp_path / "tool").mkdir()
    assert brought(one, write(one, tmp_path / "tool")).problems == ()  # type: ignore[operator]
    expected = np.zeros((5, ROWS, COLUMNS), np.bool_)
    expected[3, 3:9, 4:12] = True
    assert np.array_equal(one.masks("a")[1], expected)
    [shape] = one.container.annotations["a"].shapes
    assert (shape.kind, shape.key.frame) == ("polygon", 3)


def test_boxes_of_voc_count_pixels_from_1(tmp_path: Path, one: Desk) -> None:
    assert brought(one, voc(one, tmp_path)).problems == ()
    stored = one.container.annotations["a"]
    [shape] = stored.shapes
    assert (shape.kind, shape.rings[0].tolist()) == ("box", [[4, 3], [12, 9]])
    assert not one.masks("a")[1].any()
