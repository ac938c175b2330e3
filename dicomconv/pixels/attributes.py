"""What the header says about the pixels: format per instance, meaning per frame (PS3.3 C.7.6.3, C.11)."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
WindowFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the pixel value of an instance, or of a stack in a container, is laid out (PS3.3 C.7.6.3.1, PS3.5 8).

    `float_kind`: "" for integers, "f4" for Float Pixel Data, "f8" for Double Float Pixel Data. `pixel_vr` matters for
    8-bit pixels in big endian only: there OW swaps pairs of bytes and OB does not.
    """

    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    planar_configuration: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    pixel_representation: int
    number_of_frames: int
    transfer_syntax_uid: str
    float_kind: Literal["", "f4", "f8"] = ""
    pixel_vr: str = "OW"


@dataclass(frozen=True, slots=True)
class Rescale:
    """slope * stored + intercept = modality value, in `type` units (HU, US …). PS3.3 C.11.1.1.2."""

    slope: float = 1.0
    intercept: float = 0.0
    type: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Window Center and Window Width in modality units, and the VOI LUT Function. PS3.3 C.11.2.1.2."""

    center: float
    width: float
    function: WindowFunction = "LINEAR"


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A LUT: entry i belongs to input first_mapped + i; `entries` are unsigned, of `bits` each. PS3.3 C.11.1.1.1."""

    first_mapped: int
    bits: int
    entries: NDArray[np.uint16] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Red, green, blue tables of PALETTE COLOR, expanded if segmented. PS3.3 C.7.9."""

    red: LookupTable
    green: LookupTable
    blue: LookupTable


Voi = Window | LookupTable | Palette  # what makes a picture of modality values; of labels, what gives them colours


@dataclass(frozen=True, slots=True, eq=False)
class FrameAttributes:
    """What one frame's stored values mean and where the frame lies: its own functional groups, shared ones, top level.

    `position` and `orientation` in mm, LPS; `pixel_spacing` (between rows, between columns) in mm and the keyword it
    came from; `padding`: lowest and highest stored value that is padding. `palette`: of a PALETTE COLOR image; of a
    monochrome one the supplemental palette, whose colours its values from `first_mapped` on have (PS3.3 C.7.6.19).
    `labels`: of a segmentation, the colours of its segments.
    """

    position: Vector | None = None
    orientation: tuple[float, ...] | None = None
    pixel_spacing: tuple[float, float] | None = None
    pixel_spacing_from: str = ""
    slice_thickness: float | None = None
    rescale: Rescale = Rescale()
    modality_lut: LookupTable | None = None
    windows: tuple[Window, ...] = ()
    voi_lut: LookupTable | None = None
    padding: tuple[float, float] | None = None
    presentation_lut_shape: str = ""
    palette: Palette | None = None
    labels: Palette | None = None
