"""The regions of one frame as a label map and what overlaps in it, and back: exact whatever overlaps."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import FrameKey, Region

Mask = NDArray[np.bool_]


class Overlap(NamedTuple):
    """Pixels of a frame that a label claims though a smaller one has them in the label map.

    `box`: row and column of the first pixel, rows, columns. `bits`: of the pixels of the box, row by row, eight to a
    byte, the highest bit first.
    """

    label: int
    box: tuple[int, int, int, int]
    bits: bytes


def drawn_on(regions: Iterable[Region], shape: tuple[int, int], dtype: str) -> tuple[NDArray[Any], list[Overlap]]:
    """The regions of one frame, in the order of their labels: the label map (rows, columns), and what overlaps."""
    labelmap, overlaps = np.zeros(shape, dtype), list[Overlap]()
    for one in regions:
        taken = (labelmap != 0) & one.mask
        labelmap[one.mask & ~taken] = one.label
        if taken.any():
            overlaps.append(_packed(one.label, taken))
    return labelmap, overlaps


def _packed(label: int, mask: Mask) -> Overlap:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left, bottom, right = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    bits = np.packbits(mask[top:bottom, left:right]).tobytes()
    return Overlap(label, (top, left, bottom - top, right - left), bits)


def unpacked(one: Overlap, shape: tuple[int, int]) -> Mask:
    """The pixels of an overlap: (rows, columns) bool. ValueError if it does not lie in the frame, or bits lack."""
    top, left, rows, columns = one.box
    mask: Mask = np.zeros(shape, np.bool_)
    if top + rows > shape[0] or left + columns > shape[1]:
        raise ValueError("outside of the frame")
    bits = np.unpackbits(np.frombuffer(one.bits, np.uint8), count=rows * columns)
    mask[top : top + rows, left : left + columns] = bits.reshape(rows, columns)
    return mask


def regions_of(key: FrameKey, labelmap: NDArray[Any], overlaps: Iterable[Overlap]) -> Iterator[Region]:
    """The regions of a frame, in the order of their labels."""
    labels = np.flatnonzero(np.bincount(labelmap[labelmap != 0])).tolist()
    masks: dict[int, Mask] = {label: labelmap == label for label in labels}
    for one in overlaps:
        more = unpacked(one, labelmap.shape)
        masks[one.label] = masks[one.label] | more if one.label in masks else more
    return (Region(key, label, mask) for label, mask in sorted(masks.items()))
