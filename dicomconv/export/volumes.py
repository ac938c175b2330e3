"""The volumes of an export: each stack that is one regular grid, and what an annotation set says of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np

from dicomconv.annotation import FrameKey, Label
from dicomconv.container.reader import Container, open_container
from dicomconv.container.uniform import Uniform, uniform
from dicomconv.export.layout import Export
from dicomconv.export.left_out import LeftOut
from dicomconv.export.rows import Row
from dicomconv.render import is_colour

COLOURS = "its pixels are colours, not values"
LARGEST_SIDE = 32767
TOO_LARGE = f"NIfTI-1 has room for {LARGEST_SIDE} voxels along an axis"
SAME_PLACE_MM = 1e-3


@dataclass(frozen=True, slots=True)
class Labelled:
    """An annotation set on a volume. `overlapping`, `unseen`: on how many of its slices labels overlap, or nobody looked."""

    name: str
    labels: tuple[Label, ...] = field(repr=False)
    overlapping: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Volume:
    """A stack as a volume. `name`: of its series; `affine_lps`: 4 x 4, row by row; `size`: columns, rows, slices.

    `labelled`: the annotation set that was asked for; None without, or where it is not: `why_not` says why then.
    """

    rows: tuple[Row, ...] = field(repr=False)
    name: str
    size: tuple[int, int, int]
    affine_lps: tuple[float, ...] = field(repr=False)
    labelled: Labelled | None = None
    why_not: str = ""

    @property
    def container(self) -> Path:
        """The file that it is in."""
        return self.rows[0].container

    @property
    def stack(self) -> int:
        """The number of its stack there."""
        return self.rows[0].stack

    @property
    def key(self) -> str:
        """A pseudonym of its own."""
        return self.rows[0].series_instance_uid + (f"#{self.stack}" if self.stack else "")

    @property
    def spacing(self) -> tuple[float, ...]:
        """Between columns, rows and slices, mm."""
        lengths = np.linalg.norm(np.reshape(self.affine_lps, (4, 4))[:3, :3], axis=0)
        return tuple(float(one) for one in lengths)

    def is_on_the_grid_of(self, other: "Volume") -> bool:
        """Whether both have the same voxels at the same places, every corner within a micrometre."""
        if self.size != other.size:
            return False
        differs = np.reshape(self.affine_lps, (4, 4)) - np.reshape(other.affine_lps, (4, 4))
        corners = np.array([[x, y, z, 1] for x in (0, self.size[0]) for y in (0, self.size[1]) for z in (0, self.size[2])])
        return bool(abs(corners @ differs.T).max() <= SAME_PLACE_MM)


def volumes_of(export: Export, left_out: LeftOut) -> list[Volume]:
    """The volumes of an export in the order of its rows; what is none is added to `left_out` with the reason."""
    found: list[Volume] = []
    for path, of_container in groupby(export.rows, key=lambda row: row.container):
        with open_container(path) as container:
            for _, of_stack in groupby(of_container, key=lambda row: row.stack):
                found += _volume(container, tuple(of_stack), export.choices.annotations, left_out)
    return found


def _volume(container: Container, rows: tuple[Row, ...], annotations: str, left_out: LeftOut) -> Iterator[Volume]:
    stack = container.stacks[rows[0].stack]
    grid = COLOURS if is_colour(stack.format) else uniform(stack)
    if isinstance(grid, str) or max(grid.size) > LARGEST_SIDE:
        left_out.add(grid if isinstance(grid, str) else TOO_LARGE, rows)
        return
    several = f"_{stack.index}" if len(container.stacks) > 1 else ""
    affine = tuple(grid.affine_lps.ravel().tolist())
    labelled = _labelled(container, grid, annotations) if annotations else ""
    known, why_not = (None, labelled) if isinstance(labelled, str) else (labelled, "")
    yield Volume(rows, (container.folder.name or container.path.stem) + several, grid.size, affine, known, why_not)


def _labelled(container: Container, grid: Uniform, annotations: str) -> Labelled | str:
    """The set on a volume, or why there is none."""
    if annotations not in container.annotations:
        return f"there is no annotation set {annotations} of it"
    drawn, stack = container.annotations[annotations], grid.stack.index
    if not drawn.is_of_this_container:
        return f"annotation set {annotations} was drawn on other frames than these"
    unseen = {FrameKey(stack, frame) for frame in grid.frames} - drawn.seen
    return Labelled(annotations, drawn.labels, len(drawn.overlaps_of(stack)), len(unseen))
