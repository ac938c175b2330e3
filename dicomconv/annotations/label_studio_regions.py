"""One result of Label Studio as what is drawn: points in percent of a picture, or brush strokes."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Kind
from dicomconv.annotations import brush, outlines
from dicomconv.annotations.checked import Unreadable, number, record, ring, series, size, text
from dicomconv.annotations.drawn import Drawn, PictureRef

_GEOMETRY = ("rle", "points", "radiusX", "width", "x")  # keys of a value, the first that is there says what it is
_NOT_READ = ("vertices", "imageDataURL", "sequence", "start", "vertexlabels")
Size = tuple[int, int] | None


def labels_of(result: dict[str, Any]) -> list[str]:
    """The labels that a result gives its shape, if any."""
    value = result.get("value")
    if not isinstance(value, dict):
        return []
    lists = (said for key, said in value.items() if key.endswith("labels") and isinstance(said, list))
    return [one.strip() for said in lists for one in said if isinstance(one, str) and one.strip()]


def is_drawn(result: dict[str, Any]) -> bool:
    """Whether a result has a shape."""
    value = result.get("value")
    return isinstance(value, dict) and any(key in value for key in _GEOMETRY)


def drawn(result: dict[str, Any], labels: list[str], picture: str, bare: Drawn) -> list[Drawn]:
    """What a result draws, once for each of its labels; nothing if it only gives labels to a shape of another result."""
    value = record(result.get("value"), "the value")
    if any(key in value for key in _NOT_READ):
        raise Unreadable("results of this type are not read")
    shown = size(result.get("original_width"), result.get("original_height"))
    bare = replace(bare, picture=PictureRef(picture, shown))
    what = next((key for key in _GEOMETRY if key in value), None)
    if what is None and "choices" in value:
        choices = series(value["choices"], "choices")
        return [replace(bare, label=text(one, "the name of a choice"), object=0) for one in choices]
    if what is None and labels_of(result):
        return []
    if what is None:
        raise Unreadable("results of this type are not read")
    if "choices" in value:  # of the shape, not of the picture
        return []
    if not labels:
        raise Unreadable("the shape has no label")
    if number(result.get("image_rotation") or 0, "image_rotation") % 360:
        raise Unreadable("the picture was turned in the tool; turn it back")
    shape = _shape(what, value, bare, shown)
    return [replace(shape, label=label) for label in labels]


def _shape(what: str, value: dict[str, Any], bare: Drawn, shown: Size) -> Drawn:
    if what == "rle":
        if shown is None:
            raise Unreadable("a brush needs original_width and original_height")
        mask = brush.decoded(value["rle"], shown[1], shown[0])
        return replace(bare, mask=mask) if mask.any() else replace(bare, is_seen_only=True)
    kind, rings = _outline(what, value, np.array(shown or (1, 1), np.float64) / 100, is_sized=shown is not None)
    return replace(bare, kind=kind, rings=rings, is_normalised=shown is None)


def _outline(
    what: str, value: dict[str, Any], scale: NDArray[np.float64], *, is_sized: bool
) -> tuple[Kind, tuple[NDArray[np.float64], ...]]:
    """A shape in pixels, or where no size is known in parts of the picture. `scale`: of a percent."""
    if what == "points":
        is_closed = value.get("closed", True) is not False
        return "polygon" if is_closed else "polyline", (ring(value["points"], 3 if is_closed else 2) * scale,)
    across, down = scale.tolist()
    x, y = number(value.get("x"), "x") * across, number(value.get("y"), "y") * down
    degrees = number(value.get("rotation") or 0, "rotation")
    if degrees % 360 and not is_sized:
        raise Unreadable("a turned shape needs original_width and original_height")
    if what == "radiusX":
        radii = number(value["radiusX"], "radiusX") * across, number(value.get("radiusY"), "radiusY") * down
        return outlines.ellipse((x, y), radii, degrees)
    if what == "width" and "height" in value:
        sides = number(value["width"], "width") * across, number(value["height"], "height") * down
        return outlines.turned_box((x, y), sides, degrees, about=(x, y))
    return "point", (np.array([(x, y)]),)
