"""What a container's set has on the pictures of its frames, in pixels of these: the way that an import goes, back."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import FrameKey, Region, Shape
from dicomconv.annotations.drawn import Drawn, PictureRef
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.pipeline.annotate.records import Found
from dicomconv.pixels.on_picture import mask_on_picture
from dicomconv.pixels.on_picture import ring_on_picture as on_picture_points
from dicomconv.shapes import rasterised

Place = tuple[PictureRef, Found]


def drawn_of(stored: StoredSet, places: Mapping[FrameKey, Place]) -> Iterator[Drawn]:
    """Everything that a set has on these frames, as it is on their pictures.

    A region that is what polygons cover is told as these; any other as a mask, and the polygons with it are not.
    """
    names = {label.value: label.name for label in stored.labels}
    shapes: dict[tuple[FrameKey, int], list[Shape]] = defaultdict(list)
    for shape in stored.shapes:
        if shape.key in places:
            shapes[shape.key, shape.label].append(shape)
    for region in stored.regions():
        if region.key in places:
            polygons = [one for one in shapes[region.key, region.label] if one.kind == "polygon"]
            if not _are_all(polygons, region):
                shapes[region.key, region.label] = [one for one in shapes[region.key, region.label] if one not in polygons]
                picture, found = places[region.key]
                yield Drawn("", picture, names[region.label], mask=on_picture(region.mask, found))
    for (key, label), found_shapes in shapes.items():
        for shape in found_shapes:
            picture, found = places[key]
            rings = tuple(ring_on_picture(ring, found) for ring in shape.rings)
            yield Drawn("", picture, names[label], shape.kind, rings=rings, object=shape.object)
    for tag in stored.tags:
        if tag.key is None or tag.key in places:
            yield Drawn("", places[tag.key][0] if tag.key else None, names[tag.label])


def _are_all(polygons: list[Shape], region: Region) -> bool:
    """Whether polygons cover a region and nothing else."""
    covered = np.zeros_like(region.mask)
    for one in polygons:
        covered |= rasterised(one.rings, *covered.shape)
    return bool(polygons) and np.array_equal(covered, region.mask)


def on_picture(mask: NDArray[np.bool_], found: Found) -> NDArray[np.bool_]:
    """A mask of stored pixels on a picture: of each of its pixels, the stored one that its centre lies in."""
    return mask_on_picture(mask, found.size, found.to_stored)


def ring_on_picture(ring: NDArray[np.float64], found: Found) -> NDArray[np.float64]:
    """An outline on stored pixels, on a picture."""
    return on_picture_points(ring, found.to_stored)
