"""COCO's JSON of instances: polygons, runs and boxes; see cocodataset.org, "Data format"."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dicomconv.annotations import json_text, nested, rle
from dicomconv.annotations.checked import Unreadable, guarded, number, record, ring, series, size, text, whole
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.names import picture_name

Id = int | str


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in a file of COCO, and the pictures in it on which nothing is.

    Several rings of an annotation are united; one that lies within another is a hole of it. Of the rest of the file
    (licences, addresses, who contributed) nothing is read.
    """
    try:
        yield from _read(json_text.read_text(path))
    except Unreadable as error:
        yield Fault(error.place, error.reason)


def _read(content: str) -> Iterator[Drawn | Fault]:
    begins = json_text.members(content)
    for key in ("images", "annotations", "categories"):
        if key not in begins:
            raise Unreadable(f"there is no list of {key}; is this COCO of instances?")
    pictures, faults = _pictures(json_text.elements_at(content, begins["images"]))
    yield from faults
    labels = _labels(json_text.elements_at(content, begins["categories"]))
    unseen = dict(pictures)
    for index, one in enumerate(json_text.elements_at(content, begins["annotations"]), 1):
        place = f"annotation {index}" + (f" (id {one['id']})" if _has_plain_id(one) else "")
        if isinstance(one, dict) and isinstance(one.get("image_id"), Id):
            unseen.pop(one["image_id"], None)
        yield from guarded(place, _Annotation(one, place, index, pictures, labels).drawn)
    for picture in unseen.values():
        yield Drawn("the list of images", picture, is_seen_only=True)


def _has_plain_id(one: Any) -> bool:
    return isinstance(one, dict) and type(one.get("id")) is int and 0 <= one["id"] < 1 << 63


def _id(value: Any, what: str) -> Id:
    if type(value) is not int and not isinstance(value, str):
        raise Unreadable(f"{what} is neither a number nor a text")
    return value


def _pictures(images: Iterator[Any]) -> tuple[dict[Id, PictureRef], list[Fault]]:
    found: dict[Id, PictureRef] = {}
    faults = []
    for index, one in enumerate(images, 1):
        try:
            image = record(one, "the image")
            found[_id(image.get("id"), "its id")] = PictureRef(
                picture_name(image.get("file_name")), size(image.get("width"), image.get("height"))
            )
        except Unreadable as error:
            faults.append(Fault(f"image {index}", error.reason))
    return found, faults


def _labels(categories: Iterator[Any]) -> dict[Id, str]:
    found: dict[Id, str] = {}
    for index, one in enumerate(categories, 1):
        try:
            category = record(one, "the category")
            found[_id(category.get("id"), "its id")] = text(category.get("name"), "its name")
        except Unreadable as error:
            raise Unreadable(error.reason, f"category {index}") from None
    return found


class _Annotation:
    """One annotation, and what it refers to."""

    def __init__(self, one: Any, place: str, index: int, pictures: dict[Id, PictureRef], labels: dict[Id, str]) -> None:
        self._one, self._place, self._index = one, place, index
        self._pictures, self._labels = pictures, labels

    def drawn(self) -> list[Drawn]:
        one = record(self._one, "the annotation")
        picture = self._pictures.get(_id(one.get("image_id"), "image_id"))
        label = self._labels.get(_id(one.get("category_id"), "category_id"))
        if picture is None or label is None:
            missing = "image" if picture is None else "category"
            raise Unreadable(f"the file has no {missing} of the id that it refers to")
        if any(one.get("keypoints") or ()) if isinstance(one.get("keypoints"), list) else one.get("keypoints"):
            raise Unreadable("keypoints are not read")
        return self._shapes(one, Drawn(self._place, picture, label, object=0 if one.get("iscrowd") else self._index))

    def _shapes(self, one: dict[str, Any], bare: Drawn) -> list[Drawn]:
        segmentation = one.get("segmentation")
        if isinstance(segmentation, dict):
            return [_masked(bare, segmentation)]
        if segmentation:
            rings = [ring(flat) for flat in series(segmentation, "segmentation")]
            return [_with(bare, kind="polygon", rings=group) for group in nested.groups(rings)]
        if "bbox" not in one:
            raise Unreadable("it has neither a segmentation nor a bbox")
        box = series(one["bbox"], "bbox")
        if len(box) != 4:
            raise Unreadable("bbox is not left, top, width and height")
        left, top, width, height = (number(edge, "an edge of bbox") for edge in box)
        if width <= 0 or height <= 0:
            raise Unreadable("bbox has no width or no height")
        return [_with(bare, kind="box", rings=(np.array([(left, top), (left + width, top + height)]),))]


def _with(bare: Drawn, **fields: Any) -> Drawn:
    return Drawn(bare.place, bare.picture, bare.label, object=bare.object, **fields)


def _masked(bare: Drawn, segmentation: dict[str, Any]) -> Drawn:
    """Runs along columns; of `size`, rows come first."""
    said = series(segmentation.get("size"), "size of the runs")
    if len(said) != 2:
        raise Unreadable("size of the runs is not rows and columns")
    rows, columns = (whole(side, "a side of the runs", 1) for side in said)
    known = bare.picture.size if bare.picture else None
    if known not in (None, (columns, rows)):
        raise Unreadable(f"its runs are of {columns} x {rows} pixels (columns x rows), its image is of another size")
    mask, offset = rle.along_columns(rle.runs(segmentation.get("counts"), rows * columns), rows, columns)
    return _with(bare, mask=mask, offset=offset) if mask.size else Drawn(bare.place, bare.picture, is_seen_only=True)
