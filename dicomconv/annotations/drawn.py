"""What an annotation file says, before anybody knows which slices are meant: records that all readers give."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Kind, Label


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a picture lies in the patient, in mm of LPS (PS3.3 C.7.6.2).

    `position`: of the centre of its first pixel; `orientation`: of its rows and its columns; `pixel_spacing`: between
    rows, then between columns.
    """

    position: tuple[float, float, float]
    orientation: tuple[float, ...]
    pixel_spacing: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PictureRef:
    """Which picture is meant.

    `name`: of its file, as the annotation file spells it, folders included. `size`: columns and rows that the file says
    the picture has, None if it does not say. `sop_instance_uid`, `frame_number`: where DICOM itself is the source;
    `plane`: where the picture lies, if it says that; without a UID, that alone says which it is. `frame_of_reference_uid`:
    what such places are relative to, empty if it is not said.
    """

    name: str = ""
    size: tuple[int, int] | None = None
    sop_instance_uid: str = field(default="", repr=False)
    frame_number: int = 1
    plane: Plane | None = None
    frame_of_reference_uid: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One thing that is drawn on one picture, in pixels of that picture.

    `place`: where in its file it stands, in words ("line 12", "annotation 3"). `picture`: None for a label of everything.
    `label`: its name; or, where the format has numbers only, its value. One of `mask`, `rings` or neither (then the label
    is of the whole picture). `mask`: (rows, columns) bool, as large as the picture; `offset`: where in the picture its
    first pixel lies (column, row), if it is smaller. `rings`: each (n, 2) float64, column and row, with (0, 0) the outer
    corner of the first pixel, as of `annotation.Shape`; if `is_normalised`, in parts of the picture's width and height
    (`in_pixels`). `rings_mm`: instead of `rings`, each (n, 3) float64 in mm of LPS (`placed.on_slice` makes rings of
    them); without a UID of the picture, they alone say which it is. `coded`: the label as DICOM says it, with its codes.
    `is_seen_only`: nothing is drawn; the picture was there.
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
    is_normalised: bool = False
    rings_mm: tuple[NDArray[np.float64], ...] = field(default=(), repr=False)
    coded: Label | None = None

    def in_pixels(self, columns: int, rows: int) -> "Drawn":
        """The same in pixels of a picture of this size."""
        if not self.is_normalised:
            return self
        return replace(self, rings=tuple(ring * (columns, rows) for ring in self.rings), is_normalised=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be read: where in its file it stands, empty if it is the whole file, and why, in a sentence."""

    place: str
    reason: str


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
