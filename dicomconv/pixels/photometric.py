"""What samples mean as grey or colour on a display (PS3.3 C.7.6.3.1.2, C.7.9, C.11.6)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.pixels.attributes import Palette, PixelFormat
from dicomconv.pixels.modality import look_up, stored_values

RED_OF_CR, BLUE_OF_CB = 1.402, 1.772
GREEN_OF_CB, GREEN_OF_CR = -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587
PARTIAL_LUMINANCE, PARTIAL_CHROMINANCE = 255 / 219, 255 / 224


def is_inverted(photometric_interpretation: str, presentation_lut_shape: str) -> bool:
    """Whether the lowest value is shown white: as Presentation LUT Shape says, else under MONOCHROME1. PS3.3 C.11.6."""
    if presentation_lut_shape in ("INVERSE", "IDENTITY"):
        return presentation_lut_shape == "INVERSE"
    return photometric_interpretation == "MONOCHROME1"


def quantise(display: NDArray[np.float64], depth: int) -> NDArray[Any]:
    """Display values 0 to 1 as whole numbers of 8 or 16 bits: floor(255 * y + 0.5), exact for the identity window."""
    return np.floor(((1 << depth) - 1) * display + 0.5).astype(np.uint8 if depth == 8 else np.uint16)


def to_rgb(raw: NDArray[Any], format: PixelFormat) -> NDArray[Any]:
    """Colour samples as red, green, blue by pixel: (rows, columns, 3), the dtype of `raw`.

    Undecodable for colour models that nothing here draws (retired ones of four samples, CIELab).
    """
    by_pixel = np.moveaxis(raw, 0, -1) if format.planar_configuration == 1 else raw
    photometric = format.photometric_interpretation
    if format.samples_per_pixel != 3 or photometric in ("HSV", "CIELAB"):
        raise Undecodable("there is no picture of pixels of this PhotometricInterpretation")
    if photometric.startswith("YBR_PARTIAL"):
        return ybr_to_rgb(by_pixel, format.bits_stored, partial=True)
    if photometric.startswith("YBR_FULL"):
        return ybr_to_rgb(by_pixel, format.bits_stored)
    return by_pixel  # RGB, and YBR_RCT or YBR_ICT, which decompressors leave on what they have made RGB


def ybr_to_rgb(ybr: NDArray[Any], bits: int, *, partial: bool = False) -> NDArray[Any]:
    """Luminance and chrominance as red, green, blue; (rows, columns, 3) of unsigned `bits`. PS3.3 C.7.6.3.1.2.

    `partial`: luminance from 16 to 235, chrominance from 16 to 240 (of 8 bits).
    """
    highest, middle = (1 << bits) - 1, float(1 << bits - 1)
    y, cb, cr = (ybr[..., sample].astype(np.float64) for sample in range(3))
    cb, cr = cb - middle, cr - middle
    if partial:
        y, cb, cr = (y - (1 << bits) / 16) * PARTIAL_LUMINANCE, cb * PARTIAL_CHROMINANCE, cr * PARTIAL_CHROMINANCE
    rgb = np.stack([y + RED_OF_CR * cr, y + GREEN_OF_CB * cb + GREEN_OF_CR * cr, y + BLUE_OF_CB * cb], axis=-1)
    return np.clip(np.floor(rgb + 0.5), 0, highest).astype(ybr.dtype)


def colour(raw: NDArray[Any], format: PixelFormat, depth: int) -> NDArray[Any]:
    """A colour frame as RGB of 8 or 16 bits: (rows, columns, 3). Other depths are scaled to the full range."""
    rgb = to_rgb(raw, format)
    if format.bits_stored == depth == 8 * rgb.dtype.itemsize:
        return stored_values(rgb, format).view(rgb.dtype.newbyteorder("=").str.replace("i", "u"))
    return _scaled(stored_values(rgb, format), format.bits_stored, depth)


def from_palette(raw: NDArray[Any], format: PixelFormat, palette: Palette | None, depth: int) -> NDArray[Any]:
    """A PALETTE COLOR frame as RGB of 8 or 16 bits: (rows, columns, 3). An entry becomes v * 255 / 65535, rounded."""
    if palette is None:
        raise Undecodable("there is no Palette Color Lookup Table to draw the pixels with")
    index = stored_values(raw, format).astype(np.float64)
    tables = (palette.red, palette.green, palette.blue)
    return np.stack([_scaled(look_up(table, index), table.bits, depth) for table in tables], axis=-1)


def _scaled(values: NDArray[Any], bits: int, depth: int) -> NDArray[Any]:
    return quantise(values / ((1 << bits) - 1), depth)
