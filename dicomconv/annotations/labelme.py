"""labelme's JSON, a file for each picture: polygons, rectangles, circles, lines, points, masks; flags as tags."""

import base64
import binascii
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicomconv.annotations import json_text, outlines
from dicomconv.annotations.checked import Unreadable, guarded, pixels, record, ring, series, size, text
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.files import each
from dicomconv.annotations.names import picture_name


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in a file, or in all of a folder. `imageData`, descriptions and flags of shapes are not read."""
    yield from each(path, ".json", _read)


def _read(path: Path) -> Iterator[Drawn | Fault]:
    try:
        content = record(json_text.value(json_text.read_text(path)), "the file")
        shapes, flags = series(content.get("shapes"), "the list of shapes"), record(content.get("flags") or {}, "flags")
        shown = size(content.get("imageWidth"), content.get("imageHeight"))
        picture = PictureRef(picture_name(content.get("imagePath")), shown)
    except Unreadable as error:
        yield Fault(error.place, error.reason)
        return
    set_flags = [name for name, is_set in flags.items() if is_set is True]
    for name in set_flags:
        yield from guarded("flags", _flag, name, picture)
    objects: dict[int, int] = {}
    for index, shape in enumerate(shapes, 1):
        number = _object(shape, index, objects)
        yield from guarded(f"shape {index}", _shape, shape, Drawn(f"shape {index}", picture, object=number))
    if not shapes and not set_flags:
        yield Drawn("the list of shapes", picture, is_seen_only=True)


def _object(shape: Any, index: int, objects: dict[int, int]) -> int:
    """The number of the object that a shape is of: its own, or that of the first shape of its group."""
    group = shape.get("group_id") if isinstance(shape, dict) else None
    return objects.setdefault(group, index) if type(group) is int else index


def _flag(name: str, picture: PictureRef) -> list[Drawn]:
    return [Drawn("flags", picture, text(name, "the name of a flag"))]


def _shape(said: Any, bare: Drawn) -> list[Drawn]:
    shape = record(said, "the shape")
    bare = replace(bare, label=text(shape.get("label"), "the label"))
    kind, points = shape.get("shape_type") or "polygon", shape.get("points")
    if kind == "mask":
        return [_mask(shape.get("mask"), ring(points, 2), bare)]
    if kind in ("point", "points"):
        return [replace(bare, kind="point", rings=(point[None],)) for point in ring(points, 1)]
    if kind in ("line", "linestrip"):
        return [replace(bare, kind="polyline", rings=(ring(points, 2),))]
    found, rings = _outline(kind, points)
    return [replace(bare, kind=found, rings=rings)]


def _outline(kind: Any, points: Any) -> outlines.Outline:
    if kind == "circle":  # its center and a point on it
        center, edge = ring(points, 2)[:2]
        radius = float(np.hypot(*(edge - center)))
        return outlines.ellipse((float(center[0]), float(center[1])), (radius, radius))
    if kind == "rectangle" and len(series(points, "the list of points")) == 2:
        (left, top), (right, bottom) = ring(points, 2).tolist()
        return outlines.box(left, top, right, bottom)
    if kind in ("polygon", "rectangle", "oriented_rectangle"):
        return "polygon", (ring(points, 3),)
    raise Unreadable("shapes of this shape_type are not read")


def _mask(encoded: Any, corners: NDArray[np.float64], bare: Drawn) -> Drawn:
    """A PNG in base 64, and the first and last pixel of the box that it fills."""
    (left, top), (right, bottom) = corners[:2].tolist()
    if any(edge != int(edge) for edge in (left, top, right, bottom)) or left < 0 or top < 0:
        raise Unreadable("the corners of the mask are not pixels of the picture")
    mask = _decoded(text(encoded, "the mask"), (int(right - left) + 1, int(bottom - top) + 1))
    return replace(bare, mask=mask, offset=(int(left), int(top)))


def _decoded(encoded: str, expected: tuple[int, int]) -> NDArray[np.bool_]:
    """The mask, if it is of the expected columns and rows: so much memory is taken, and no more."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)), formats=("PNG",)) as image:
            if image.size != expected:
                raise Unreadable("the mask is not as large as the box that it fills")
            pixels(*image.size)
            return np.asarray(image.convert("L")) > 0
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        raise Unreadable("the mask is not a PNG in base 64 that can be read") from None
