"""How the values of a stack are written in NIfTI: in 16 bits where that loses nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.stack import Stack
from dicomconv.container.uniform import Uniform
from dicomconv.pixels.modality import stored_values

INT16, INT32 = np.iinfo(np.int16), np.iinfo(np.int32)
EXACT_IN_FLOAT32 = 1 << 24  # whole numbers up to there


@dataclass(frozen=True, slots=True)
class Storage:
    """`dtype` of what is written, and how modality values come of it: slope * written + inter.

    `is_stored`: stored values are written, else modality values.
    """

    dtype: np.dtype[np.generic]
    slope: float = 1.0
    inter: float = 0.0
    is_stored: bool = False


@dataclass
class _Range:
    """The values met so far: the least, the greatest, and whether all are whole numbers."""

    low: float = np.inf
    high: float = -np.inf
    is_whole: bool = True

    def add(self, values: NDArray[np.float64]) -> None:
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.is_whole = self.is_whole and bool((values == np.floor(values)).all())  # false for NaN

    def fits(self, bounds: "np.iinfo[np.signedinteger]") -> bool:
        return self.is_whole and bounds.min <= self.low and self.high <= bounds.max


def storage_of(stack: Stack) -> Storage:
    """How a stack is written: int16 as it is, or by slope and intercept, else float32; int32 where that alone is exact."""
    return storage_together([stack])


def storage_together(stacks: Sequence[Stack], *, has_scale: bool = True) -> Storage:
    """How stacks are written in one file, as `storage_of`; `has_scale`: whether the form has a slope and an intercept."""
    modality, stored = _Range(), _Range()
    for stack in stacks:
        for index in range(len(stack)):
            _look_at(stack, index, modality, stored)
    if modality.fits(INT16):
        return Storage(np.dtype("<i2"))
    slope, inter = _common_rescale(stacks[0]) if has_scale and len(stacks) == 1 else (0.0, 0.0)
    if slope and stored.fits(INT16):
        return Storage(np.dtype("<i2"), slope, inter, is_stored=True)
    if modality.fits(INT32) and max(-modality.low, modality.high) > EXACT_IN_FLOAT32:
        return Storage(np.dtype("<i4"))
    return Storage(np.dtype("<f4"))


def _look_at(stack: Stack, index: int, modality: _Range, stored: _Range) -> None:
    """Add one frame to the ranges. Where slope and intercept are whole numbers, the ends of the stored values say it all."""
    values = stored_values(stack[index], stack.format)
    if values.dtype.kind == "f":
        stored.add(values.astype(np.float64))
        modality.add(stack.modality(index))
        return
    ends = np.array([values.min(), values.max()], np.float64)
    stored.add(ends)
    slope, inter = (float(stack.frames[name][index]) for name in ("rescale_slope", "rescale_intercept"))
    is_plain = slope.is_integer() and inter.is_integer() and not stack.frames["modality_lut"][index]
    modality.add(slope * ends + inter if is_plain else stack.modality(index))


def frames_of(volume: Uniform, storage: Storage) -> Iterator[NDArray[np.generic]]:
    """Each frame as it is written, in the order of their places: (rows, columns)."""
    stack = volume.stack
    for index in volume.frames:
        if storage.is_stored or _is_as_stored(stack, index):
            yield stored_values(stack[index], stack.format).astype(storage.dtype)
        else:
            yield stack.modality(index).astype(storage.dtype)


def _is_as_stored(stack: Stack, index: int) -> bool:
    """Whether modality values are the stored ones."""
    frames = stack.frames
    return not frames["modality_lut"][index] and frames["rescale_slope"][index] == 1 and frames["rescale_intercept"][index] == 0


def _common_rescale(stack: Stack) -> tuple[float, float]:
    """Slope and intercept of all frames, if the 32 bits that NIfTI has for them hold them exactly; else a slope of 0."""
    slopes, inters = np.unique(stack.frames["rescale_slope"]), np.unique(stack.frames["rescale_intercept"])
    if len(slopes) > 1 or len(inters) > 1 or stack.frames["modality_lut"].any():
        return 0.0, 0.0
    slope, inter = float(slopes[0]), float(inters[0])
    return (slope, inter) if all(float(np.float32(one)) == one for one in (slope, inter)) else (0.0, 0.0)
