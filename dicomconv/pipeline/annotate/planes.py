"""Where frames lie in the patient, for what is drawn in mm: on which frame it is, and in which pixels of that."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np

from dicomconv.annotation import FrameKey
from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Drawn, Plane
from dicomconv.annotations.placed import OFF_PLANE_MM, lies_on, on_slice
from dicomconv.container.reader import Container
from dicomconv.geometry import distance_along_normal_mm
from dicomconv.pipeline.annotate.records import Found, Frame, Misfit

DECIMALS = 3  # of direction cosines: what is alike to so many is looked through together


@dataclass(slots=True)
class _Parallel:
    """Frames of one orientation, by their distance along its normal."""

    orientation: tuple[float, ...]
    distances: list[float] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)


class Planes:
    """The frames of containers by where they lie."""

    def __init__(self, containers: Sequence[Container]) -> None:
        self._containers = containers
        self._frame_of_reference_uid = cache(self._of_instance)

    def plane(self, frame: Frame) -> Plane | None:
        """Where a frame lies; None if its header does not say."""
        table = self._containers[frame.container].stacks[frame.key.stack].frames
        position, orientation, spacing = (
            tuple(table[name][frame.key.frame].tolist()) for name in ("position", "orientation", "pixel_spacing")
        )
        if not np.isfinite((*position, *orientation, *spacing)).all():
            return None
        return Plane(position, orientation, spacing)

    def frame_of_reference_uid(self, frame: Frame) -> str:
        """What its place is relative to; empty if its header does not say."""
        table = self._containers[frame.container].stacks[frame.key.stack].frames
        return self._frame_of_reference_uid(frame.container, int(table["instance"][frame.key.frame]))

    def _of_instance(self, container: int, instance: int) -> str:
        return self._containers[container].header(instance).text("FrameOfReferenceUID")

    def find(self, drawn: Drawn) -> Found:
        """The frame that lies where something is drawn. Misfit if there is none, or several."""
        theirs = drawn.picture.plane if drawn.picture else None
        point = theirs.position if theirs else tuple(drawn.rings_mm[0][0].tolist())
        found = [frame for frame in self._near(point) if self._lies_on(drawn, frame)]
        if not found:
            raise Misfit("no slice here lies where it is drawn")
        if len(found) > 1:
            raise Misfit(f"{len(found)} slices here lie where it is drawn; import --into the container that is meant")
        return Found(found[0], found[0].size)

    def _lies_on(self, drawn: Drawn, frame: Frame) -> bool:
        plane = self.plane(frame)
        return plane is not None and lies_on(drawn, plane, self.frame_of_reference_uid(frame))

    def _near(self, point: tuple[float, ...]) -> list[Frame]:
        """The frames in whose plane a point may lie."""
        found: list[Frame] = []
        for one in self._parallel:
            away = distance_along_normal_mm(point, one.orientation)
            slack = OFF_PLANE_MM + 10.0**-DECIMALS * (1 + max(map(abs, point)))
            first, last = bisect_left(one.distances, away - slack), bisect_right(one.distances, away + slack)
            found += one.frames[first:last]
        return found

    @cached_property
    def _parallel(self) -> list[_Parallel]:
        """All frames that lie somewhere, those of one orientation together, in order."""
        groups: dict[tuple[float, ...], list[tuple[float, Frame]]] = {}
        for frame in self._frames():
            if plane := self.plane(frame):
                orientation = tuple(round(one, DECIMALS) + 0.0 for one in plane.orientation)
                away = distance_along_normal_mm(plane.position, orientation)
                groups.setdefault(orientation, []).append((away, frame))
        ordered = {key: sorted(found, key=lambda one: one[0]) for key, found in groups.items()}
        return [_Parallel(key, [away for away, _ in one], [frame for _, frame in one]) for key, one in ordered.items()]

    def _frames(self) -> list[Frame]:
        return [
            Frame(number, FrameKey(stack.index, place), stack.format.rows, stack.format.columns)
            for number, container in enumerate(self._containers)
            for stack in container.stacks
            for place in range(len(stack))
        ]

    def placed(self, drawn: Drawn, found: Found) -> Drawn:
        """The same in pixels of its frame. Misfit if it does not lie on that."""
        theirs = drawn.picture.plane if drawn.picture else None
        if not drawn.rings_mm and theirs is None:
            return drawn
        plane = self.plane(found.frame)
        if plane is None:
            if drawn.rings_mm:
                raise Misfit("it is drawn in mm, and the slice does not say where it lies")
            return drawn
        try:
            uid = self.frame_of_reference_uid(found.frame)
            return on_slice(drawn, plane, found.frame.rows, found.frame.columns, uid)
        except Unreadable as error:
            raise Misfit(error.reason) from None


def is_placed(drawn: Drawn) -> bool:
    """Whether it is said only by mm which picture is meant."""
    picture = drawn.picture
    is_named = picture is not None and bool(picture.name or picture.sop_instance_uid)
    return not is_named and bool(drawn.rings_mm or (picture and picture.plane))


