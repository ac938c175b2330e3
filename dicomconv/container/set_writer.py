"""Writes one annotation set into a container that is open for writing: frame by frame, the same bytes each time."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import AnnotationSet, FrameKey, Region, Shape, merged
from dicomconv.container import schema
from dicomconv.container.chunks import encode_frame
from dicomconv.container.columns import write_column, write_number, write_text
from dicomconv.container.digest import set_digest
from dicomconv.container.set_frames import Overlap, drawn_on
from dicomconv.container.set_labels import labels_text
from dicomconv.errors import UsageError

Sizes = list[tuple[int, int, int]]  # frames, rows, columns of each stack


def write_set(file: h5py.File, one: AnnotationSet, regions: Iterable[Region], sizes: Sizes, root_sha256: str) -> None:
    """Write a set that was checked. `regions`: frame by frame, in the order of frames; UsageError where they are not."""
    group = _set_group(file, one, root_sha256)
    dtype = "<u2" if max((label.value for label in one.labels), default=0) > np.iinfo(np.uint8).max else "|u1"
    stacks = [_StackWriter(group.create_group(str(k)), size, dtype) for k, size in enumerate(sizes)]
    seen = set(one.seen) | {shape.key for shape in one.shapes} | {tag.key for tag in one.tags if tag.key}
    for key, found in _by_frame(regions):
        stacks[key.stack].add(key.frame, found)
        seen.add(key)
    for number, stack in enumerate(stacks):
        stack.finish([key.frame for key in seen if key.stack == number])
    _write_shapes(group, one.shapes)
    tags = [(*((tag.key.stack, tag.key.frame) if tag.key else (-1, -1)), tag.label) for tag in one.tags]
    _write_rows(group.create_group(schema.TAGS), schema.TAG_COLUMNS, tags)
    file.flush()
    write_text(group, schema.SHA256, set_digest(group).hex())


def _set_group(file: h5py.File, one: AnnotationSet, root_sha256: str) -> h5py.Group:
    sets = file.require_group(schema.ANNOTATIONS)
    number = 1 + max((int(before.attrs[schema.SET_NUMBER]) for before in sets.values()), default=0)
    group = sets.create_group(one.name)
    texts = {
        schema.SET_VERSION: schema.ANNOTATION_VERSION,
        "annotator": one.annotator,
        "origin": one.origin,
        "source_sha256": "\\".join(one.source_sha256),
        "algorithm": one.algorithm,
        schema.SET_LABELS: labels_text(one.labels),
        schema.ROOT_SHA256: root_sha256,
    }
    for name, text in texts.items():
        write_text(group, name, text)
    write_number(group, schema.SET_NUMBER, number)
    return group


def _by_frame(regions: Iterable[Region]) -> Iterator[tuple[FrameKey, tuple[Region, ...]]]:
    last: FrameKey | None = None
    for key, found in itertools.groupby(regions, lambda region: region.key):
        if last is not None and key < last:
            raise UsageError("the regions of an annotation set have to come in the order of their frames")
        last = key
        if kept := merged(found):
            yield key, kept


@dataclass(slots=True)
class _StackWriter:
    """What was drawn on the frames of one stack, while it is written."""

    group: h5py.Group
    size: tuple[int, int, int]
    dtype: str
    labelmap: h5py.Dataset = field(init=False)
    digests: NDArray[np.uint8] = field(init=False)
    overlaps: list[tuple[int, Overlap]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labelmap = self.group.create_dataset(
            schema.LABELMAP,
            shape=self.size,
            chunks=(1, *self.size[1:]),
            dtype=self.dtype,
            fillvalue=0,
            compression="gzip",
            compression_opts=6,
            shuffle=np.dtype(self.dtype).itemsize > 1,
        )
        self.digests = np.zeros((self.size[0], 32), np.uint8)

    def add(self, frame: int, regions: tuple[Region, ...]) -> None:
        """Write the regions of one frame."""
        values, overlaps = drawn_on(regions, self.size[1:], self.dtype)
        encoded = encode_frame(values, "small")
        self.labelmap.id.write_direct_chunk((frame, 0, 0), encoded.chunk)
        self.digests[frame] = np.frombuffer(encoded.sha256, np.uint8)
        self.overlaps += [(frame, one) for one in overlaps]

    def finish(self, seen: list[int]) -> None:
        """Write what stands beside the label map."""
        write_column(self.group, schema.SHA256, self.digests)
        flags = np.zeros(self.size[0], "|u1")
        flags[seen] = 1
        write_column(self.group, schema.SEEN, flags)
        group, bits = self.group.create_group(schema.OVERLAPS), b"".join(one.bits for _, one in self.overlaps)
        starts = itertools.accumulate((len(one.bits) for _, one in self.overlaps), initial=0)
        rows = [(frame, one.label, one.box, start) for (frame, one), start in zip(self.overlaps, starts, strict=False)]
        _write_rows(group, schema.OVERLAP_COLUMNS, rows)
        write_column(group, schema.OVERLAP_BITS, np.frombuffer(bits, np.uint8))


def _write_shapes(group: h5py.Group, shapes: tuple[Shape, ...]) -> None:
    kinds = {name: number for number, name in enumerate(schema.SHAPE_KINDS)}
    rows = [(one.key.stack, one.key.frame, one.label, kinds[one.kind], one.object) for one in shapes]
    table = group.create_group(schema.SHAPES)
    _write_rows(table, schema.SHAPE_COLUMNS, rows)
    write_column(table, schema.RING_START, _starts(len(one.rings) for one in shapes))
    rings = [np.asarray(ring, "<f8").reshape(-1, 2) for one in shapes for ring in one.rings]
    write_column(group, schema.RINGS, _starts(map(len, rings)))
    write_column(group, schema.POINTS, np.concatenate([np.empty((0, 2), "<f8"), *rings]))


def _starts(counts: Iterable[int]) -> NDArray[np.uint64]:
    return np.array(list(itertools.accumulate(counts, initial=0)), "<u8")


def _write_rows(group: h5py.Group, columns: dict[str, str], rows: list[Any]) -> None:
    for place, (name, dtype) in enumerate(columns.items()):
        values = np.array([row[place] for row in rows], dtype)
        write_column(group, name, values.reshape(len(rows), 4) if name == "box" else values)
