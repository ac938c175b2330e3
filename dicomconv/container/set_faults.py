"""Check the annotation sets of a container: digests, shapes, and whether they are of this container at all."""

import hashlib
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import LARGEST_LABEL, FrameKey
from dicomconv.container import schema
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.columns import READ_ERRORS, read_column, read_text
from dicomconv.container.digest import set_digest
from dicomconv.container.reader import Container
from dicomconv.container.set_frames import Overlap
from dicomconv.container.shapes import Expected, expected_faults
from dicomconv.errors import VerificationFailed

OTHER_CONTAINER = "this set was drawn on another container, or on another state of this one"



def set_faults(container: Container) -> list[str]:
    """The faults of all annotation sets, each with what and where."""
    sets = container.file.get(schema.ANNOTATIONS)
    if sets is None:
        return []
    if not isinstance(sets, h5py.Group):
        return [f"{schema.ANNOTATIONS}: not a group"]
    faults = [fault for name in sets for fault in _faults_of(container, name)]
    numbers = [read_number(sets[name]) for name in sets]
    if len(set(numbers)) < len(numbers) and not faults:
        return [f"{schema.ANNOTATIONS}: two sets have the same number"]
    return faults


def _faults_of(container: Container, name: str) -> list[str]:
    """The faults of one set; those of its content only if everything is there."""
    faults: list[str] = []
    for check in (_form_faults, _digest_faults, _frame_faults, _key_faults):
        try:
            found = [f"{schema.ANNOTATIONS}/{name}{fault}" for fault in check(container, name)]
        except VerificationFailed as error:
            found = [f"{schema.ANNOTATIONS}/{name}: {fault}" for fault in error.faults]
        except READ_ERRORS as error:
            found = [f"{schema.ANNOTATIONS}/{name}: cannot be checked, {type(error).__name__}"]
        faults += found
        if found and check is _form_faults:
            break
    return faults


def read_number(group: h5py.Group) -> int:
    """The number of a set; 0 if it has none."""
    return int(group.attrs.get(schema.SET_NUMBER, 0))


def _group(container: Container, name: str) -> h5py.Group:
    return container.file[schema.ANNOTATIONS][name]


def _form_faults(container: Container, name: str) -> Iterator[str]:
    """What is missing, or of another type or shape."""
    group = _group(container, name)
    if not isinstance(group, h5py.Group) or schema.SET_VERSION not in group.attrs:
        yield ": no annotation set"
        return
    version = read_text(group, schema.SET_VERSION)
    if version.split(".")[0] != schema.ANNOTATION_VERSION.split(".")[0]:
        yield f": of annotation version {version}; this release reads {schema.ANNOTATION_VERSION}"
        return
    yield from (f": attribute {one} is missing" for one in (*schema.SET_TEXTS, schema.SET_NUMBER) if one not in group.attrs)
    for expected in _expected(container, group):
        yield from (f"/{fault}" for fault in expected_faults(group, expected))


def _expected(container: Container, group: h5py.Group) -> Iterator[Expected]:
    for stack in container.stacks:
        k, frames = str(stack.index), len(stack)
        size = (frames, stack.format.rows, stack.format.columns)
        dtype = group.get(f"{k}/{schema.LABELMAP}", stack.pixels).dtype.str
        yield Expected(f"{k}/{schema.LABELMAP}", dtype if dtype in ("|u1", "<u2") else "|u1", size)
        yield Expected(f"{k}/{schema.SHA256}", "|u1", (frames, 32))
        yield Expected(f"{k}/{schema.SEEN}", "|u1", (frames,))
        yield from _table(group, f"{k}/{schema.OVERLAPS}", schema.OVERLAP_COLUMNS)
        yield Expected(f"{k}/{schema.OVERLAPS}/{schema.OVERLAP_BITS}", "|u1", (None,))
    yield from _table(group, schema.SHAPES, schema.SHAPE_COLUMNS)
    yield Expected(f"{schema.SHAPES}/{schema.RING_START}", "<u8", (None,))
    yield Expected(schema.RINGS, "<u8", (None,))
    yield Expected(schema.POINTS, "<f8", (None, 2))
    yield from _table(group, schema.TAGS, schema.TAG_COLUMNS)


