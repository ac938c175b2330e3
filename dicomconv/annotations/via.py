"""VGG Image Annotator 1 and 2: projects and exports in JSON, exports in CSV."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dicomconv.annotations import json_text, outlines
from dicomconv.annotations.checked import Unreadable, guarded, number, record, ring, series, text
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.names import picture_name

COLUMNS = (
    "filename", "file_size", "file_attributes", "region_count", "region_id", "region_shape_attributes", "region_attributes",
)  # fmt: skip
_LABELS = ("label", "class", "name", "type", "category")  # attributes that hold the label, where there are several


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in a file. Of attributes of files (captions, addresses) nothing is read."""
    try:
        content = json_text.read_text(path)
        is_json = content.lstrip()[:1] in ("{", "[")
        yield from _of_json(record(json_text.value(content), "the file")) if is_json else _of_csv(content)
    except Unreadable as error:
        yield Fault(error.place, error.reason)


def _of_json(content: dict[str, Any]) -> Iterator[Drawn | Fault]:
    if "project" in content and "view" in content:
        raise Unreadable("projects of VIA 3 are not read; export them as COCO")
    listed = record(content.get("_via_img_metadata", content), "the list of files")
    for index, said in enumerate(listed.values(), 1):
        try:
            file = record(said, "the file")
            picture = PictureRef(picture_name(file.get("filename")))
            regions = file.get("regions") or []
            regions = list(regions.values()) if isinstance(regions, dict) else series(regions, "the list of regions")
        except Unreadable as error:
            yield Fault(f"file {index}", error.reason)
            continue
        for count, region in enumerate(regions, 1):
            place = f"file {index}, region {count}"
            yield from guarded(place, _region, region, Drawn(place, picture, object=count))
        if not regions:
            yield Drawn(f"file {index}", picture, is_seen_only=True)


def _of_csv(content: str) -> Iterator[Drawn | Fault]:
    """Rows with the same columns, two of them JSON; the first may begin with #."""
    rows = csv.DictReader(io.StringIO(content.lstrip("#"), newline=""), strict=True)
    objects: dict[str, int] = {}
    try:
        if not set(COLUMNS) <= set(rows.fieldnames or ()):
            raise Unreadable("this is neither JSON nor CSV of VIA")
        for row in rows:
            place = f"line {rows.line_num}"
            objects[str(row["filename"])] = count = objects.get(str(row["filename"]), 0) + 1
            yield from guarded(place, _row, row, Drawn(place, None, object=count))
    except csv.Error:
        raise Unreadable("this is not CSV from here on", f"line {rows.line_num}") from None


def _row(row: dict[str | Any, str | Any], bare: Drawn) -> list[Drawn]:
    bare = replace(bare, picture=PictureRef(picture_name(row["filename"])))
    shape, attributes = (json_text.value(row[key] or "{}") for key in COLUMNS[-2:])
    if not shape and str(row["region_count"]).strip() == "0":
        return [replace(bare, object=0, is_seen_only=True)]
    return _region({"shape_attributes": shape, "region_attributes": attributes}, bare)


def _region(said: Any, bare: Drawn) -> list[Drawn]:
    region = record(said, "the region")
    shape = record(region.get("shape_attributes"), "shape_attributes")
    labels = _labels(record(region.get("region_attributes") or {}, "region_attributes"))
    found = _outlines(shape)
    return [replace(bare, label=label, kind=kind, rings=rings) for label in labels for kind, rings in found]


def _labels(attributes: dict[str, Any]) -> list[str]:
    """The labels of a region: of the attribute that is called so, else of the only one."""
    by_name = {key.strip().lower(): said for key, said in attributes.items()}
    said = next((by_name[key] for key in _LABELS if by_name.get(key)), None)
    if said is None and len(by_name) == 1:
        (said,) = by_name.values()
    if isinstance(said, dict):  # of check boxes
        said = [name for name, is_set in said.items() if is_set in (True, "true", "1")]
    labels = [text(one, "the label") for one in (said if isinstance(said, list) else [said])]
    if not labels:
        raise Unreadable("the label is missing")
    return labels


def _outlines(shape: dict[str, Any]) -> list[outlines.Outline]:
    name = shape.get("name")
    if name in ("polygon", "polyline"):
        xs, ys = (series(shape.get(key), key) for key in ("all_points_x", "all_points_y"))
        if len(xs) != len(ys):
            raise Unreadable("all_points_x and all_points_y are not as many")
        points = ring([list(pair) for pair in zip(xs, ys, strict=True)], 3 if name == "polygon" else 2)
        return [("polygon" if name == "polygon" else "polyline", (points,))]
    if name == "rect":
        left, top, width, height = (number(shape.get(key), key) for key in ("x", "y", "width", "height"))
        return [outlines.box(left, top, left + width, top + height)]
    if name not in ("circle", "ellipse", "point"):
        raise Unreadable("shapes of this name are not read")
    x, y = number(shape.get("cx"), "cx"), number(shape.get("cy"), "cy")
    if name == "point":
        return [("point", (ring([x, y], 1),))]
    radii = [number(shape.get(key), key) for key in (("rx", "ry") if name == "ellipse" else ("r", "r"))]
    return [outlines.ellipse((x, y), (radii[0], radii[1]), math.degrees(number(shape.get("theta", 0), "theta")))]
