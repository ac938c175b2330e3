"""Which frames can stand in one object: those that share a frame of reference, an orientation and a size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from dicomconv.annotation import FrameKey, Region
from dicomconv.geometry import distance_along_normal_mm
from dicomconv.pipeline.derived.sources import SourceFrame, Vector

SAME = 1e-7  # per direction cosine: 1e-4 mm are not reached within a metre
PLACE_DIGITS = 4


@dataclass(slots=True)
class Planes:
    """Frames in the order of their places along their normal, with what is drawn on each; no two at one place."""

    frames: list[SourceFrame] = field(default_factory=list)
    regions: list[list[Region]] = field(default_factory=list)

    @property
    def first(self) -> SourceFrame:
        """The frame that comes first."""
        return self.frames[0]


def planes_of(frames: Mapping[FrameKey, SourceFrame], regions: Iterable[Region]) -> list[Planes]:
    """Frames that something is drawn on, in as few groups as they can stand in.

    Frames at the same place, such as phases, are in groups of their own; so is each frame that has no place at all.
    """
    drawn: dict[FrameKey, list[Region]] = {}
    for one in regions:
        if one.mask.any():
            drawn.setdefault(one.key, []).append(one)
    groups: list[Planes] = []
    places: list[set[float]] = []
    for frame in sorted((frames[key] for key in drawn), key=_place):
        at = _place(frame)[1]
        fits = (n for n, group in enumerate(groups) if _is_alike(group.first, frame) and at not in places[n])
        number = next(fits, len(groups))
        if number == len(groups):
            groups.append(Planes())
            places.append(set())
        groups[number].frames.append(frame)
        groups[number].regions.append(drawn[frame.key])
        places[number].add(at)
    return sorted(groups, key=lambda group: min(frame.key for frame in group.frames))


def _place(frame: SourceFrame) -> tuple[int, float, FrameKey]:
    if not frame.frame_of_reference_uid:
        return frame.key.stack, 0.0, frame.key
    return frame.key.stack, round(distance_along_normal_mm(frame.position, frame.orientation), PLACE_DIGITS), frame.key


def _is_alike(one: SourceFrame, other: SourceFrame) -> bool:
    if not one.frame_of_reference_uid or one.frame_of_reference_uid != other.frame_of_reference_uid:
        return False
    is_same_size = (one.rows, one.columns) == (other.rows, other.columns)
    return (
        is_same_size
        and _is_near(one.orientation, other.orientation)
        and _is_near(one.pixel_spacing, other.pixel_spacing)
    )


def _is_near(one: Vector, other: Vector) -> bool:
    return bool(np.allclose(one, other, rtol=0, atol=SAME))
