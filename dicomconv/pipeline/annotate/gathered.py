"""What comes onto the frames of one container, as it is collected: masks packed, so that memory holds them all."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Algorithm, AnnotationSet, FrameKey, Label, Region, Shape, Tag


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A mask by the rows and columns that it fills. `bits` of these, eight to a byte."""

    shape: tuple[int, int]
    rows: slice
    columns: slice
    bits: NDArray[np.uint8] = field(repr=False)

    def mask(self) -> NDArray[np.bool_]:
        """The whole: (rows, columns) bool."""
        whole = np.zeros(self.shape, np.bool_)
        height, width = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        part = np.unpackbits(self.bits, count=height * width).reshape(height, width)
        whole[self.rows, self.columns] = part
        return whole


def packed(mask: NDArray[np.bool_]) -> Packed:
    """A mask, of which at least one pixel is set, packed."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    part = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    height, width = mask.shape
    return Packed((height, width), *part, np.packbits(mask[part]))


@dataclass(slots=True)
class Gathered:
    """Everything for one container."""

    seen: set[FrameKey] = field(default_factory=set)
    shapes: list[Shape] = field(default_factory=list)
    tags: dict[Tag, None] = field(default_factory=dict)
    _masks: dict[tuple[FrameKey, int], Packed] = field(default_factory=dict)

    def add_mask(self, key: FrameKey, label: int, mask: NDArray[np.bool_]) -> None:
        """Add pixels of a label to those that it has on this frame."""
        known = self._masks.get((key, label))
        self._masks[key, label] = packed(mask if known is None else mask | known.mask())
        self.seen.add(key)

    def regions(self) -> Iterator[Region]:
        """One region for each frame and label, in their order, unpacked one by one."""
        for key, label in sorted(self._masks):
            yield Region(key, label, self._masks[key, label].mask())

    @property
    def region_count(self) -> int:
        """How many regions there are."""
        return len(self._masks)

    @property
    def values(self) -> set[int]:
        """The values of the labels that occur."""
        masks, shapes = {label for _, label in self._masks}, {shape.label for shape in self.shapes}
        return masks | shapes | {tag.label for tag in self.tags}

    def set_of(self, about: AnnotationSet) -> AnnotationSet:
        """The set without its regions; `about` has what is the same in all containers."""
        shapes = tuple(sorted(self.shapes, key=lambda shape: (shape.key, shape.label)))
        return AnnotationSet(
            about.name, about.annotator, about.origin, about.source_sha256, about.algorithm, about.labels,
            frozenset(self.seen), (), shapes, tuple(self.tags),
        )  # fmt: skip


def empty_set(
    name: str, annotator: str, origin: str, digests: tuple[str, ...], algorithm: Algorithm, labels: tuple[Label, ...]
) -> AnnotationSet:
    """A set with nothing on it yet."""
    return AnnotationSet(name, annotator, origin, digests, algorithm, labels, frozenset(), ())
