"""What an annotation file says, before anybody knows which slices are meant: records that all readers give."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Kind


@dataclass(frozen=True, slots=True)
class PictureRef:
    """Which picture is meant.

    `name`: of its file, as the annotation file spells it, folders included. `size`: columns and rows that the file says
    the picture has, None if it does not say. `sop_instance_uid`, `frame_number`: where DICOM itself is the source.
    """

    name: str = ""
    size: tuple[int, int] | None = None
    sop_instance_uid: str = field(default="", repr=False)
    frame_number: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One thing that is drawn on one picture, in pixels of that picture.

    `place`: where in its file it stands, in words ("line 12", "annotation 3"). `picture`: None for a label of everything.
    `label`: its name; or, where the format has numbers only, its value. One of `mask`, `rings` or neither (then the label
    is of the whole picture). `mask`: (rows, columns) bool, as large as the picture; `offset`: where in the picture its
    first pixel lies (column, row), if it is smaller. `rings`: each (n, 2) float64, column and row, with (0, 0) the outer
    corner of the first pixel, as of `annotation.Shape`. `is_seen_only`: nothing is drawn; the picture was there.
    """

    place: str
    picture: PictureRef | None
    label: str | int = ""
    kind: Kind | None = None
    mask: NDArray[np.bool_] | None = field(default=None, repr=False)
    offset: tuple[int, int] = (0, 0)
    rings: tuple[NDArray[np.float64], ...] = field(default=(), repr=False)
    object: int = 0
    is_seen_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Label values of a whole volume.

    `values`: (slices, rows, columns) whole numbers, or (layers, slices, rows, columns) where labels overlap, 0 for none.
    `affine_lps`: 4 x 4 float64, (column, row, slice, 1) to mm in LPS, whole numbers at the centres of voxels. `names`:
    label names by value, where the file has them; of layers, by (layer, value).
    """

    place: str
    values: NDArray[Any] = field(repr=False)
    affine_lps: NDArray[np.float64] = field(repr=False)
    names: dict[tuple[int, int], str] = field(default_factory=dict)
