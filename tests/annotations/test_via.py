"""VGG Image Annotator: projects, exports in JSON and CSV."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicomconv.annotations import via
from tests.annotations.places import drawn, faults, on_picture

ROWS, COLUMNS = 20, 30
POLYGON = {"name": "polygon", "all_points_x": [2, 12, 12, 2], "all_points_y": [2, 2, 14, 14]}
SHAPES = [
    POLYGON,
    {"name": "polyline", "all_points_x": [1, 2], "all_points_y": [3, 4]},
    {"name": "rect", "x": 1, "y": 2, "width": 3.5, "height": 4},
    {"name": "circle", "cx": 10, "cy": 10, "r": 5.0},
    {"name": "ellipse", "cx": 10, "cy": 10, "rx": 8, "ry": 3, "theta": math.pi / 2},
    {"name": "point", "cx": 1, "cy": 2},
]


def region(shape: Any, attributes: Any = None) -> dict[str, Any]:
    """One region."""
    return {"shape_attributes": shape, "region_attributes": {"label": "liver"} if attributes is None else attributes}


def files(*regions: Any) -> dict[str, Any]:
    """Two files, of which the second has no regions."""
    attributes = {"caption": "Jane Doe", "image_url": "http://pacs.example"}
    return {
        "a.png10": {"filename": "a.png", "size": 10, "regions": list(regions), "file_attributes": attributes},
        "b.png9": {"filename": "x/b.png", "size": 9, "regions": [], "file_attributes": {}},
    }


def as_csv(content: dict[str, Any], first: str = "#") -> str:
    """The same as VIA's CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([first + via.COLUMNS[0], *via.COLUMNS[1:]])
    for file in content.values():
        many = len(file["regions"])
        for index, one in enumerate(file["regions"] or [{"shape_attributes": {}, "region_attributes": {}}]):
            cells = (json.dumps(one[key]) for key in ("shape_attributes", "region_attributes"))
            writer.writerow([file["filename"], 1, "{}", many, index, *cells])
    return text.getvalue()


@pytest.fixture
def read(tmp_path: Path):
    """Reads what a file of this content gives."""

    def _read(said: str | dict[str, Any]) -> list[object]:
        (tmp_path / "via").write_text(said if isinstance(said, str) else json.dumps(said))
        return list(via.read(tmp_path / "via"))

    return _read


CONTENT = files(*map(region, SHAPES))
VIA_1 = {
    "a.png10": {**CONTENT["a.png10"], "regions": dict(enumerate(map(region, SHAPES)))},
    "b.png9": CONTENT["b.png9"],
}


@pytest.mark.parametrize("said", [
    CONTENT, {"_via_settings": {"project": {"name": "x"}}, "_via_img_metadata": CONTENT}, VIA_1,
    as_csv(CONTENT), as_csv(CONTENT, ""),
])  # fmt: skip
def test_every_form_says_the_same(read, said: Any) -> None:
    *found, seen = drawn(read(said))
    assert [one.kind for one in found] == ["polygon", "polyline", "box", "polygon", "polygon", "point"]
    assert all(one.label == "liver" and one.picture.name == "a.png" for one in found)
    assert on_picture(found[:1], ROWS, COLUMNS).sum() == 120
    assert found[2].rings[0].tolist() == [[1, 2], [4.5, 6]]
    assert abs(on_picture(found[3:4], ROWS, COLUMNS).sum() - np.pi * 25) < 4
    assert np.ptp(found[4].rings[0], axis=0).round(1).tolist() == [6, 16]
    assert (seen.picture.name, seen.is_seen_only) == ("x/b.png", True)
    assert "doe" not in repr([found, seen]).lower()


@pytest.mark.parametrize(("attributes", "labels"), [
    ({"label": "a", "note": "x"}, ["a"]), ({"organ": "a"}, ["a"]), ({"name": " a "}, ["a"]), ({"Class": "a", "by": ""}, ["a"]),
    ({"type": {"a": True, "b": True, "c": False}}, ["a", "b"]),
])  # fmt: skip
def test_the_label_is_the_attribute_that_is_called_so_or_the_only_one(read, attributes: Any, labels: list[str]) -> None:
    assert [one.label for one in drawn(read(files(region(POLYGON, attributes))))[:-1]] == labels


@pytest.mark.parametrize(("bad", "sentence"), [
    (region(POLYGON, {}), "the label is missing"),
    (region(POLYGON, {"who": "a", "when": "b"}), "the label is missing"),
    (region(POLYGON, {"type": {"a": False}}), "the label is missing"),
    (region({**POLYGON, "all_points_x": [1]}), "are not as many"),
    (region({**POLYGON, "all_points_x": [1, 2, 3, None]}), "a coordinate is not a number"),
    (region({"name": "circle", "cx": 1, "cy": 1, "r": -1}), "a radius is not above 0"),
    (region({"name": "star"}), "shapes of this name are not read"),
    (region({"name": ["a"]}), "shapes of this name are not read"),
    (region(None), "shape_attributes is not an object"),
    (region({"name": "rect", "x": 10**400, "y": 0, "width": 1, "height": 1}), "x is not a number"),
])  # fmt: skip
@pytest.mark.parametrize("as_text", [lambda said: said, as_csv])
def test_a_bad_region_is_a_fault_and_hides_no_other(read, bad: Any, sentence: str, as_text: Any) -> None:
    found = read(as_text(files(bad, region(POLYGON))))
    ((where, why),) = faults(found)
    assert where in ("file 1, region 1", "line 2")
    assert sentence in why
    assert len(found) == 3


@pytest.mark.parametrize("said", [
    "", "[]", "{", "a,b\n1,2\n", '{"a": 5}', '{"project": {}, "view": {}}', as_csv(CONTENT)[:-9] + '"',
    "filename,file_size\n", '{"a": {"filename": "a.png", "regions": 5}}',
])  # fmt: skip
def test_a_file_that_is_no_via_is_a_fault(read, said: str) -> None:
    assert faults(read(said))
