"""Frames in the order in which they lie in the patient, whatever numbers they bear."""

import numpy as np

from dicomconv.container.stack import Stack
from dicomconv.geometry import distance_along_normal_mm

SAME = 1e-3  # parts of orientations that differ by less are those of parallel slices


def in_order_of_place(stack: Stack) -> list[int]:
    """The frames of a stack by their distance along their normal; those without a place, or not parallel, as they stand."""
    orientations, positions = stack.frames["orientation"], stack.frames["position"]
    frames = list(range(len(stack)))
    if not (np.isfinite(orientations).all() and np.isfinite(positions).all()):
        return frames
    if np.abs(orientations - orientations[0]).max() > SAME:
        return frames
    orientation = tuple(orientations[0].tolist())
    return sorted(frames, key=lambda frame: distance_along_normal_mm(positions[frame].tolist(), orientation))
