"""What a set has on exported pictures, in pixels of these: pieces of masks, polygons, boxes; their pixels and their extent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import FrameKey, Region, Shape
from dicomconv.annotations.drawn import Drawn, PictureRef
from dicomconv.connected import cut, pieces
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.export.pictures import Taken
from dicomconv.pixels.on_picture import mask_on_picture, ring_on_picture
from dicomconv.shapes import rasterised

_NOT_SHOWN = {"polyline": "lines", "point": "points"}


class Source:
    """A set of one container."""

    def __init__(self, stored: StoredSet, *, in_pieces: bool) -> None:
        self._stored, self._in_pieces = stored, in_pieces
        self._names = {label.value: label.name for label in stored.labels}
        self._shapes: dict[FrameKey, list[Shape]] = defaultdict(list)
        for shape in stored.shapes:
            self._shapes[shape.key].append(shape)

    def on(self, taken: Taken) -> tuple[list[Drawn], Counter[str]]:
        """What is drawn on a picture; and what of it no layout can show, counted."""
        key = FrameKey(taken.shot.row.stack, taken.shot.row.frame)
        picture = PictureRef(taken.shot.row.name, taken.size)
        shapes, found, lost = self._shapes.get(key, []), list[Drawn](), Counter[str]()
        for region in self._stored.regions_on(key):
            polygons = [one for one in shapes if one.kind == "polygon" and one.label == region.label]
            if not _are_all(polygons, region):
                shapes = [one for one in shapes if one not in polygons]
                mask = mask_on_picture(region.mask, taken.size, taken.png_to_stored)
                lost["regions that are smaller than a pixel"] += not mask.any()
                made = in_pieces if self._in_pieces else whole
                found += made(mask, self._names[region.label], picture)
        for shape in shapes:
            if shape.kind in _NOT_SHOWN:
                lost[_NOT_SHOWN[shape.kind]] += 1
                continue
            rings = tuple(ring_on_picture(ring, taken.png_to_stored) for ring in shape.rings)
            found.append(Drawn("", picture, self._names[shape.label], shape.kind, rings=rings, object=shape.object))
        return found, lost


def _are_all(polygons: Sequence[Shape], region: Region) -> bool:
    """Whether polygons cover a region and nothing else."""
    if not polygons:
        return False
    covered = np.zeros_like(region.mask)
    for one in polygons:
        covered |= rasterised(one.rings, *covered.shape)
    return np.array_equal(covered, region.mask)


def whole(mask: NDArray[np.bool_], label: str, picture: PictureRef) -> Iterator[Drawn]:
    """A mask, cut to its box; nothing if it is empty."""
    part, offset = cut(mask)
    if part.size:
        yield Drawn("", picture, label, mask=part, offset=offset)


def in_pieces(mask: NDArray[np.bool_], label: str, picture: PictureRef) -> Iterator[Drawn]:
    """The pieces of a mask that hang together by the sides of pixels, each cut to its own box."""
    for number, (part, offset) in enumerate(pieces(mask), 1):
        yield Drawn("", picture, label, mask=part, offset=offset, object=number)


def part_of_mask(one: Drawn, size: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """The pixels of a mask or a polygon on a picture of `size` (columns, rows), cut to a box, and its column and row."""
    return (one.mask, one.offset) if one.mask is not None else cut(rasterised(one.rings, size[1], size[0]))


def box_of(one: Drawn, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what is drawn, cut to the picture, (0, 0) the outer corner of its first pixel."""
    if one.mask is not None:
        (left, top), (rows, columns) = one.offset, one.mask.shape
        return left, top, left + columns, top + rows
    points = np.clip(np.concatenate(one.rings), 0, size)
    (left_, top_), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left_, top_, right, bottom


def values_on(
    drawn: Sequence[Drawn], values: Mapping[str | int, int], size: tuple[int, int]
) -> tuple[NDArray[np.uint16], int]:
    """The value of each pixel, 0 for none, (rows, columns); and how many are claimed by several, which get the smallest."""
    canvas = np.zeros(size[::-1], np.uint16)
    several: NDArray[np.bool_] | None = None
    for one in sorted(_areas(drawn), key=lambda one: -values[one.label]):
        part, (left, top) = part_of_mask(one, size)
        below = canvas[top : top + part.shape[0], left : left + part.shape[1]]
        if (clash := part & (below != 0) & (below != values[one.label])).any():
            several = np.zeros(canvas.shape, np.bool_) if several is None else several
            several[top : top + part.shape[0], left : left + part.shape[1]] |= clash
        below[part] = values[one.label]
    return canvas, 0 if several is None else int(several.sum())


def _areas(drawn: Iterable[Drawn]) -> list[Drawn]:
    return [one for one in drawn if one.mask is not None or one.kind == "polygon"]
