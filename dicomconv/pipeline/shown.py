"""How a frame is shown in a picture, as a record, and as slices.csv and the pictures themselves tell it."""

from dataclasses import dataclass

from dicomconv.pipeline.views import View
from dicomconv.pixels.attributes import Palette, Voi, Window
from dicomconv.pixels.square import Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """How a frame is shown in a picture.

    `vois`: of each channel, what it was drawn with; empty in colour. `offset`: of stored values, what was added to
    them. `png_to_stored`: where in the stored pixels a pixel of the picture lies, 3 x 3, row by row.
    """

    view: View
    vois: tuple[Voi, ...]
    offset: int | None
    png_to_stored: Matrix


def window_cells(voi: Voi) -> tuple[object, object, str]:
    """Center, width and function of what a frame was drawn with; LUT or LABELS where it was no window."""
    if isinstance(voi, Window):
        return voi.center, voi.width, voi.function
    return "", "", "LABELS" if isinstance(voi, Palette) else "LUT"


def windows_cells(vois: tuple[Voi, ...]) -> tuple[object, ...]:
    """The same of each channel, parted by |; empty in colour."""
    if len(vois) == 1:
        return window_cells(vois[0])
    return tuple("|".join(map(str, cells)) for cells in zip(*map(window_cells, vois), strict=True)) or ("",) * 3
