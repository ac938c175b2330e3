"""For Label Studio: tasks.json to import, and labeling_config.xml for the labeling interface."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from dicomconv.annotation import Label
from dicomconv.annotations import brush
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import (
    Files,
    Picture,
    as_attribute,
    as_json,
    hex_color,
    is_pixels,
    kind_of,
    label_of,
    pixels_of,
)  # fmt: skip

LOCAL_FILES = "/data/local-files/?d="  # below the folder that Label Studio is told to serve
_CONTROLS = {
    "mask": ("BrushLabels", "brush"), "polygon": ("PolygonLabels", "polygon"), "box": ("RectangleLabels", "box"),
    "point": ("KeyPointLabels", "point"),
}  # fmt: skip


def write(pictures: Sequence[Picture], labels: Sequence[Label], drawn: Mapping[str, list[Drawn]]) -> Files:
    """Two files. A picture with something drawn on it comes with that as its annotation."""
    yield "tasks.json", as_json([_task(one, labels, drawn.get(one.name, ())) for one in pictures])
    yield "labeling_config.xml", _config(labels).encode()


def _task(picture: Picture, labels: Sequence[Label], drawn: Sequence[Drawn]) -> dict[str, Any]:
    task: dict[str, Any] = {"data": {"image": LOCAL_FILES + quote(picture.path)}}
    shapes = [one for one in drawn if kind_of(one) != "tag"]
    tags = [label_of(one, labels).name for one in drawn if kind_of(one) == "tag"]
    results = [_result(f"r{index}", one, picture, labels) for index, one in enumerate(shapes, 1)]
    if tags:
        value = {"choices": list(dict.fromkeys(tags))}
        results.append({"id": "tags", "type": "choices", "from_name": "tag", "to_name": "image", "value": value})
    return {**task, "annotations": [{"result": [one for one in results if one]}]} if results else task


def _result(id_: str, one: Drawn, picture: Picture, labels: Sequence[Label]) -> dict[str, Any] | None:
    label = label_of(one, labels).name
    value = _value(one, picture)
    control, name = _CONTROLS["mask" if is_pixels(one) else str(one.kind)]
    size = {"original_width": picture.columns, "original_height": picture.rows, "image_rotation": 0}
    head = {"id": id_, "type": control.lower(), "from_name": name, "to_name": "image"}
    return {**head, **size, "value": {**value, control.lower(): [label]}} if value else None


def _value(one: Drawn, picture: Picture) -> dict[str, Any] | None:
    """Runs of a brush, or points in percent; None for a mask without pixels."""
    if is_pixels(one):
        found = pixels_of(one, picture)
        if found is None:
            return None
        part, (left, top) = found
        whole = np.zeros((picture.rows, picture.columns), np.bool_)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = part
        return {"format": "rle", "rle": brush.encoded(whole)}
    percent = (one.rings[0] * 100 / (picture.columns, picture.rows)).tolist()
    if one.kind == "polygon":
        return {"points": percent, "closed": True}
    (x, y), *more = percent
    if one.kind == "point":
        return {"x": x, "y": y, "width": 0.5}
    return {"x": x, "y": y, "width": more[0][0] - x, "height": more[0][1] - y, "rotation": 0}


def _config(labels: Sequence[Label]) -> str:
    """The interface: a brush, outlines, boxes and points with these labels and colours, and the same as tags."""
    inside = [
        f"    <Label value={as_attribute(one.name)} background={as_attribute(hex_color(one))}/>" for one in labels
    ]
    lines = ["<View>", '  <Image name="image" value="$image" zoom="true" zoomControl="true"/>']
    for control, name in _CONTROLS.values():
        lines += [f'  <{control} name="{name}" toName="image">', *inside, f"  </{control}>"]
    lines.append('  <Choices name="tag" toName="image" choice="multiple">')
    lines += (f"    <Choice value={as_attribute(one.name)}/>" for one in labels)
    return "\n".join([*lines, "  </Choices>", "</View>", ""])
