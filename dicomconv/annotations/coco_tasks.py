"""COCO's JSON for tools that load it: pictures, labels, and what is drawn, masks as compressed runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.annotations import rle
from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import Files, Picture, as_json, is_pixels, label_of, number, pixels_of

NAME = "coco.json"


def write(pictures: Sequence[Picture], labels: Sequence[Label], drawn: Mapping[str, list[Drawn]]) -> Files:
    """One file. Ids of categories are the values of labels."""
    yield NAME, content(pictures, labels, (bodies(one, labels, drawn.get(one.name, ())) for one in pictures))


def bodies(picture: Picture, labels: Sequence[Label], drawn: Iterable[Drawn]) -> list[dict[str, Any]]:
    """The annotations of one picture without their ids: category, segmentation, bounding box and area."""
    found = ((label_of(one, labels).value, _body(one, picture)) for one in drawn)
    return [{"category_id": value, **body} for value, body in found if body]


def content(pictures: Sequence[Picture], labels: Sequence[Label], found: Iterable[list[dict[str, Any]]]) -> bytes:
    """The file. `found`: the annotations of each picture, as `bodies` gives them."""
    annotations: list[dict[str, Any]] = []
    for image_id, some in enumerate(found, 1):
        annotations += [
            {"id": number, "image_id": image_id, **body, "iscrowd": 0} for number, body in enumerate(some, len(annotations) + 1)
        ]
    return as_json({
        "images": [
            {"id": index, "file_name": one.name, "width": one.columns, "height": one.rows}
            for index, one in enumerate(pictures, 1)
        ],
        "categories": [
            {"id": one.value, "name": one.name, "supercategory": one.category.meaning, "color": list(one.color)}
            for one in labels
        ],
        "annotations": annotations,
    })  # fmt: skip


def _body(one: Drawn, picture: Picture) -> dict[str, Any] | None:
    """Segmentation, bounding box and area; None for a mask without pixels."""
    if is_pixels(one):
        found = pixels_of(one, picture)
        if found is None:
            return None
        part, (left, top) = found
        counts = rle.compressed(_runs(part, left, top, picture))
        segmentation = {"size": [picture.rows, picture.columns], "counts": counts}
        box = [left, top, part.shape[1], part.shape[0]]
        return {"segmentation": segmentation, "bbox": box, "area": int(part.sum())}
    (ring,) = one.rings
    corner, sides = ring.min(axis=0), np.ptp(ring, axis=0)
    outlines = [] if one.kind == "box" else [[number(each) for each in ring.ravel().tolist()]]
    across, down = (ring - corner).T
    area = abs(float(across @ np.roll(down, -1) - down @ np.roll(across, -1))) / 2  # the shoelace formula
    return {
        "segmentation": outlines,
        "bbox": [number(each) for each in (*corner.tolist(), *sides.tolist())],
        "area": number(float(np.prod(sides)) if one.kind == "box" else area),
    }


def _runs(part: NDArray[np.bool_], left: int, top: int, picture: Picture) -> list[int]:
    """The runs along columns of a whole picture's mask, of which only the columns of the part are looked at."""
    beside = np.zeros((part.shape[1], picture.rows), np.bool_)
    beside[:, top : top + part.shape[0]] = part.T
    lengths, rest = rle.runs_of(beside.ravel()), (picture.columns - left - part.shape[1]) * picture.rows
    lengths[0] += left * picture.rows
    if len(lengths) % 2:
        lengths[-1] += rest
        return lengths
    return [*lengths, rest] if rest else lengths
