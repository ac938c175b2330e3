"""What was made, read back from its bytes and held against the masks that it is of, before it gets its name."""

import io
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicomconv.annotation import AnnotationSet
from dicomconv.container.reader import Container
from dicomconv.geometry import to_image
from dicomconv.pipeline.derived import modules
from dicomconv.pipeline.derived.minted import Minted
from dicomconv.pipeline.derived.sources import SourceFrame, source_frames
from dicomconv.shapes import rasterised

Named = tuple[int, str, int]  # label, SOP Instance UID, frame number
Masks = dict[Named, NDArray[np.bool_]]


def wrong_segmentations(container: Container, one: AnnotationSet, contents: Iterable[bytes]) -> bool:
    """Whether the masks of segmentations together are anything else than those of the set."""
    minted, found = Minted(container, one), list[tuple[Named, NDArray[np.bool_]]]()
    labels = {minted.uid("tracking", label.value): label.value for label in one.labels}
    for content in contents:
        found += _segments(dcmread(io.BytesIO(content)), labels)
    return len(dict(found)) < len(found) or not _is_equal(dict(found), _expected(container, one)[0])


def wrong_structure_set(container: Container, one: AnnotationSet, content: bytes) -> bool:
    """Whether the pixels within the contours of a structure set are anything else than the masks of the set."""
    expected, frames = _expected(container, one)
    dataset = dcmread(io.BytesIO(content))
    labels = {modules.words(label.name): label.value for label in one.labels}
    names = {item.ROINumber: labels.get(item.ROIName, 0) for item in dataset.StructureSetROISequence}
    found: Masks = {}
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            key, mask = _within(contour, frames)
            known = found.get((names[roi.ReferencedROINumber], *key))
            found[names[roi.ReferencedROINumber], *key] = mask if known is None else known | mask
    return not _is_equal(found, expected)


def _expected(container: Container, one: AnnotationSet) -> tuple[Masks, dict[tuple[str, int], SourceFrame]]:
    frames = source_frames(container, (region.key for region in one.regions))
    places = {key: (frame.sop_instance_uid, frame.frame_number or 1) for key, frame in frames.items()}
    masks = {(one.label, *places[one.key]): one.mask for one in one.regions if one.mask.any()}
    return masks, {places[key]: frame for key, frame in frames.items()}


def _is_equal(found: Masks, expected: Masks) -> bool:
    same = found.keys() == expected.keys()
    return same and all(np.array_equal(found[key], expected[key]) for key in found)


def _segments(seg: Dataset, labels: Mapping[str, int]) -> Iterator[tuple[Named, NDArray[np.bool_]]]:
    """The mask of each frame of a segmentation, and what it is of."""
    values = {item.SegmentNumber: labels.get(item.TrackingUID, 0) for item in seg.SegmentSequence}
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    size = int(seg.NumberOfFrames), int(seg.Rows), int(seg.Columns)
    masks = bits[: size[0] * size[1] * size[2]].reshape(size).astype(bool)
    for mask, groups in zip(masks, seg.PerFrameFunctionalGroupsSequence, strict=True):
        number = _group(groups, seg, "SegmentIdentificationSequence").ReferencedSegmentNumber
        source = _group(groups, seg, "DerivationImageSequence").SourceImageSequence[0]
        yield (values[number], *_named(source)), mask


def _group(groups: Dataset, seg: Dataset, keyword: str) -> Dataset:
    """An item of a functional group: the frame's own, or the one that all share."""
    holder = groups if keyword in groups else seg.SharedFunctionalGroupsSequence[0]
    item: Dataset = holder[keyword].value[0]
    return item


def _named(reference: Dataset) -> tuple[str, int]:
    return str(reference.ReferencedSOPInstanceUID), int(reference.get("ReferencedFrameNumber") or 1)


def _within(
    contour: Dataset, frames: Mapping[tuple[str, int], SourceFrame]
) -> tuple[tuple[str, int], NDArray[np.bool_]]:
    """The pixels within a contour, and the frame that it lies on."""
    key = _named(contour.ContourImageSequence[0])
    frame = frames[key]
    points = np.array(contour.get_item("ContourData").value.split(b"\\"), np.float64).reshape(-1, 3)
    ring, _ = to_image(points, frame.position, frame.orientation, frame.pixel_spacing)
    return key, rasterised([ring], frame.rows, frame.columns)
