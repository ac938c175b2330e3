"""DICOM Segmentations and Label Map Segmentations (PS3.3 A.51, C.8.20): of each frame, which pixels have which segment."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.dicom_file import Image, dicom_parts, images_of, label_in, recommended_color
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef, Plane
from dicomconv.errors import Malformed, Undecodable
from dicomconv.header import Header
from dicomconv.model import Span
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.decode import frames
from dicomconv.pixels.modality import stored_values
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # Segmentation, Label Map Segmentation
KINDS = ("BINARY", "FRACTIONAL", "LABELMAP")
LARGEST_FRACTION = 65535


def read(path: Path, *, threshold: float | None = None) -> Iterator[Drawn | Fault]:
    """Each segment of each frame as a mask, on the image that the frame was drawn on.

    That is the one image that the frame's functional groups name; else the picture says where it lies, and nothing else.
    `threshold`: the fraction, above 0 and up to 1, from which a pixel of a FRACTIONAL segmentation belongs to its segment;
    without it, only such are read whose fractions are all 0 or 1.
    """
    try:
        yield from _Segmentation.of(path, threshold).drawn()
    except Unreadable as error:
        yield Fault(error.place, error.reason)
    except Undecodable as error:
        yield Fault("", f"its frames cannot be read: {error}")
    except Malformed:
        yield Fault("", "a sequence in it is damaged; save it again")


@dataclass(frozen=True, slots=True)
class _Segmentation:
    """A file that is read. `groups`: the functional groups of each frame; `shared`: those of all; `images`: what each
    frame's groups name."""

    format: PixelFormat
    pixels: Span = field(repr=False)
    attributes: ImageAttributes
    kind: str
    segments: dict[int, Label]
    groups: list[Header]
    shared: list[Header]
    images: list[set[Image]]
    threshold: float | None

    @classmethod
    def of(cls, path: Path, threshold: float | None) -> "_Segmentation":
        parts = dicom_parts(path, SOP_CLASSES, "segmentation")
        header = parts.header()
        kind = header.text("SegmentationType").upper()
        if kind not in KINDS:
            raise Unreadable("it does not say whether it is BINARY, FRACTIONAL or LABELMAP")
        if header.text("DimensionOrganizationType") == "TILED_FULL":
            raise Unreadable("it is of a whole slide, whose tiles are not read")
        if not parts.pixel_element:
            raise Unreadable("it has no pixel data")
        format = pixel_format(header, parts.transfer_syntax_uid, "PixelData")
        groups, shared = (
            header.items("PerFrameFunctionalGroupsSequence"),
            header.items("SharedFunctionalGroupsSequence")[:1],
        )
        images = [
            _source_images([*groups[index : index + 1], *shared]) for index in range(_frame_count(format, parts.pixels))
        ]
        attributes = ImageAttributes(header, format)
        return cls(format, parts.pixels, attributes, kind, _segments(header), groups, shared, images, threshold)

    def drawn(self) -> Iterator[Drawn | Fault]:
        """All that is drawn, frame by frame."""
        planes = [self._plane(number) for number in range(1, len(self.images) + 1)]
        whole = _named_whole(self.images, planes)
        for number, stored in enumerate(frames(self.format, self.pixels), 1):
            place = f"frame {number}"
            try:
                picture = self._picture(number, planes[number - 1], whole)
                yield from self._masks(stored_values(stored, self.format), number, place, picture)
            except Unreadable as error:
                yield Fault(error.place or place, error.reason)

    def _masks(self, values: NDArray[Any], number: int, place: str, picture: PictureRef) -> Iterator[Drawn | Fault]:
        found = self._by_segment(values, number)
        doubled = {name for name, count in Counter(one.name for one in self.segments.values()).items() if count > 1}
        for segment, mask in found:
            label = self.segments.get(segment)
            if label is None:
                yield Fault(place, f"it has segment {segment}, which is not described")
                continue
            yield Drawn(
                place, picture, label.name, mask=mask, object=segment if label.name in doubled else 0, coded=label
            )
        if not found:
            yield Drawn(place, picture, is_seen_only=True)

    def _by_segment(self, values: NDArray[Any], number: int) -> list[tuple[int, NDArray[np.bool_]]]:
        """The segments that are anywhere on a frame, and their pixels."""
        if self.kind == "LABELMAP":
            background = int(self.attributes.header.number("PixelPaddingValue") or 0)
            return [(int(one), values == one) for one in np.unique(values) if one != background]
        mask = values != 0 if self.kind == "BINARY" else self._above(values)
        return [(self._segment(number), mask)] if mask.any() else []

    def _above(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        largest = int(self.attributes.header.number("MaximumFractionalValue") or LARGEST_FRACTION)
        if self.threshold is not None:
            return (values > 0) & (values >= self.threshold * largest)
        if not np.isin(values, (0, largest)).all():
            raise Unreadable(
                "it is FRACTIONAL, with fractions between 0 and 1; --threshold 0.5 takes pixels from there on"
            )
        full: NDArray[np.bool_] = values == largest
        return full

    def _segment(self, number: int) -> int:
        """The segment that a frame shows."""
        for group in (*self.groups[number - 1 : number], *self.shared):
            for item in group.items("SegmentIdentificationSequence"):
                if segment := item.number("ReferencedSegmentNumber"):
                    return int(segment)
        if len(self.segments) == 1:
            return next(iter(self.segments))
        raise Unreadable("it does not say which segment it shows")

    def _plane(self, number: int) -> Plane | None:
        """Where a frame lies, if it says so."""
        found = self.attributes.frame(number)
        if not (found.position and found.orientation and found.pixel_spacing):
            return None
        return Plane(found.position, found.orientation, found.pixel_spacing)

    def _picture(self, number: int, plane: Plane | None, whole: frozenset[str]) -> PictureRef:
        """Which image a frame was drawn on: the only one that it names, or the one that lies where it does."""
        images = self.images[number - 1]
        uid, frame = next(iter(images)) if len(images) == 1 else ("", 1)
        if uid in whole:
            uid, frame = "", 1
        if not uid and plane is None:
            raise Unreadable("it says neither on which image nor where it was drawn")
        size = self.format.columns, self.format.rows
        frame_of_reference = self.attributes.header.text("FrameOfReferenceUID")
        return PictureRef("", size, uid, frame or 1, plane, frame_of_reference)


def _frame_count(format: PixelFormat, pixels: Span) -> int:
    """How many frames there are; Unreadable, before memory is taken, if the pixel data cannot hold so many."""
    if format.number_of_frames > 8 * max(1, pixels.length):
        raise Unreadable("its header says more frames than its pixel data can hold")
    return format.number_of_frames


def _source_images(groups: list[Header]) -> set[Image]:
    """The images that the first of these groups that names any says it was derived from."""
    for group in groups:
        sources = [item for one in group.items("DerivationImageSequence") for item in one.items("SourceImageSequence")]
        if found := images_of(sources):
            return found
    return set()


def _named_whole(images: list[set[Image]], planes: list[Plane | None]) -> frozenset[str]:
    """Multi-frame instances that are named without saying which frame is meant: frames at several places name them."""
    places: defaultdict[str, set[Plane | None]] = defaultdict(set)
    for named, plane in zip(images, planes, strict=True):
        for uid, frame in named if len(named) == 1 else ():
            if not frame:
                places[uid].add(plane)
    return frozenset(uid for uid, found in places.items() if len(found) > 1)


def _segments(header: Header) -> dict[int, Label]:
    """The segments by their number."""
    found = {}
    for item in header.each_item("SegmentSequence"):
        number = int(item.number("SegmentNumber") or 0)
        found[number] = label_in(item, number, item.text("SegmentLabel").strip(), recommended_color(item))
    return found
