"""Stored pixels with boxes blanked: nothing but what is drawn darkest, everything outside the boxes as it was."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.model import Box
from dicomconv.pixels.attributes import FrameAttributes, Palette, PixelFormat
from dicomconv.pixels.modality import look_up
from dicomconv.pixels.photometric import is_inverted

LUMINANCE = (0.299, 0.587, 0.114)


def blanked(
    frame: NDArray[Any], format: PixelFormat, attributes: FrameAttributes, boxes: Iterable[Box]
) -> NDArray[Any]:
    """A copy of a frame, as `frames` or a pixel value has it, with each box filled with the darkest pixel.

    (rows, columns), (rows, columns, samples), or by plane (samples, rows, columns). Boxes may reach beyond the frame.
    """
    copy = frame.copy()
    dark = darkest(frame, format, attributes)
    is_by_plane = frame.ndim == 3 and format.planar_configuration == 1
    by_pixel = np.moveaxis(copy, 0, -1) if is_by_plane else copy
    for box in boxes:
        by_pixel[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = dark
    return copy


def blanked_pairs(pairs: NDArray[Any], format: PixelFormat, boxes: Iterable[Box]) -> NDArray[Any]:
    """As `blanked`, for uncompressed YBR 4:2:2: (rows, columns / 2, 4), two luminances and their chrominance.

    A box takes the whole of each pair that it meets: their chrominance is one. PS3.3 C.7.6.3.1.2.
    """
    copy = pairs.copy()
    luminance, blue, red = ybr_black(format)
    for box in boxes:
        top, bottom, right = max(0, box.top), max(0, box.bottom), max(0, box.right)
        copy[top:bottom, max(0, box.left) // 2 : (right + 1) // 2] = (luminance, luminance, blue, red)
    return copy


def darkest(frame: NDArray[Any], format: PixelFormat, attributes: FrameAttributes) -> NDArray[Any]:
    """The pixel that is drawn darkest: black in colour, else the frame's own extreme, as it must widen no window."""
    if format.samples_per_pixel == 3:
        is_ybr = format.photometric_interpretation.startswith(("YBR_FULL", "YBR_PARTIAL"))
        return np.array(ybr_black(format) if is_ybr else (0, 0, 0)).astype(frame.dtype)
    if format.samples_per_pixel > 1:
        raise Undecodable("there is no black in pixels of this PhotometricInterpretation")
    if format.photometric_interpretation == "PALETTE COLOR":
        return np.asarray(_darkest_index(frame, attributes.palette), frame.dtype)
    if attributes.padding is not None:
        return np.asarray(attributes.padding[0]).astype(frame.dtype)
    inverted = is_inverted(format.photometric_interpretation, attributes.presentation_lut_shape)
    is_negative = attributes.modality_lut is None and attributes.rescale.slope < 0
    values = frame[np.isfinite(frame)] if format.float_kind else frame
    if not values.size:
        return np.zeros((), frame.dtype)
    return np.asarray(values.max() if inverted != is_negative else values.min(), frame.dtype)


def ybr_black(format: PixelFormat) -> tuple[int, int, int]:
    """Luminance and chrominance of black. PS3.3 C.7.6.3.1.2."""
    middle = 1 << format.bits_stored - 1
    is_partial = format.photometric_interpretation.startswith("YBR_PARTIAL")
    return ((1 << format.bits_stored) // 16 if is_partial else 0), middle, middle


def _darkest_index(frame: NDArray[Any], palette: Palette | None) -> int:
    """The stored value with the darkest colour: of all that the tables map, the first of the darkest."""
    if palette is None:
        return int(frame.min())
    first, count = palette.red.first_mapped, len(palette.red.entries)
    info = np.iinfo(frame.dtype)
    indices = np.arange(max(first, info.min), min(first + count, info.max + 1)).astype(np.float64)
    if not indices.size:
        return int(frame.min())
    shares = zip(LUMINANCE, (palette.red, palette.green, palette.blue), strict=True)
    brightness = sum(share * look_up(table, indices) for share, table in shares)
    return int(indices[int(np.argmin(brightness))])
