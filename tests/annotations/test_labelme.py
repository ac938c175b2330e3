"""labelme: every kind of shape, masks in base 64, paths of other machines."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.annotations import labelme
from tests.annotations.places import drawn, faults, on_picture

ROWS, COLUMNS = 20, 30


def png(mask: np.ndarray) -> str:
    """A mask as labelme stores it."""
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def shape(shape_type: str | None, points: Any, label: Any = "liver", **more: Any) -> dict[str, Any]:
    """One shape."""
    return {"label": label, "points": points, "group_id": None, "shape_type": shape_type, "flags": {}, **more}


@pytest.fixture
def read(tmp_path: Path):
    """Reads what a picture with these shapes gives."""

    def _read(*shapes: Any, **more: Any) -> list[object]:
        said = {
            "version": "5.4", "flags": {"__ignore__": False}, "shapes": list(shapes), "imageData": "AAAA",
            "imagePath": "..\\jdoe\\ser_0001.png", "imageHeight": ROWS, "imageWidth": COLUMNS, **more,
        }  # fmt: skip
        (tmp_path / "a.json").write_text(json.dumps(said))
        return list(labelme.read(tmp_path / "a.json"))

    return _read


def test_everything_that_a_picture_can_hold_is_read(read) -> None:
    mask = np.random.default_rng(1).random((5, 7)) < 0.5
    found = drawn(read(
        shape("polygon", [[2, 2], [12, 2], [12, 14], [2, 14]]),
        shape("rectangle", [[9.5, 8], [3, 2]]),
        shape("circle", [[10, 10], [13, 14]]),
        shape("line", [[1, 2], [3, 4]]), shape("linestrip", [[1, 2], [3, 4], [5, 5]]),
        shape("point", [[1, 2]]), shape("points", [[1, 2], [3, 4]]),
        shape("mask", [[4.0, 3.0], [10.0, 7.0]], mask=png(mask), label="ring"),
        shape(None, [[1, 1], [5, 1], [5, 5]]),
        flags={"motion": True, "noise": False},
    ))  # fmt: skip
    assert [one.kind for one in found] == [
        None, "polygon", "box", "polygon", "polyline", "polyline", "point", "point", "point", None, "polygon",
    ]  # fmt: skip
    assert (found[0].label, found[0].place) == ("motion", "flags")
    assert found[1].place == "shape 1"
    assert on_picture(found[1:2], ROWS, COLUMNS).sum() == 120
    assert found[2].rings[0].tolist() == [[3, 2], [9.5, 8]]
    assert abs(on_picture(found[3:4], ROWS, COLUMNS).sum() - np.pi * 25) < 4
    assert (found[9].mask == mask).all()
    assert found[9].offset == (4, 3)
    assert all((one.picture.name, one.picture.size) == ("jdoe/ser_0001.png", (COLUMNS, ROWS)) for one in found)


def test_shapes_of_one_group_are_one_object(read) -> None:
    point = shape("point", [[1, 2]])
    found = drawn(read(point, {**point, "group_id": 0}, {**point, "group_id": 7}, {**point, "group_id": 0}, point))
    assert [one.object for one in found] == [1, 2, 3, 2, 5]


def test_a_picture_without_shapes_was_seen(read) -> None:
    (one,) = drawn(read())
    assert one.is_seen_only


def test_a_folder_is_read_file_by_file(tmp_path: Path, read) -> None:
    read(shape("point", [[1, 2]]))
    (tmp_path / "b.json").write_text("[")
    found = list(labelme.read(tmp_path))
    assert [one.place for one in found] == ["a.json, shape 1", "b.json, line 1"]


@pytest.mark.parametrize(("bad", "sentence"), [
    (shape("polygon", [[1, 2], [3, 4]]), "there are not 3 points"),
    (shape("polygon", [[1, 2], [3, 4], [True, 2]]), "a coordinate is not a number"),
    (shape("rectangle", [[1, 2], [1, 4]]), "no width or no height"),
    (shape("circle", [[1, 2], [1, 2]]), "a radius is not above 0"),
    (shape("spline", [[1, 2]]), "this shape_type are not read"),
    (shape("mask", [[1, 2], [3, 4]], mask="?"), "not a PNG in base 64"),
    (shape("mask", [[1, 2], [3, 4]], mask=base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()), "not a PNG in base 64"),
    (shape("mask", [[1, 2], [3, 4]], mask=png(np.ones((2, 3), bool))), "not as large as the box"),
    (shape("mask", [[1, 2], [3.5, 4]], mask=png(np.ones((3, 3), bool))), "are not pixels of the picture"),
    (shape("mask", [[1, 2], [3, 4]]), "the mask is missing"),
    (shape("point", [[1, 2]], label=""), "the label is missing"),
    (7, "the shape is not an object"),
])  # fmt: skip
def test_a_bad_shape_is_a_fault_and_hides_no_other(read, bad: Any, sentence: str) -> None:
    found = read(bad, shape("point", [[1, 2]]))
    ((where, why),) = faults(found)
    assert where == "shape 1"
    assert sentence in why
    assert len(found) == 2


@pytest.mark.parametrize("more", [{"imagePath": None}, {"shapes": 5}, {"imageWidth": "wide"}, {"flags": [1]}])
def test_a_file_without_its_picture_is_a_fault(read, more: dict[str, Any]) -> None:
    assert len(faults(read(**more))) == 1
