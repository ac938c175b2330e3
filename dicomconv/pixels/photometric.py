"""What samples mean as grey or colour on a display (PS3.3 C.7.6.3.1.2, C.7.9, C.11.6)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.pixels.attributes import FrameAttributes, Palette, PixelFormat
from dicomconv.pixels.modality import is_padding, look_up, stored_values

# Parts of 1000, and of 587000: whole numbers of 16 bits stay exact until they are rounded, so that halves go up
RED_OF_CR, BLUE_OF_CB, GREEN_OF_CB, GREEN_OF_CR = 1402, 1772, -114 * 1772, -299 * 1402
SOME_PIXELS = 1 << 18  # that are worked on at a time
LUMINANCE_RANGE, CHROMINANCE_RANGE = 219, 224  # of YBR_PARTIAL, where YBR_FULL has 255


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
    if not photometric.startswith(("YBR_PARTIAL", "YBR_FULL")):
        return by_pixel  # RGB, and YBR_RCT or YBR_ICT, which decompressors leave on what they have made RGB
    rgb = ybr_to_rgb(_samples(by_pixel, format), format.bits_stored, partial=photometric.startswith("YBR_PARTIAL"))
    unsigned = np.dtype(by_pixel.dtype.str.replace("i", "u"))
    return (rgb << (format.high_bit + 1 - format.bits_stored)).astype(unsigned).view(by_pixel.dtype)


def _samples(raw: NDArray[Any], format: PixelFormat) -> NDArray[Any]:
    """Colour samples as numbers of Bits Stored, which have no sign whatever Pixel Representation says."""
    return stored_values(raw, replace(format, pixel_representation=0))


def ybr_to_rgb(ybr: NDArray[Any], bits: int, *, partial: bool = False) -> NDArray[Any]:
    """Luminance and chrominance as red, green, blue; (rows, columns, 3) of unsigned `bits`. PS3.3 C.7.6.3.1.2.

    `partial`: luminance from 16 to 235, chrominance from 16 to 240 (of 8 bits).
    """
    return _in_bands(lambda band: _ybr_to_rgb(band, bits, partial), ybr)


def _in_bands(work: Callable[[NDArray[Any]], NDArray[Any]], pixels: NDArray[Any]) -> NDArray[Any]:
    """What the work makes of pixels, some rows at a time: in float64 it takes thirty times what they take."""
    step = max(1, SOME_PIXELS // max(1, pixels.shape[1]))
    if len(pixels) <= step:
        return work(pixels)
    return np.concatenate([work(pixels[row : row + step]) for row in range(0, len(pixels), step)])


def _ybr_to_rgb(ybr: NDArray[Any], bits: int, partial: bool) -> NDArray[Any]:
    highest, middle, unsigned = (1 << bits) - 1, float(1 << bits - 1), np.dtype(ybr.dtype.str.replace("i", "u"))
    ybr, dtype = ybr.view(unsigned), ybr.dtype
    y, cb, cr = (ybr[..., sample].astype(np.float64) for sample in range(3))
    cb, cr, scale = cb - middle, cr - middle, 1
    if partial:
        y, scale = (y - (1 << bits) / 16) * 255 * CHROMINANCE_RANGE, LUMINANCE_RANGE * CHROMINANCE_RANGE
        cb, cr = cb * 255 * LUMINANCE_RANGE, cr * 255 * LUMINANCE_RANGE
    red, blue = (1000 * y + RED_OF_CR * cr) / (1000 * scale), (1000 * y + BLUE_OF_CB * cb) / (1000 * scale)
    green = (587000 * y + GREEN_OF_CB * cb + GREEN_OF_CR * cr) / (587000 * scale)
    rgb = np.stack([red, green, blue], axis=-1)
    return np.clip(np.floor(rgb + 0.5), 0, highest).astype(unsigned).view(dtype)


def colour(raw: NDArray[Any], format: PixelFormat, depth: int) -> NDArray[Any]:
    """A colour frame as RGB of 8 or 16 bits: (rows, columns, 3). Other depths are scaled to the full range."""
    rgb = _samples(to_rgb(raw, format), format)
    return rgb if format.bits_stored == depth == 8 * rgb.dtype.itemsize else _scaled(rgb, format.bits_stored, depth)


def from_palette(raw: NDArray[Any], format: PixelFormat, palette: Palette | None, depth: int) -> NDArray[Any]:
    """A PALETTE COLOR frame as RGB of 8 or 16 bits: (rows, columns, 3). An entry becomes v * 255 / 65535, rounded."""
    if palette is None:
        raise Undecodable("there is no Palette Color Lookup Table to draw the pixels with")
    tables = (palette.red, palette.green, palette.blue)

    def coloured(band: NDArray[Any]) -> NDArray[Any]:
        index = stored_values(band, format).astype(np.float64)
        return np.stack([_scaled(look_up(table, index), table.bits, depth) for table in tables], axis=-1)

    return _in_bands(coloured, raw)


def with_colours(
    grey: NDArray[Any], raw: NDArray[Any], format: PixelFormat, attributes: FrameAttributes, depth: int
) -> NDArray[Any]:
    """A monochrome frame in grey, with its supplemental palette's colours where it has them: (rows, columns, 3).

    Values from the first one mapped on are coloured (PS3.3 C.7.6.19, C.7.6.3.1.5); padding stays dark.
    """
    if attributes.palette is None:
        return grey
    stored = stored_values(raw, format)
    is_coloured = (stored >= attributes.palette.red.first_mapped) & ~is_padding(stored, attributes.padding)
    return np.where(is_coloured[..., None], from_palette(raw, format, attributes.palette, depth), grey[..., None])


def _scaled(values: NDArray[Any], bits: int, depth: int) -> NDArray[Any]:
    return quantise(values / ((1 << bits) - 1), depth)
