"""Scales of a histogram: round numbers for ticks, counts as parts of the height."""

import math
from collections.abc import Sequence
from typing import Literal

Scale = Literal["log", "linear"]


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round numbers between two ends: whole multiples of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not span > 0:
        return [low]
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def height(count: int, highest: int, scale: Scale) -> float:
    """A count as a part of the height of the highest: 0 for none; on a log scale 1 pixel is still seen."""
    if not count:
        return 0.0
    if scale == "linear":
        return count / highest
    return math.log10(2 * count) / math.log10(2 * highest)


def count_ticks(highest: int, scale: Scale, most: int = 6) -> list[int]:
    """Counts to be written beside the bars."""
    if scale == "linear":
        return sorted({int(tick) for tick in ticks(0, highest, most) if tick <= highest})
    powers = math.floor(math.log10(highest))
    return [10**power for power in range(0, powers + 1, -(-(powers + 1) // most))]


def short(count: int) -> str:
    """A count in few letters: 950, 1k, 2.5M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)


def plain(value: float) -> str:
    """A value as a person writes it: 7 figures at most, no exponent where there need be none."""
    return f"{value:.7g}" if value else "0"


def merged(counts: Sequence[int], most: int) -> list[int]:
    """Bins put together, so many at a time that at most `most` are left."""
    wide = -(-len(counts) // most)
    return [sum(counts[start : start + wide]) for start in range(0, len(counts), wide)]
