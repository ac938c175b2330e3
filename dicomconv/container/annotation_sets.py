"""An annotation set of a container, each part read when it is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self, get_args

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Algorithm, AnnotationSet, FrameKey, Label, Region, Shape, Tag
from dicomconv.container import schema
from dicomconv.container.annotation_maps import LabelMap
from dicomconv.container.columns import read_column, read_text, reads
from dicomconv.container.set_frames import Overlap, regions_of, unpacked
from dicomconv.container.set_labels import labels_of
from dicomconv.container.set_tables import read_overlaps, read_shapes, read_tags
from dicomconv.container.stack import Stack

_LABEL_TYPES = np.dtype("|u1"), np.dtype("<u2")


class SetSource(Protocol):
    """The open container that sets are in."""

    path: Path

    @property
    def file(self) -> h5py.File:
        """The HDF5 file."""

    @property
    def root_sha256(self) -> bytes:
        """The root digest."""

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks."""

    def dataset(self, name: str) -> h5py.Dataset:
        """The dataset of this name."""


class StoredSet:
    """One annotation set of a container: what somebody drew on its frames. May be pickled."""

    def __init__(self, container: SetSource, name: str) -> None:
        self._container, self.name = container, name
        self._place = f"{schema.ANNOTATIONS}/{name}"

    def __reduce__(self) -> tuple[type[Self], tuple[SetSource, str]]:
        return type(self), (self._container, self.name)

    def __repr__(self) -> str:
        return f"<StoredSet {self.name}>"

    @property
    def path(self) -> Path:
        """The file of the container."""
        return self._container.path

    @reads("attributes of an annotation set")
    def _text(self, name: str) -> str:
        return read_text(self._container.file[self._place], name)

    @property
    def annotator(self) -> str:
        """A pseudonym of who drew, may be empty."""
        return self._text("annotator")

    @property
    def origin(self) -> str:
        """The format that the set came in."""
        return self._text("origin")

    @property
    def version(self) -> str:
        """The version of the layout that the set is stored in."""
        return self._text(schema.SET_VERSION)

    @property
    def sha256(self) -> str:
        """The digest of the set, in hexadecimal."""
        return self._text(schema.SHA256)

    @property
    @reads("attributes of an annotation set")
    def algorithm(self) -> Algorithm:
        """How it was drawn: Segment Algorithm Type (PS3.3 C.8.20.2)."""
        known: dict[str, Algorithm] = {one: one for one in get_args(Algorithm)}
        return known[self._text("algorithm")]

    @property
    def source_sha256(self) -> tuple[str, ...]:
        """SHA-256 of each file that the set came from, in hexadecimal."""
        text = self._text("source_sha256")
        return tuple(text.split("\\")) if text else ()

    @property
    def root_sha256(self) -> str:
        """The root digest of the container that the set was drawn on, in hexadecimal."""
        return self._text(schema.ROOT_SHA256)

    @property
    def is_of_this_container(self) -> bool:
        """Whether the set was drawn on these very frames: a group may be copied from one file into another."""
        return self.root_sha256 == self._container.root_sha256.hex()

    @property
    @reads("attributes of an annotation set")
    def number(self) -> int:
        """The order in which the sets came in, from 1."""
        return int(self._container.file[self._place].attrs[schema.SET_NUMBER])

    @property
    @reads("labels of an annotation set")
    def labels(self) -> tuple[Label, ...]:
        """What could be drawn."""
        return labels_of(self._text(schema.SET_LABELS))

    def label(self, label: int | str) -> Label:
        """A label by its value or its name; KeyError if there is none."""
        for one in self.labels:
            if label in (one.value, one.name):
                return one
        raise NoSuchLabel(label)

    @property
    def labelmap(self) -> LabelMap:
        """(frames, rows, columns), of the only stack. ValueError if there are several: `labelmaps[k]` then."""
        if len(self.labelmaps) != 1:
            raise ValueError(f"there are {len(self.labelmaps)} stacks; take labelmaps[k] of one of them")
        return self.labelmaps[0]

    @property
    @reads("label maps of an annotation set")
    def labelmaps(self) -> tuple[LabelMap, ...]:
        """The label map of each stack: where labels overlap, the smallest of them."""
        sizes = [(len(one), one.format.rows, one.format.columns) for one in self._container.stacks]
        found = tuple(LabelMap(self._container, f"{self._place}/{k}/{schema.LABELMAP}") for k in range(len(sizes)))
        if [one.shape for one in found] != sizes or any(one.dtype not in _LABEL_TYPES for one in found):
            raise ValueError("not of the shape of its stack, or of another type")
        return found

    def mask(self, label: int | str, stack: int = 0, *, frame: int | None = None) -> NDArray[np.bool_]:
        """All pixels of a label, by value or name: (frames, rows, columns) bool, or (rows, columns) of one `frame`."""
        return self._mask(self.label(label).value, range(len(self.labelmaps))[stack], frame)

    @reads("label maps of an annotation set")
    def _mask(self, value: int, stack: int, frame: int | None) -> NDArray[np.bool_]:
        labelmap = self.labelmaps[stack]
        frames = range(len(labelmap)) if frame is None else [range(len(labelmap))[frame]]
        masks = np.zeros((len(frames), *labelmap.shape[1:]), np.bool_)
        more = self.overlaps_of(stack)
        for place, number in enumerate(frames):
            masks[place] = labelmap[number] == value
            for one in more.get(number, ()):
                if one.label == value:
                    masks[place] |= unpacked(one, labelmap.shape[1:])  # type: ignore[arg-type]
        return masks if frame is None else masks[0]

    @property
    @reads("overlaps of an annotation set")
    def overlaps(self) -> tuple[Region, ...]:
        """Pixels that a label claims besides the one that the label map shows, frame by frame."""
        return tuple(
            Region(FrameKey(stack, frame), one.label, unpacked(one, labelmap.shape[1:]))  # type: ignore[arg-type]
            for stack, labelmap in enumerate(self.labelmaps)
            for frame, found in self.overlaps_of(stack).items()
            for one in found
        )

    @reads("overlaps of an annotation set")
    def overlaps_of(self, stack: int) -> dict[int, list[Overlap]]:
        """The overlaps of each frame that has any, as they are stored."""
        return read_overlaps(self._container.file[f"{self._place}/{stack}/{schema.OVERLAPS}"])

    @property
    @reads("frames of an annotation set")
    def seen(self) -> frozenset[FrameKey]:
        """The frames that the annotator had before them, whether or not anything is drawn on them."""
        return frozenset(self._frames(schema.SEEN))

    @property
    @reads("frames of an annotation set")
    def drawn(self) -> tuple[FrameKey, ...]:
        """The frames that have a label on any pixel, in order."""
        return tuple(self._frames(schema.SHA256))

    def _frames(self, column: str) -> Iterator[FrameKey]:
        """The frames of which a column is not zero."""
        for stack in range(len(self.labelmaps)):
            values = read_column(self._container.dataset(f"{self._place}/{stack}/{column}"))
            marked = values.reshape(len(values), -1).any(axis=1)
            yield from (FrameKey(stack, int(frame)) for frame in np.flatnonzero(marked))

    def regions(self) -> Iterator[Region]:
        """The pixels of each label, frame by frame: one frame in memory at a time."""
        return (region for key in self.drawn for region in self.regions_on(key))

    @reads("overlaps of an annotation set")
    def regions_on(self, key: FrameKey) -> list[Region]:
        """The pixels of each label of one frame, in the order of labels; none if there are none."""
        drawn, maps, overlaps = self._parts
        if key not in drawn:
            return []
        return list(regions_of(key, maps[key.stack][key.frame], overlaps[key.stack].get(key.frame, ())))

    @cached_property
    def _parts(self) -> tuple[frozenset[FrameKey], tuple[LabelMap, ...], tuple[dict[int, list[Overlap]], ...]]:
        """The frames that are drawn on; and by stack, the label map and its overlaps."""
        maps = self.labelmaps
        return frozenset(self.drawn), maps, tuple(map(self.overlaps_of, range(len(maps))))

    @property
    @reads("shapes of an annotation set")
    def shapes(self) -> tuple[Shape, ...]:
        """Polygons, boxes, lines and points, as they were drawn."""
        return read_shapes(self._container.file[self._place])

    @property
    @reads("tags of an annotation set")
    def tags(self) -> tuple[Tag, ...]:
        """Labels of whole frames, and of the series."""
        return read_tags(self._container.file[self._place][schema.TAGS])

    def load(self) -> AnnotationSet:
        """The whole set, in memory."""
        return replace(self.without_regions(), regions=tuple(self.regions()))

    def without_regions(self) -> AnnotationSet:
        """All of the set but the pixels of its labels, which `regions` gives one by one."""
        texts = self.annotator, self.origin, self.source_sha256, self.algorithm, self.labels
        return AnnotationSet(self.name, *texts, self.seen, (), self.shapes, self.tags)

    def copy_to(self, file: h5py.File) -> None:
        """Copy the set as it is into another file."""
        self._container.file.copy(self._place, file.require_group(schema.ANNOTATIONS), self.name)


class NoSuchLabel(KeyError):
    """A label that a set does not have."""
