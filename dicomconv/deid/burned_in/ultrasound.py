"""Where an ultrasound image says that its image data is: Sequence of Ultrasound Regions (PS3.3 C.8.5.5)."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.model import Box
from dicomconv.pixels.attributes import PixelFormat

CORNERS = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")
SMALLEST_SHARE = 0.1  # of the image: regions that cover less of it are not where the image is
BY = "outside of the ultrasound regions"


def regions(header: Header, format: PixelFormat) -> tuple[Box, ...]:
    """The regions; none if there are none, or if one of them is not within the image: it was cut or resized since."""
    try:
        items = header.items("SequenceOfUltrasoundRegions")
    except Malformed:
        return ()
    found = []
    for item in items:
        corners = [item.number(keyword) for keyword in CORNERS]
        if None in corners:
            return ()
        left, top, right, bottom = (int(corner or 0) for corner in corners)
        if not (0 <= left < right <= format.columns and 0 <= top < bottom <= format.rows):
            return ()
        found.append(Box(left, top, min(right + 1, format.columns), min(bottom + 1, format.rows)))
    covered = _mask(found, format).sum() if found else 0
    return tuple(found) if covered >= SMALLEST_SHARE * format.rows * format.columns else ()


def outside(inside: Iterable[Box], spared: Iterable[Box], format: PixelFormat) -> tuple[Box, ...]:
    """All of the image but these boxes, as few boxes that do not meet."""
    mask = ~(_mask(inside, format) | _mask(spared, format))
    return tuple(_rectangles(mask))


def _mask(boxes: Iterable[Box], format: PixelFormat) -> NDArray[np.bool_]:
    mask = np.zeros((format.rows, format.columns), np.bool_)
    for box in boxes:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def _rectangles(mask: NDArray[np.bool_]) -> Iterator[Box]:
    """Rectangles that make up a mask: in bands of equal rows, the runs of each."""
    changes = np.flatnonzero((mask[1:] != mask[:-1]).any(axis=1)) + 1
    edges = [0, *changes.tolist(), len(mask)]
    for top, bottom in pairwise(edges):
        row = np.concatenate([[False], mask[top], [False]])
        ends = np.flatnonzero(row[1:] != row[:-1]).tolist()
        yield from (Box(left, top, right, bottom, BY) for left, right in zip(ends[::2], ends[1::2], strict=True))
