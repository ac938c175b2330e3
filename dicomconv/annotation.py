"""What somebody drew on the frames of a container, as records; stored pixels are what it lies on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["polygon", "box", "polyline", "point"]
Algorithm = Literal["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"]  # Segment Algorithm Type, PS3.3 C.8.20.2
LARGEST_LABEL = 65535


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: Code Value, Coding Scheme Designator, Code Meaning (PS3.3 8.8)."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Label:
    """What may be drawn: its name in annotation tools, its value in label maps, its colour and its codes.

    `value`: 1 to 65535. `color`: red, green, blue, 0 to 255. `category` and `type`: Segmented Property Category and
    Type (PS3.3 C.8.20.4); `modifier`: of the type, such as a side.
    """

    name: str
    value: int
    color: tuple[int, int, int]
    category: Code
    type: Code
    modifier: Code | None = None


@dataclass(frozen=True, slots=True, order=True)
class FrameKey:
    """A frame of a container: number of its stack, and its place in that; both 0-based."""

    stack: int
    frame: int


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The pixels of one frame that carry a label. `mask`: (rows, columns) bool, of the stored pixels."""

    key: FrameKey
    label: int
    mask: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A shape of one frame, or several rings of it.

    `rings`: each (n, 2) float64, column and row, where (0, 0) is the outer corner of the first stored pixel, its centre
    (0.5, 0.5) and (columns, rows) the outer corner of the last (PS3.3 C.10.5, C.18.6). A polygon: outlines, open (the
    last point is not the first again); what lies within an odd number of them is inside. A box: two corners, smaller
    first. `object`: tells objects of one label apart, 0 where the source does not.
    """

    key: FrameKey
    label: int
    kind: Kind
    rings: tuple[NDArray[np.float64], ...] = field(repr=False)
    object: int = 0


@dataclass(frozen=True, slots=True)
class Tag:
    """A label of a whole frame, or where `key` is None of the whole series."""

    key: FrameKey | None
    label: int


@dataclass(frozen=True, slots=True, eq=False)
class AnnotationSet:
    """Everything that came in at one time, from one annotator.

    `name`: of the set in its container. `annotator`: a pseudonym, may be empty. `origin`: the format that it came in.
    `source_sha256`: of each file that it came from, in hexadecimal. `seen`: the frames that the annotator had before
    them, whether or not anything is drawn on them. Polygons are in `shapes` and, as pixels, in `regions`; boxes,
    polylines and points in `shapes` alone. Regions may overlap; there is at most one for each frame and label.
    """

    name: str
    annotator: str
    origin: str
    source_sha256: tuple[str, ...]
    algorithm: Algorithm
    labels: tuple[Label, ...]
    seen: frozenset[FrameKey]
    regions: tuple[Region, ...] = field(repr=False)
    shapes: tuple[Shape, ...] = field(default=(), repr=False)
    tags: tuple[Tag, ...] = ()

    def label(self, value: int) -> Label:
        """The label of this value; KeyError if the set has none."""
        return next((one for one in self.labels if one.value == value), None) or _no_label(value)


def _no_label(value: int) -> Any:
    raise KeyError(value)


def merged(regions: Iterable[Region]) -> tuple[Region, ...]:
    """One region for each frame and label, in the order of frames and labels; empty ones are left out."""
    masks: dict[tuple[FrameKey, int], NDArray[np.bool_]] = {}
    for one in regions:
        known = masks.get((one.key, one.label))
        masks[one.key, one.label] = one.mask if known is None else known | one.mask
    ordered = sorted(masks.items(), key=lambda item: item[0])
    return tuple(Region(key, label, mask) for (key, label), mask in ordered if mask.any())
