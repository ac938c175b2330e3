"""BBox_List_2017.csv: boxes of an annotation set, in pixels of the exported pictures."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import FrameKey
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError
from dicomconv.export.findings import plain
from dicomconv.export.pictures import Taken
from dicomconv.pixels.square import Matrix

HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
OF_BOXES = {"Infiltration": "Infiltrate"}  # the list has another name for it than Data_Entry has
Line = tuple[str, str, float, float, float, float]
Corners = tuple[int, NDArray[np.float64], NDArray[np.float64]]  # label, first and last corner: (column, row), stored pixels


def boxes_of(drawn: Sequence[Taken], name: str, findings: Sequence[str]) -> tuple[list[Line], list[str]]:
    """The lines of the list: (x, y) of the upper left corner, width, height; and in sentences what has no place there.

    A polygon, or pixels without a shape, count as the box around them. UsageError if no container has the set.
    """
    known = {plain(finding): OF_BOXES.get(finding, finding) for finding in findings}
    lines, others, has_set = list[Line](), Counter[str](), False
    by_container: dict[object, list[Taken]] = {}
    for one in drawn:
        by_container.setdefault(one.shot.row.container, []).append(one)
    for some in by_container.values():
        with open_container(some[0].shot.row.container) as container:
            if name not in container.annotations:
                continue
            has_set, found = True, container.annotations[name]
            for one, label, corners in _each(found, some):
                if plain(label) in known:
                    lines.append((one.shot.file.rpartition("/")[2], known[plain(label)], *_in_picture(corners, one)))
                else:
                    others[label] += 1
    if drawn and not has_set:
        raise UsageError(f"no container here has an annotation set {name}")
    without = [f"{count} of {label}: no finding of the data set" for label, count in sorted(others.items())]
    return sorted(lines), [f"boxes: {sentence}" for sentence in without]


def _each(found: StoredSet, taken: Sequence[Taken]) -> Iterator[tuple[Taken, str, Corners]]:
    """The boxes of the pictures that are there."""
    pictures = {FrameKey(one.shot.row.stack, one.shot.row.frame): one for one in taken}
    shaped = set[tuple[FrameKey, int]]()
    for shape in found.shapes:
        if shape.key in pictures and shape.kind in ("box", "polygon"):
            shaped.add((shape.key, shape.label))
            points = np.concatenate(shape.rings)
            yield pictures[shape.key], found.label(shape.label).name, (shape.label, points.min(axis=0), points.max(axis=0))
    for region in found.regions():
        if region.key in pictures and (region.key, region.label) not in shaped:
            rows, columns = np.nonzero(region.mask)
            first = np.array([columns.min(), rows.min()], np.float64)
            last = np.array([columns.max() + 1, rows.max() + 1], np.float64)
            yield pictures[region.key], found.label(region.label).name, (region.label, first, last)


def _in_picture(corners: Corners, one: Taken) -> tuple[float, float, float, float]:
    """x, y, width, height in pixels of the picture; a corner of a pixel is at a whole number."""
    _, first, last = corners
    (x, y), (right, bottom) = (_corner(point, one.png_to_stored) for point in (first, last))
    return _whole(x), _whole(y), _whole(right - x), _whole(bottom - y)


def _whole(number: float) -> float:
    """A number without what arithmetic has added: the loader cuts 383.9999999999999 to 383."""
    return round(number, 9)


def _corner(point: NDArray[np.float64], matrix: Matrix) -> tuple[float, float]:
    """A corner of stored pixels as one of the picture; the matrix is of centres, which are half a pixel further."""
    across, _, left, _, down, top, *_ = matrix
    return (float(point[0]) - 0.5 - left) / across + 0.5, (float(point[1]) - 0.5 - top) / down + 0.5
