"""RT Structure Sets (PS3.3 A.19, C.8.8.5, C.8.8.6): the outlines of regions, in mm."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Kind, Label
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.colors import Color
from dicomconv.annotations.dicom_file import dicom_parts, images_of, label_in
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.errors import Malformed
from dicomconv.header import Header

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.481.3",)
KINDS: dict[str, Kind] = {
    "CLOSED_PLANAR": "polygon",
    "CLOSEDPLANAR_XOR": "polygon",
    "OPEN_PLANAR": "polyline",
    "POINT": "point",
}
AT_LEAST: dict[Kind, int] = {"polygon": 3, "polyline": 2, "point": 1}  # points
FARTHEST_MM = 1e5
SAME_PLANE_MM, PARALLEL = 0.05, 1 - 1e-4


@dataclass(slots=True)
class _Contour:
    """One contour: where it stands, what it is, its points (n, 3) in mm."""

    place: str
    kind: Kind
    points: NDArray[np.float64] = field(repr=False)


@dataclass(slots=True)
class _Slice:
    """The outlines of a region on one slice, which an image is named for, or which only lie in one plane."""

    picture: PictureRef
    outlines: list[_Contour] = field(default_factory=list)

    def has(self, picture: PictureRef, contour: _Contour) -> bool:
        """Whether an outline lies on this slice too."""
        if self.picture != picture:
            return False
        return bool(picture.sop_instance_uid) or _is_in_plane(contour.points, self.outlines[0].points)


def read(path: Path) -> Iterator[Drawn | Fault]:
    """The outlines of each region on each slice, as rings in mm (`Drawn.rings_mm`), lines and points each for itself.

    All closed outlines of a region on a slice are one polygon, of which is inside what lies within an odd number of them:
    so keyholes, outlines within outlines and those that are said to be exclusive all make holes. The slice is the image
    that a contour names; where it names none or several, its points say where it is.
    """
    try:
        header = dicom_parts(path, SOP_CLASSES, "structure set").header()
        regions = {int(one.number("ROINumber") or 0): one for one in header.each_item("StructureSetROISequence")}
        codes = {
            int(one.number("ReferencedROINumber") or 0): one for one in header.each_item("RTROIObservationsSequence")
        }
        for item in header.each_item("ROIContourSequence"):
            number = int(item.number("ReferencedROINumber") or 0)
            if number not in regions:
                yield Fault(f"ROI {number}", "it has contours, but is not described")
                continue
            name = regions[number].text("ROIName").strip()
            label = label_in(codes.get(number, regions[number]), number, name or f"ROI {number}", _color(item))
            frame_of_reference = regions[number].text("ReferencedFrameOfReferenceUID")
            yield from _region(item, number, label, frame_of_reference)
    except Unreadable as error:
        yield Fault(error.place, error.reason)
    except Malformed:
        yield Fault("", "a sequence in it is damaged; save it again")


def _color(item: Header) -> Color | None:
    said = item.numbers("ROIDisplayColor")
    if len(said) != 3 or not all(0 <= part <= 255 for part in said):
        return None
    return int(said[0]), int(said[1]), int(said[2])


def _region(item: Header, number: int, label: Label, frame_of_reference: str) -> Iterator[Drawn | Fault]:
    """What is drawn of one region."""
    slices: list[_Slice] = []
    others: list[tuple[PictureRef, _Contour]] = []
    for index, one in enumerate(item.each_item("ContourSequence"), 1):
        place = f"ROI {number}, contour {index}"
        try:
            contour = _contour(one, place)
        except Unreadable as error:
            yield Fault(place, error.reason)
            continue
        images = images_of(one.items("ContourImageSequence"))
        uid, frame = next(iter(images)) if len(images) == 1 else ("", 1)
        picture = PictureRef(sop_instance_uid=uid, frame_number=frame or 1, frame_of_reference_uid=frame_of_reference)
        if contour.kind != "polygon":
            others.append((picture, contour))
        elif found := next((known for known in reversed(slices) if known.has(picture, contour)), None):
            found.outlines.append(contour)
        else:
            slices.append(_Slice(picture, [contour]))
    for known in slices:
        yield _drawn(known.picture, known.outlines, label)
    for picture, contour in others:
        yield _drawn(picture, [contour], label)


def _drawn(picture: PictureRef, contours: list[_Contour], label: Label) -> Drawn:
    first = contours[0]
    rings = tuple(contour.points for contour in contours)
    return Drawn(first.place, picture, label.name, first.kind, rings_mm=rings, coded=label)


def _contour(item: Header, place: str) -> _Contour:
    """A contour; Unreadable if it is of a type that is not drawn on a slice, or if its points are none."""
    said = item.text("ContourGeometricType").upper()
    kind = KINDS.get(said)
    if kind is None:
        raise Unreadable("it is OPEN_NONPLANAR, a line through several slices" if said == "OPEN_NONPLANAR" else
                         "it is of a type that nobody knows")  # fmt: skip
    numbers = item.numbers("ContourData")
    points = np.array(numbers, np.float64)
    if not numbers or len(numbers) % 3 or np.abs(points).max() > FARTHEST_MM:
        raise Unreadable("its points are not triples of numbers of mm")
    points = points.reshape(-1, 3)
    count = item.number("NumberOfContourPoints")
    if count is not None and int(count) != len(points):
        raise Unreadable("it does not have as many points as it says")
    if kind == "polygon" and len(points) > AT_LEAST[kind] and (points[0] == points[-1]).all():
        points = points[:-1]
    if len(points) < AT_LEAST[kind]:
        raise Unreadable(f"a {kind} has {AT_LEAST[kind]} points or more")
    return _Contour(place, kind, points)


def _is_in_plane(points: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether two outlines lie in one plane."""
    across, (along, at) = _plane(others)[0], _plane(points)
    away = np.concatenate([(others - at) @ along, (points - others[0]) @ across])
    return bool(abs(across @ along) >= PARALLEL and np.abs(away).max() <= SAME_PLANE_MM)


def _plane(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The unit normal of the plane through points, and their middle: the direction in which they spread least."""
    middle = points.mean(axis=0)
    across: NDArray[np.float64] = np.linalg.eigh((points - middle).T @ (points - middle))[1][:, 0]
    return across, middle
