"""Stored bits to stored values, and stored values to modality values (PS3.3 C.7.6.3.1, C.11.1; PS3.5 8.1.1)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.attributes import FrameAttributes, LookupTable, PixelFormat, Rescale


def stored_values(raw: NDArray[Any], format: PixelFormat) -> NDArray[Any]:
    """The values that the stored bits mean: masked to Bits Stored, shifted down from High Bit, sign extended.

    `raw`: any shape, as `frames` gives it. The result has the same shape, in the machine's byte order; what other
    bits hold (overlays, rubbish, a missing sign) is gone. Float pixels are their own values.
    """
    native = raw.astype(raw.dtype.newbyteorder("="), copy=False)
    size = 8 * native.dtype.itemsize
    if format.float_kind:
        return native
    dtype = np.dtype(f"{'i' if format.pixel_representation else 'u'}{native.dtype.itemsize}")
    values = np.ascontiguousarray(native).view(dtype)
    if format.bits_stored == size:
        return values
    # up until the highest stored bit is the sign, and down again: the right shift of a signed value extends it
    return (values << (size - 1 - format.high_bit)) >> (size - format.bits_stored)


def modality_values(stored: NDArray[Any], attributes: FrameAttributes) -> NDArray[np.float64]:
    """Stored values in modality units (HU for CT): by the Modality LUT if there is one, else by slope and intercept."""
    if attributes.modality_lut is not None:
        return look_up(attributes.modality_lut, stored.astype(np.float64)).astype(np.float64)
    return rescale(stored, attributes.rescale)


def rescale(stored: NDArray[Any], by: Rescale) -> NDArray[np.float64]:
    """slope * stored + intercept, not rounded. PS3.3 C.11.1.1.2."""
    return by.slope * stored.astype(np.float64) + by.intercept


def look_up(table: LookupTable, values: NDArray[np.float64]) -> NDArray[np.uint16]:
    """The entry of each value, rounded to the nearest; beyond either end the end's entry. PS3.3 C.11.1.1.1."""
    last = len(table.entries) - 1
    index = np.clip(np.floor(np.nan_to_num(values) + 0.5) - table.first_mapped, 0, last)
    entries: NDArray[np.uint16] = table.entries[index.astype(np.intp)]
    return entries


def is_padding(stored: NDArray[Any], padding: tuple[float, float] | None) -> NDArray[np.bool_]:
    """Where a stored value is Pixel Padding Value, or between it and Pixel Padding Range Limit. PS3.3 C.7.5.1.1.2."""
    if padding is None:
        return np.zeros(stored.shape, np.bool_)
    return (stored >= padding[0]) & (stored <= padding[1])
