"""The frames of a container as what a DICOM object refers to: which instance, which frame of it, where it lies."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from pydicom import Dataset, dcmread

from dicomconv.annotation import FrameKey
from dicomconv.container.reader import Container
from dicomconv.container.rebuild import file_chunks
from dicomconv.container.stack import Stack

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SourceFrame:
    """A frame of a container. `frame_number`: 1-based, None for an instance that is not multi-frame.

    `header`: the attributes of its instance but for the pixels. `position`, `orientation`, `pixel_spacing`: in mm, as of
    `FrameAttributes`; empty where unknown. `pixel_spacing_from`: the keyword that it came from. `step_mm`: between the
    slices of its stack along their normal, None unless they are evenly spaced.
    """

    key: FrameKey
    frame_number: int | None
    rows: int
    columns: int
    position: Vector
    orientation: Vector
    pixel_spacing: Vector
    pixel_spacing_from: str
    slice_thickness: float | None
    step_mm: float | None
    header: Dataset = field(repr=False)

    @property
    def sop_class_uid(self) -> str:
        """What kind of object its instance is."""
        return str(self.header.SOPClassUID)

    @property
    def sop_instance_uid(self) -> str:
        """Its instance."""
        return str(self.header.SOPInstanceUID)

    @property
    def series_instance_uid(self) -> str:
        """Its series."""
        return str(self.header.SeriesInstanceUID)

    @property
    def frame_of_reference_uid(self) -> str:
        """What its position is measured in; empty if it has no position there."""
        has_place = self.position and self.orientation and self.pixel_spacing
        return str(self.header.get("FrameOfReferenceUID", "") or "") if has_place else ""

    def reference(self) -> Dataset:
        """An item that refers to the frame (PS3.3 Table 10-3)."""
        item = Dataset()
        item.ReferencedSOPClassUID = self.sop_class_uid
        item.ReferencedSOPInstanceUID = self.sop_instance_uid
        if self.frame_number is not None:
            item.ReferencedFrameNumber = self.frame_number
        return item


def source_frames(container: Container, keys: Iterable[FrameKey]) -> dict[FrameKey, SourceFrame]:
    """The frames with these keys, in the order of the container, which is that of their positions."""
    headers: dict[int, Dataset] = {}
    found = {}
    for key in sorted(set(keys)):
        stack = container.stacks[key.stack]
        row = {name: column[key.frame] for name, column in stack.frames.items()}
        index = int(row["instance"])
        if index not in headers:
            headers[index] = header_of(container, index)
        found[key] = SourceFrame(
            key,
            int(row["frame_number"]) if "NumberOfFrames" in headers[index] else None,
            stack.format.rows,
            stack.format.columns,
            _known(row["position"]),
            _known(row["orientation"]),
            _known(row["pixel_spacing"]),
            bytes(row["pixel_spacing_from"]).decode(),
            float(row["slice_thickness"]) if np.isfinite(row["slice_thickness"]) else None,
            _step_mm(stack),
            headers[index],
        )
    return found


def _step_mm(stack: Stack) -> float | None:
    affine = stack.affine_lps
    if affine is None or len(stack) < 2:
        return None
    across = np.cross(affine[:3, 0], affine[:3, 1])
    return abs(float(affine[:3, 2] @ across / np.linalg.norm(across)))


def _known(values: Iterable[float]) -> Vector:
    numbers = tuple(float(value) for value in values)
    return numbers if np.isfinite(numbers).all() else ()


def header_of(container: Container, index: int) -> Dataset:
    """The attributes of an instance that stand before its pixels, all of them decoded."""
    instance = container.instances[index]
    head = b"".join(file_chunks(container, container.recipes[index], 0, instance.head_length))
    return decoded(head)


def decoded(head: bytes) -> Dataset:
    """The data set of a file, or of its beginning, as far as its pixels; texts no longer depend on its character set."""
    dataset = Dataset(dcmread(io.BytesIO(head), stop_before_pixels=True, force=True))
    dataset.walk(lambda item, element: None)  # what is not decoded would be written in another byte order as it is
    dataset.decode()
    return dataset
