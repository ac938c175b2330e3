"""Whether an annotation set makes sense for a container, before anything of it is written."""

from collections.abc import Iterable, Iterator
from typing import get_args

import numpy as np

from dicomconv.annotation import LARGEST_LABEL, Algorithm, AnnotationSet, FrameKey, Region, Shape
from dicomconv.container.schema import SHAPE_KINDS
from dicomconv.container.set_names import checked_name
from dicomconv.errors import UsageError

NOBODY = "-"  # stands in for what may be empty
Sizes = list[tuple[int, int, int]]  # frames, rows, columns of each stack


def check_set(one: AnnotationSet, sizes: Sizes) -> None:
    """UsageError, which says of what, if name, labels, frames, shapes or tags of a set are none of this container."""
    checked_name(one.name)
    if not all(text and text.isprintable() for text in (one.origin or NOBODY, one.annotator or NOBODY, *_words(one))):
        raise _wrong(one, "the name of a label is empty, or something in its texts is not printable")
    values, names = [label.value for label in one.labels], [label.name for label in one.labels]
    if len(set(values)) < len(values) or len(set(names)) < len(names):
        raise _wrong(one, "two of its labels have the same name or value")
    if any(not 1 <= value <= LARGEST_LABEL for value in values):
        raise _wrong(one, f"label values are 1 to {LARGEST_LABEL}")
    if one.algorithm not in get_args(Algorithm):
        raise _wrong(one, f"its algorithm is one of {', '.join(get_args(Algorithm))}")
    keys = [*one.seen, *(shape.key for shape in one.shapes), *(tag.key for tag in one.tags if tag.key)]
    for key in keys:
        _check_key(one, key, sizes)
    if strange := {*(s.label for s in one.shapes), *(t.label for t in one.tags)} - set(values):
        raise _wrong(one, f"there is no label {min(strange)}")
    for shape in one.shapes:
        _check_shape(one, shape)


def _words(one: AnnotationSet) -> Iterator[str]:
    """The texts of its labels; what a code lacks is no fault."""
    for label in one.labels:
        yield label.name
        for code in filter(None, (label.category, label.type, label.modifier)):
            yield from (text or NOBODY for text in (code.value, code.scheme, code.meaning))


def checked_regions(one: AnnotationSet, regions: Iterable[Region], sizes: Sizes) -> Iterator[Region]:
    """The same regions, one by one. UsageError at the first that does not fit its frame."""
    values = {label.value for label in one.labels}
    for region in regions:
        _check_key(one, region.key, sizes)
        if region.label not in values:
            raise _wrong(one, f"there is no label {region.label}")
        if region.mask.shape != sizes[region.key.stack][1:] or region.mask.dtype != np.bool_:
            raise _wrong(one, f"a region on {_told(region.key)} is not as large as that, or not of truth values")
        yield region


def _check_key(one: AnnotationSet, key: FrameKey, sizes: Sizes) -> None:
    if not (0 <= key.stack < len(sizes) and 0 <= key.frame < sizes[key.stack][0]):
        raise _wrong(one, f"there is no {_told(key)}")


def _check_shape(one: AnnotationSet, shape: Shape) -> None:
    if shape.kind not in SHAPE_KINDS:
        raise _wrong(one, f"shapes are of the kinds {', '.join(SHAPE_KINDS)}")
    for ring in shape.rings:
        points = np.asarray(ring)
        if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
            raise _wrong(one, f"a {shape.kind} on {_told(shape.key)} has points that are not two finite numbers each")


def _told(key: FrameKey) -> str:
    return f"frame {key.frame} of stack {key.stack}"


def _wrong(one: AnnotationSet, fault: str) -> UsageError:
    return UsageError(f"annotation set {one.name}: {fault}; nothing was stored")
