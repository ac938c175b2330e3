"""What lies in the patient in mm, put onto one slice: rings in mm, and masks whose picture says where it lies."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Drawn, Plane
from dicomconv.geometry import distance_along_normal_mm, normal, to_image, to_patient_mm

OFF_PLANE_MM = 0.051  # how far what is drawn may lie off its slice: half of the only decimal that some files have
SAME_POINT = 5e-5  # pixels
ON_GRID = 0.02  # pixels: how far corners may lie off whole pixels


def on_slice(drawn: Drawn, plane: Plane, rows: int, columns: int, frame_of_reference_uid: str = "") -> Drawn:
    """The same in pixels of the slice that lies there; Unreadable if it does not lie on it.

    `plane` and what follows are those of the slice. `rings_mm` become rings. A mask whose picture has a plane of its own
    is moved, turned or flipped by whole pixels, and refused where its pixels are not the slice's. All else stays.
    """
    if _is_of_another_frame(drawn, frame_of_reference_uid):
        raise Unreadable("it lies in another frame of reference than the slice")
    if drawn.rings_mm:
        return replace(drawn, rings=tuple(_ring(ring, plane) for ring in drawn.rings_mm), rings_mm=())
    theirs = drawn.picture.plane if drawn.picture else None
    if drawn.mask is None or theirs is None:
        return drawn
    mask = _turned(drawn.mask, _corners_on(theirs, drawn.mask.shape, plane), rows, columns)
    return replace(drawn, mask=mask, offset=(0, 0))


def lies_on(drawn: Drawn, plane: Plane, frame_of_reference_uid: str = "") -> bool:
    """Whether what is drawn lies in the plane of a slice: how the slice is found where its UID is not said."""
    if _is_of_another_frame(drawn, frame_of_reference_uid):
        return False
    if drawn.rings_mm:
        return all(abs(_image(ring, plane)[1]).max() <= OFF_PLANE_MM for ring in drawn.rings_mm)
    theirs = drawn.picture.plane if drawn.picture else None
    if theirs is None:
        return False
    apart: list[float] = np.subtract(theirs.position, plane.position).tolist()
    away = distance_along_normal_mm(apart, plane.orientation)
    cosine = abs(np.dot(normal(theirs.orientation), normal(plane.orientation)))
    return bool(abs(away) <= OFF_PLANE_MM and cosine > 1 - 1e-6)


def _corners_on(theirs: Plane, shape: Sequence[int], plane: Plane) -> NDArray[np.float64]:
    """(3, 2): where the centre of a mask's first pixel, and its neighbours' to the right and below, lie on a slice."""
    points = np.array([[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]])
    ends = np.array([[0.5, 0.5], [shape[1] - 0.5, 0.5], [0.5, shape[0] - 0.5]])
    found = [to_patient_mm(one, theirs.position, theirs.orientation, theirs.pixel_spacing) for one in (points, ends)]
    on_plane, _ = _image(found[0], plane)
    last, away = _image(found[1], plane)
    if np.abs(away).max() > OFF_PLANE_MM:
        raise Unreadable("it does not lie in the plane of the slice")
    if np.abs(last - 0.5 - np.rint(last - 0.5)).max() > ON_GRID:
        raise Unreadable("its pixels are not those of the slice: it was resampled, or belongs to another series")
    return on_plane


def _turned(mask: NDArray[np.bool_], corners: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.bool_]:
    """A mask on a slice of this size, moved, turned or flipped so that its first pixels lie at `corners`."""
    first = np.rint(corners[0] - 0.5).astype(np.intp)
    right, down = (np.rint(corners[index] - corners[0]).astype(np.intp) for index in (1, 2))
    if {tuple(np.abs(right).tolist()), tuple(np.abs(down).tolist())} != {(1, 0), (0, 1)}:
        raise Unreadable("its pixels are not those of the slice: they are of another size")
    y, x = np.nonzero(mask)
    column, row = first[0] + x * right[0] + y * down[0], first[1] + x * right[1] + y * down[1]
    if not ((column >= 0) & (column < columns) & (row >= 0) & (row < rows)).all():
        raise Unreadable(f"it reaches beyond the slice, which has {columns} x {rows} pixels")
    found = np.zeros((rows, columns), np.bool_)
    found[row, column] = True
    return found


def _ring(ring: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
    points, away = _image(ring, plane)
    if np.abs(away).max() > OFF_PLANE_MM:
        raise Unreadable("its points do not lie in the plane of the slice")
    halves = np.rint(2 * points) / 2  # decimals must not decide to which side of an outline a pixel's centre lies
    return np.where(np.abs(points - halves) <= SAME_POINT, halves, points)


def _image(points_mm: NDArray[np.float64], plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return to_image(points_mm, plane.position, plane.orientation, plane.pixel_spacing)


def _is_of_another_frame(drawn: Drawn, frame_of_reference_uid: str) -> bool:
    own = drawn.picture.frame_of_reference_uid if drawn.picture else ""
    return bool(own and frame_of_reference_uid) and own != frame_of_reference_uid
