"""Annotation sets made up, and containers that have them."""

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv.annotation import AnnotationSet, Code, FrameKey, Label, Region, Shape, Tag
from dicomconv.container.annotations import add_set
from tests.container import build

ORGAN = Code("123037004", "SCT", "Anatomical Structure")
LABELS = (
    Label("liver", 1, (200, 80, 60), ORGAN, Code("10200004", "SCT", "Liver")),
    Label("tumour", 2, (250, 220, 0), ORGAN, Code("108369006", "SCT", "Neoplasm"), Code("7771000", "SCT", "Left")),
    Label("Gefäß", 40, (0, 0, 255), ORGAN, Code("59820001", "SCT", "Blood vessel")),
)
ROWS, COLUMNS, FRAMES = 4, 5, 3


def mask(*pixels: tuple[int, int], rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.bool_]:
    """A mask with these (row, column) pixels."""
    found = np.zeros((rows, columns), np.bool_)
    for pixel in pixels:
        found[pixel] = True
    return found


def box(top: int, left: int, bottom: int, right: int, **size: int) -> NDArray[np.bool_]:
    """A mask of a rectangle, bottom and right not included."""
    found = mask(**size)
    found[top:bottom, left:right] = True
    return found


def drawn(name: str = "reviewer-a", **changes: Any) -> AnnotationSet:
    """A set with two labels that overlap on frame 0, one on frame 2, a polygon and tags."""
    fields: dict[str, Any] = {
        "annotator": "R1",
        "origin": "coco",
        "source_sha256": ("ab" * 32,),
        "algorithm": "MANUAL",
        "labels": LABELS,
        "seen": frozenset(FrameKey(0, frame) for frame in range(FRAMES)),
        "regions": (
            Region(FrameKey(0, 0), 1, box(1, 1, 3, 4)),
            Region(FrameKey(0, 0), 2, box(2, 2, 4, 5)),
            Region(FrameKey(0, 2), 40, mask((0, 4))),
        ),
        "shapes": (Shape(FrameKey(0, 1), 1, "polygon", (np.array([[0.5, 0.25], [4, 0], [1 / 3, 3]]),), 7),),
        "tags": (Tag(None, 2), Tag(FrameKey(0, 1), 1)),
    }
    return AnnotationSet(name, **fields | changes)


def container(path: Path, *sets: AnnotationSet) -> Path:
    """A container of three slices with these sets."""
    build.pack(path, build.series(FRAMES), grid=True)
    for one in sets:
        add_set(path, one)
    return path


def plain(one: AnnotationSet) -> list[object]:
    """All of a set as values that can be compared."""
    return [
        *(one.name, one.annotator, one.origin, one.source_sha256, one.algorithm, one.labels, one.seen, one.tags),
        [(region.key, region.label, region.mask.tolist()) for region in one.regions],
        [(s.key, s.label, s.kind, s.object, [ring.tolist() for ring in s.rings]) for s in one.shapes],
    ]


KEYS = st.builds(FrameKey, st.just(0), st.integers(0, FRAMES - 1))
MASKS = st.integers(1, 2 ** (ROWS * COLUMNS) - 1).map(
    lambda bits: np.array([bits >> i & 1 for i in range(ROWS * COLUMNS)], bool).reshape(ROWS, COLUMNS)
)
POINTS = st.floats(-9, 9, width=32)
RINGS = st.lists(st.tuples(POINTS, POINTS), max_size=4).map(lambda points: np.array(points, "<f8").reshape(-1, 2))


@st.composite
def sets(draw: st.DrawFn) -> AnnotationSet:
    """Any set of a container of three slices."""
    values = draw(st.lists(st.integers(1, 65535), min_size=1, max_size=5, unique=True))
    labels = tuple(Label(f"label {v}", v, (v % 256, 0, 255), ORGAN, ORGAN) for v in values)
    label = st.sampled_from(values)
    regions = draw(st.dictionaries(st.tuples(KEYS, label), MASKS, max_size=8))
    shapes = st.builds(
        Shape, KEYS, label, st.sampled_from(["polygon", "box", "polyline", "point"]),
        st.lists(RINGS, max_size=3).map(tuple), st.integers(0, 9),
    )  # fmt: skip
    shapes_drawn = tuple(draw(st.lists(shapes, max_size=3)))
    tags = tuple(draw(st.lists(st.builds(Tag, st.none() | KEYS, label), max_size=3)))
    drawn_on = {key for key, _ in regions} | {s.key for s in shapes_drawn} | {t.key for t in tags if t.key}
    ordered = tuple(Region(key, value, regions[key, value]) for key, value in sorted(regions))
    seen = frozenset(draw(st.sets(KEYS)) | drawn_on)
    return drawn(labels=labels, regions=ordered, shapes=shapes_drawn, tags=tags, seen=seen)
