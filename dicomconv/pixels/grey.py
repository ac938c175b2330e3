"""The greyscale pipeline, stored bits to grey levels, in float64; as one table where bits are few (PS3.4 N.2)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.attributes import FrameAttributes, LookupTable, PixelFormat, Rescale, Window
from dicomconv.pixels.modality import is_padding, modality_values, rescale, stored_values
from dicomconv.pixels.photometric import is_inverted, quantise
from dicomconv.pixels.ramp import Ramp, ramp_of
from dicomconv.pixels.window import display_values

LARGEST_TABLE = 2  # bytes per pixel


@dataclass(frozen=True, slots=True)
class GreyTransform:
    """All that the grey level of a pixel depends on besides its bits; equal transforms have equal tables."""

    format: PixelFormat
    rescale: Rescale
    modality_lut: LookupTable | None
    voi: Window | LookupTable
    padding: tuple[float, float] | None
    inverted: bool
    depth: Literal[8, 16]

    def grey_levels(self, raw: NDArray[Any]) -> NDArray[Any]:
        """The definition: grey levels of raw pixels, any shape; padding and what is no number are the dark end."""
        stored = stored_values(raw, self.format)
        attributes = FrameAttributes(rescale=self.rescale, modality_lut=self.modality_lut)
        display = display_values(modality_values(stored, attributes), self.voi)
        if self.inverted:
            display = 1 - display
        dark = is_padding(stored, self.padding) | np.isnan(display)
        return quantise(np.where(dark, 0, display), self.depth)


def grey(
    raw: NDArray[Any],
    format: PixelFormat,
    attributes: FrameAttributes,
    voi: Window | LookupTable,
    *,
    depth: Literal[8, 16] = 8,
) -> NDArray[Any]:
    """The grey levels of a frame, (rows, columns), 8 or 16 bits."""
    transform = GreyTransform(
        format=_essential(format),
        rescale=attributes.rescale,
        modality_lut=attributes.modality_lut,
        voi=voi,
        padding=attributes.padding,
        inverted=is_inverted(format.photometric_interpretation, attributes.presentation_lut_shape),
        depth=depth,
    )
    if not _has_table(format, raw):
        return transform.grey_levels(raw)
    if raw.dtype.itemsize == LARGEST_TABLE and (ramp := _ramp(transform)):
        return ramp.levels(_bits(raw))
    levels = np.empty(raw.shape, np.uint8 if depth == 8 else np.uint16)
    return _table(transform, raw.dtype.itemsize).take(_bits(raw), out=levels, mode="clip")  # no index is beyond a table


def _has_table(format: PixelFormat, raw: NDArray[Any]) -> bool:
    return not format.float_kind and raw.dtype.itemsize <= LARGEST_TABLE


def _essential(format: PixelFormat) -> PixelFormat:
    """The format with what is the same for all grey levels left out, so that series share tables."""
    return PixelFormat(
        rows=0,
        columns=0,
        samples_per_pixel=1,
        photometric_interpretation="",
        planar_configuration=0,
        bits_allocated=format.bits_allocated,
        bits_stored=format.bits_stored,
        high_bit=format.high_bit,
        pixel_representation=format.pixel_representation,
        number_of_frames=1,
        transfer_syntax_uid="",
        float_kind=format.float_kind,
    )


def _bits(raw: NDArray[Any]) -> NDArray[Any]:
    """Raw pixels as unsigned numbers in the machine's byte order."""
    return np.ascontiguousarray(raw.astype(raw.dtype.newbyteorder("="), copy=False)).view(f"u{raw.dtype.itemsize}")


def _all_bits(itemsize: int) -> NDArray[Any]:
    return np.arange(1 << 8 * itemsize, dtype=f"u{itemsize}")


@lru_cache(maxsize=64)
def _table(transform: GreyTransform, itemsize: int) -> NDArray[Any]:
    return transform.grey_levels(_all_bits(itemsize))


@lru_cache(maxsize=64)
def _ramp(transform: GreyTransform) -> Ramp | None:
    """The ramp that gives what the table of 16-bit pixels gives; None if there is none, as of tables and curves."""
    voi, by, format = transform.voi, transform.rescale, transform.format
    if not isinstance(voi, Window) or voi.function != "LINEAR" or voi.width <= 1 or transform.modality_lut is not None:
        return None
    steep = 255 / (voi.width - 1)  # levels of 8 bits a unit (PS3.3 C.11.2.1.2.1)
    offset = steep * (by.intercept - (voi.center - 0.5)) + 255 / 2 + 0.5
    return ramp_of(_table(transform, LARGEST_TABLE), steep * by.slope, offset, signed=format.pixel_representation == 1)


def modality_range(raw: NDArray[Any], format: PixelFormat, attributes: FrameAttributes) -> tuple[float, float] | None:
    """The lowest and the highest modality value of a frame's grey pixels without padding; None if there are none."""
    if attributes.palette is not None:
        raw = raw[stored_values(raw, format) < attributes.palette.red.first_mapped]
    if not raw.size:
        return None
    if _has_table(format, raw) and attributes.modality_lut is None:
        ends = _stored_range(stored_values(raw, format), attributes.padding)
        return None if ends is None else _sorted(rescale(np.array(ends), attributes.rescale))
    if _has_table(format, raw):
        present = np.zeros(1 << 8 * raw.dtype.itemsize, np.bool_)
        present[_bits(raw)] = True
        raw = np.flatnonzero(present).astype(f"u{raw.dtype.itemsize}")
    stored = stored_values(raw, format)
    values = modality_values(stored[~is_padding(stored, attributes.padding)], attributes)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else None


def _sorted(ends: NDArray[np.float64]) -> tuple[float, float]:
    return float(ends.min()), float(ends.max())


def _stored_range(stored: NDArray[Any], limits: tuple[float, float] | None) -> tuple[int, int] | None:
    """The lowest and the highest stored value that is not padding; None if nothing is left."""
    lowest, highest = int(stored.min()), int(stored.max())
    if limits is None:
        return lowest, highest
    padding = int(limits[0]), int(limits[1])
    if padding[0] <= lowest and highest <= padding[1]:
        return None
    # counted from the end of the padding, modulo 2**bits, padding comes after all that lies beyond it
    unsigned = stored.view(f"u{stored.dtype.itemsize}")
    if padding[0] <= lowest <= padding[1]:
        lowest = padding[1] + 1 + int((unsigned - unsigned.dtype.type((padding[1] + 1) % _modulus(stored))).min())
    if padding[0] <= highest <= padding[1]:
        highest = padding[0] - 1 - int((unsigned.dtype.type((padding[0] - 1) % _modulus(stored)) - unsigned).min())
    return lowest, highest


def _modulus(stored: NDArray[Any]) -> int:
    return 1 << 8 * stored.dtype.itemsize


def full_range(format: PixelFormat, attributes: FrameAttributes) -> tuple[float, float]:
    """The lowest and the highest modality value that Bits Stored can hold."""
    lowest = -(1 << format.bits_stored - 1) if format.pixel_representation else 0
    if attributes.modality_lut is not None:
        entries = attributes.modality_lut.entries
        return float(entries.min()), float(entries.max())
    ends = [
        attributes.rescale.slope * value + attributes.rescale.intercept
        for value in (lowest, lowest + (1 << format.bits_stored) - 1)
    ]
    return min(ends), max(ends)
