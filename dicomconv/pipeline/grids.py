"""Where the stacks of a container lie in space, if their frames make a regular volume (PS3.3 C.7.6.2)."""

import math

import numpy as np

from dicomconv.container.pack import ContainerWriter
from dicomconv.geometry import grid


def set_grid(writer: ContainerWriter, stack: int) -> None:
    """Where a stack is a regular volume, say where it lies."""
    table = writer.frame_table(stack)
    orientations = np.unique(table["orientation"].round(4), axis=0)
    spacings = np.unique(table["pixel_spacing"], axis=0)
    if len(orientations) != 1 or len(spacings) != 1 or not np.isfinite(table["position"]).all():
        return
    thickness = float(table["slice_thickness"][0])
    found = grid(
        [tuple(position) for position in table["position"].tolist()],
        tuple(table["orientation"][0].tolist()) if np.isfinite(orientations).all() else None,
        tuple(spacings[0].tolist()) if np.isfinite(spacings).all() else None,
        rows=1,
        columns=1,
        thickness_mm=thickness if math.isfinite(thickness) and thickness > 0 else None,
    )
    if found:
        writer.set_grid(stack, found)
