"""Pascal VOC's XML: boxes, a file for each picture.

Corners are pixels, counted from 1, and both belong to the box. That is what VOC says; CVAT and datumaro write coordinates
there, which is seen by their decimal points. So a file where any corner has one, or is 0, has coordinates.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dicomconv.annotations import outlines
from dicomconv.annotations.checked import Unreadable, guarded, number, size, text
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.files import each
from dicomconv.annotations.names import picture_name
from dicomconv.annotations.xml_elements import Element, elements

_NOT_READ = ("polygon", "robndbox", "segm", "mask")
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in a file, or in all of a folder. Of <owner>, <source> and <path> nothing is read."""
    yield from each(path, ".xml", _read)


def _read(path: Path) -> Iterator[Drawn | Fault]:
    try:
        roots = list(elements(path, ("annotation",)))
        if len(roots) != 1:
            raise Unreadable("there is no <annotation>; is this Pascal VOC?")
        yield from _annotation(roots[0])
    except Unreadable as error:
        yield Fault(error.place, error.reason)


def _annotation(root: Element) -> Iterator[Drawn | Fault]:
    frame = root.child("size")
    sides = (frame.text_of("width"), frame.text_of("height")) if frame else (None, None)
    picture = PictureRef(picture_name(root.text_of("filename")), size(*sides))
    objects = [one for one in root.children if one.name == "object"]
    first = 0 if _has_coordinates(objects) else 1
    for index, one in enumerate(objects, 1):
        place = f"line {one.line}"
        yield from guarded(place, _object, one, first, Drawn(place, picture, object=index))
    if not objects:
        yield Drawn(f"line {root.line}", picture, is_seen_only=True)


def _has_coordinates(objects: list[Element]) -> bool:
    boxes = [box for one in objects if (box := one.child("bndbox"))]
    said = [box.text_of(name) for box in boxes for name in _CORNERS]
    return any("." in one or one == "0" for one in said)


def _object(one: Element, first: int, bare: Drawn) -> list[Drawn]:
    for name in _NOT_READ:
        if one.child(name):
            raise Unreadable(f"<{name}> is not read, boxes are")
    box = one.child("bndbox")
    if box is None:
        raise Unreadable("there is no <bndbox>")
    left, top, right, bottom = (number(box.text_of(name), name) for name in _CORNERS)
    if right < left or bottom < top:
        raise Unreadable("the box ends before it begins")
    kind, rings = outlines.box(left - first, top - first, right, bottom)
    return [replace(bare, label=text(one.text_of("name"), "the name"), kind=kind, rings=rings)]