def _table(group: h5py.Group, name: str, columns: dict[str, str]) -> Iterator[Expected]:
    """The columns of a table, all as long as the first."""
    first = group.get(f"{name}/{next(iter(columns))}")
    rows = len(first) if isinstance(first, h5py.Dataset) and first.ndim else None
    for column, dtype in columns.items():
        yield Expected(f"{name}/{column}", dtype, (rows, 4) if column == "box" else (rows,))


def _digest_faults(container: Container, name: str) -> Iterator[str]:
    group = _group(container, name)
    if set_digest(group).hex() != read_text(group, schema.SHA256):
        yield ": its tables or attributes are not what was stored"
    if not StoredSet(container, name).is_of_this_container:
        yield f": {OTHER_CONTAINER}"


def _frame_faults(container: Container, name: str) -> Iterator[str]:
    """Hash the label map of each frame, and look whether its values are labels. A frame is in memory at a time."""
    group = _group(container, name)
    known = np.zeros(LARGEST_LABEL + 1, np.bool_)
    known[[0, *(label.value for label in StoredSet(container, name).labels)]] = True
    for stack in container.stacks:
        labelmap = group[f"{stack.index}/{schema.LABELMAP}"]
        if labelmap.chunks != (1, *labelmap.shape[1:]):
            yield f"/{stack.index}/{schema.LABELMAP}: its chunks are not frames"
            continue
        digests, stored = read_column(group[f"{stack.index}/{schema.SHA256}"]), set(_stored(labelmap))
        for frame in range(len(labelmap)):
            if (frame in stored or digests[frame].any()) and not _is_sound(labelmap, frame, digests[frame], known):
                yield f"/{stack.index}/{schema.LABELMAP} frame {frame}: not what was stored"


def _stored(labelmap: h5py.Dataset) -> list[int]:
    """The frames of which something is stored."""
    found: list[int] = []
    labelmap.id.chunk_iter(lambda one: found.append(one.chunk_offset[0]))
    return found


def _is_sound(labelmap: h5py.Dataset, frame: int, digest: NDArray[Any], known: NDArray[np.bool_]) -> bool:
    """Whether a frame's digest is right. `known`: by value, whether that is a label."""
    try:
        values = labelmap[frame]
    except READ_ERRORS:
        return False
    return hashlib.sha256(values.tobytes()).digest() == digest.tobytes() and bool(known[values].all())


def _key_faults(container: Container, name: str) -> Iterator[str]:
    """Whether shapes, tags and overlaps are of frames, labels and points that there are."""
    one, sizes = StoredSet(container, name), [(len(stack), *stack.shape[1:]) for stack in container.stacks]
    labels = {label.value for label in one.labels}
    rows = [(schema.SHAPES, row, shape.key, shape.label) for row, shape in enumerate(one.shapes)]
    rows += [(schema.TAGS, row, tag.key, tag.label) for row, tag in enumerate(one.tags) if tag.key]
    rows += [(schema.TAGS, row, FrameKey(0, 0), tag.label) for row, tag in enumerate(one.tags) if not tag.key]
    for part, row, key, label in rows:
        if label not in labels or not (0 <= key.stack < len(sizes) and 0 <= key.frame < sizes[key.stack][0]):
            yield f"/{part} row {row}: of a label or a frame that is not there"
    seen = one.seen
    for key in sorted({*one.drawn, *(shape.key for shape in one.shapes)} - seen):
        yield f"/{key.stack}/{schema.SEEN} frame {key.frame}: drawn on, and not seen"
    for stack, labelmap in enumerate(one.labelmaps):
        for frame, found in one.overlaps_of(stack).items():
            if frame >= len(labelmap) or not all(_fits(overlap, labelmap.shape, labels) for overlap in found):
                yield f"/{stack}/{schema.OVERLAPS} frame {frame}: of a label or pixels that are not there"


def _fits(one: Overlap, shape: tuple[int, ...], labels: set[int]) -> bool:
    top, left, rows, columns = one.box
    is_inside = top + rows <= shape[1] and left + columns <= shape[2]
    return is_inside and one.label in labels and len(one.bits) == -(-rows * columns // 8)
