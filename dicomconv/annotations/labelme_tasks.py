"""For labelme: a JSON file for each picture, beside it, and labels.txt for `labelme --labels`."""

import base64
import io
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from PIL import Image

from dicomconv.annotation import Label
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import Files, Picture, as_json, is_pixels, label_of, pixels_of

_TYPES = {"polygon": "polygon", "box": "rectangle", "polyline": "linestrip", "point": "point"}


def write(pictures: Sequence[Picture], labels: Sequence[Label], drawn: Mapping[str, list[Drawn]]) -> Files:
    """A file for each picture and one of labels; pixels of pictures are in none of them."""
    yield "labels.txt", "\n".join(["__ignore__", "_background_", *(one.name for one in labels), ""]).encode()
    for picture in pictures:
        name = str(PurePosixPath(picture.name).with_suffix(".json"))
        here = drawn.get(picture.name, ())
        tags = {label_of(one, labels).name: True for one in here if one.kind is None and one.mask is None}
        shapes = [_shape(one, picture, labels) for one in here if one.kind or one.mask is not None]
        yield name, as_json({
            "version": "5.5.0", "flags": tags, "shapes": [one for one in shapes if one],
            "imagePath": posixpath.relpath(picture.path, posixpath.dirname(name) or "."), "imageData": None,
            "imageHeight": picture.rows, "imageWidth": picture.columns,
        })  # fmt: skip


def _shape(one: Drawn, picture: Picture, labels: Sequence[Label]) -> dict[str, Any] | None:
    """A shape, or None for a mask without pixels."""
    head: dict[str, Any] = {"label": label_of(one, labels).name, "group_id": None, "description": "", "flags": {}}
    if not is_pixels(one):
        return {**head, "shape_type": _TYPES[str(one.kind)], "points": one.rings[0].tolist(), "mask": None}
    found = pixels_of(one, picture)
    if found is None:
        return None
    part, (left, top) = found
    file = io.BytesIO()
    Image.fromarray(part).save(file, "PNG")
    last = [left + part.shape[1] - 1, top + part.shape[0] - 1]
    encoded = base64.b64encode(file.getvalue()).decode()
    return {**head, "shape_type": "mask", "points": [[left, top], last], "mask": encoded}
