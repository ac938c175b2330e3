"""The tables of an annotation set, read: overlaps, shapes, tags."""

import itertools
from typing import Any

import h5py

from dicomconv.annotation import FrameKey, Shape, Tag
from dicomconv.container import schema
from dicomconv.container.columns import read_column
from dicomconv.container.set_frames import Overlap


def read_overlaps(group: h5py.Group) -> dict[int, list[Overlap]]:
    """The overlaps of each frame that has any."""
    frames, labels, boxes, starts = (read_column(group[name]).tolist() for name in schema.OVERLAP_COLUMNS)
    bits, found = read_column(group[schema.OVERLAP_BITS]).tobytes(), dict[int, list[Overlap]]()
    stops = [*starts[1:], len(bits)][: len(starts)]
    for frame, label, box, start, stop in zip(frames, labels, boxes, starts, stops, strict=True):
        found.setdefault(frame, []).append(Overlap(label, tuple(box), bits[start:stop]))
    return found


def read_shapes(group: h5py.Group) -> tuple[Shape, ...]:
    """The shapes of a set, with their rings."""
    table, points = group[schema.SHAPES], read_column(group[schema.POINTS])
    starts, ends = (read_column(one).tolist() for one in (table[schema.RING_START], group[schema.RINGS]))
    rings = [points[start:stop] for start, stop in itertools.pairwise(ends)]
    columns = [read_column(table[name]).tolist() for name in schema.SHAPE_COLUMNS]
    return tuple(
        Shape(FrameKey(stack, frame), label, schema.SHAPE_KINDS[kind], tuple(rings[start:stop]), number)
        for stack, frame, label, kind, number, start, stop in zip(*columns, starts[:-1], starts[1:], strict=True)
    )


def read_tags(group: h5py.Group) -> tuple[Tag, ...]:
    """The tags of a set."""
    columns: list[list[Any]] = [read_column(group[name]).tolist() for name in schema.TAG_COLUMNS]
    rows = zip(*columns, strict=True)
    return tuple(Tag(None if stack < 0 else FrameKey(stack, frame), label) for stack, frame, label in rows)
