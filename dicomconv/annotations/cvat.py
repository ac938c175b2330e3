"""CVAT's XML of images, 1.1: masks, polygons, boxes, ellipses, polylines, points and tags."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations import outlines, rle
from dicomconv.annotations.checked import Unreadable, guarded, number, ring, size, text, whole
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.names import picture_name
from dicomconv.annotations.xml_elements import Element, elements

_SHAPES = ("mask", "polygon", "box", "ellipse", "polyline", "points", "tag")
_NOT_READ = ("cuboid", "skeleton")


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in a file of CVAT, from the lowest layer of a picture to the highest.

    Turned boxes and ellipses become polygons. Of <meta> (owners, assignees, addresses) and of the attributes of shapes
    nothing is read.
    """
    try:
        for element in elements(path, ("image", "track")):
            if element.name == "track":
                yield Fault(_place(element), "tracks are not read; export the task as CVAT for images 1.1")
            else:
                yield from _image(element)
    except Unreadable as error:
        yield Fault(error.place, error.reason)


def _place(element: Element) -> str:
    return f"line {element.line}"


def _image(image: Element) -> Iterator[Drawn | Fault]:
    said = image.attributes
    try:
        picture = PictureRef(picture_name(said.get("name")), size(said.get("width"), said.get("height")))
    except Unreadable as error:
        yield Fault(_place(image), error.reason)
        return
    shapes = [one for one in image.children if one.name in (*_SHAPES, *_NOT_READ)]
    for index, shape in enumerate(sorted(shapes, key=_layer), 1):
        yield from guarded(_place(shape), _drawn, shape, Drawn(_place(shape), picture, object=index))
    if not shapes:
        yield Drawn(_place(image), picture, is_seen_only=True)


def _layer(shape: Element) -> int:
    try:
        return whole(shape.attributes.get("z_order", "0"), "z_order", -(1 << 20))
    except Unreadable:
        return 0


def _drawn(shape: Element, bare: Drawn) -> list[Drawn]:
    if shape.name in _NOT_READ:
        raise Unreadable(f"a {shape.name} is not read")
    bare = replace(bare, label=text(shape.attributes.get("label"), "the label"))
    if shape.name == "tag":
        return [replace(bare, object=0)]
    if shape.name == "mask":
        return [_mask(shape, bare)]
    if shape.name in ("box", "ellipse"):
        kind, rings = _box(shape) if shape.name == "box" else _ellipse(shape)
        return [replace(bare, kind=kind, rings=rings)]
    if shape.name == "points":
        return [replace(bare, kind="point", rings=(point[None],)) for point in _points(shape, 1)]
    if shape.name == "polyline":
        return [replace(bare, kind="polyline", rings=(_points(shape, 2),))]
    return [replace(bare, kind="polygon", rings=(_points(shape, 3),))]


def _points(shape: Element, at_least: int) -> NDArray[np.float64]:
    """`points`: "column,row;column,row"."""
    pairs = [pair.split(",") for pair in shape.attributes.get("points", "").split(";")]
    return ring([[number(one, "a coordinate") for one in pair] for pair in pairs], at_least)


def _numbers(shape: Element, *names: str) -> tuple[float, ...]:
    return tuple(number(shape.attributes.get(name), name) for name in names)


def _box(shape: Element) -> outlines.Outline:
    """Turned about its middle."""
    left, top, right, bottom = _numbers(shape, "xtl", "ytl", "xbr", "ybr")
    degrees = number(shape.attributes.get("rotation", "0"), "rotation")
    middle = (left + right) / 2, (top + bottom) / 2
    return outlines.turned_box((left, top), (right - left, bottom - top), degrees, about=middle)


def _ellipse(shape: Element) -> outlines.Outline:
    x, y, rx, ry = _numbers(shape, "cx", "cy", "rx", "ry")
    return outlines.ellipse((x, y), (rx, ry), number(shape.attributes.get("rotation", "0"), "rotation"))


def _mask(shape: Element, bare: Drawn) -> Drawn:
    """Runs along the rows of a box, and where that lies."""
    said = shape.attributes
    columns, rows = whole(said.get("width"), "width", 1), whole(said.get("height"), "height", 1)
    left, top = (whole(said.get(name), name) for name in ("left", "top"))
    counts = [one.strip() for one in said.get("rle", "").split(",")]
    if not all(one.isascii() and one.isdigit() and len(one) < 14 for one in counts):
        raise Unreadable("its runs are not whole numbers between commas")
    mask = rle.along_rows(rle.runs([int(one) for one in counts], rows * columns), rows, columns)
    known = bare.picture.size if bare.picture else None
    if known and (left + columns > known[0] or top + rows > known[1]):
        raise Unreadable("the mask reaches beyond its image")
    return replace(bare, mask=mask, offset=(left, top))
