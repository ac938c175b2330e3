"""A linear window of 16-bit pixels as arithmetic on whole numbers, where that gives what its table gives: in half the time."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHIFT = 24  # so that 256 levels fill 32 bits
BLACK, WHITE = 0, 256


@dataclass(frozen=True, slots=True)
class Ramp:
    """Grey levels that rise with the stored value from `low` to `high`: by `factor` << SHIFT a step, from `start` on."""

    dtype: str
    low: int
    high: int
    factor: int
    start: int

    def levels(self, bits: NDArray[Any]) -> NDArray[np.uint8]:
        """The grey levels of pixels, any shape, given as their bits: uint16 in the machine's byte order."""
        stored = bits.view(self.dtype).clip(self.low, self.high)
        stored -= stored.dtype.type(self.low)
        levels = stored.astype(np.uint32)
        levels *= np.uint32(self.factor)
        levels += np.uint32(self.start)
        levels >>= np.uint32(SHIFT)
        return levels.astype(np.uint8)


def ramp_of(table: NDArray[Any], slope: float, offset: float, *, signed: bool) -> Ramp | None:
    """The ramp whose levels are floor(slope * stored value + offset), if it gives what the table gives for all 16 bits.

    `table`: the 8-bit level of each of 65536 patterns of bits. `signed`: whether they are signed numbers.
    """
    limits = np.iinfo(np.int16 if signed else np.uint16)
    if not (slope > 0 and math.isfinite(offset) and table.shape == (1 << 16,) and table.dtype == np.uint8):
        return None
    low, high = math.ceil((BLACK - offset) / slope), math.ceil((WHITE - offset) / slope) - 1
    if not (limits.min <= low < high <= limits.max and high - low <= np.iinfo(np.int16).max):
        return None
    factor, start = round(slope * (1 << SHIFT)), round((slope * low + offset) * (1 << SHIFT))
    if not (start >= 0 and start + factor * (high - low) < 1 << 32):
        return None
    ramp = Ramp("i2" if signed else "u2", low, high, factor, start)
    return ramp if np.array_equal(ramp.levels(np.arange(1 << 16, dtype=np.uint16)), table) else None
