"""How often each value occurs in the pixels of many frames, counted exactly, and what follows: quantiles, histograms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.attributes import FrameAttributes, LookupTable, PixelFormat, Rescale
from dicomconv.pixels.modality import is_padding, modality_values, stored_values

TABLE_BYTES = 2  # of a pixel: integers up to this size are counted in a table of all values there can be
PIECE = 1 << 20  # pixels that are counted at a time
MOST_VALUES = 1 << 20  # different values that are kept apart
FINE = 1 << 16  # bins between the lowest and the highest value where there are more than that

Values = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ValueCounts:
    """The values that occur, ascending, and how often each does: (V,) and (V,).

    `step`: all values lie whole steps apart; None if none is known.
    """

    values: Values = field(repr=False)
    counts: Counts = field(repr=False)
    step: float | None = None

    @property
    def total(self) -> int:
        """How many pixels there are."""
        return int(self.counts.sum())

    def quantiles(self, parts: Sequence[float]) -> list[float]:
        """The values below which these parts (0 to 1) of the pixels lie, interpolated as numpy.quantile does it."""
        ends = np.cumsum(self.counts)
        ranks = np.asarray(parts, np.float64) * (self.total - 1)
        below = np.floor(ranks)
        lower, upper = (self.values[np.searchsorted(ends, rank, "right")] for rank in (below, np.ceil(ranks)))
        return [float(value) for value in lower + (upper - lower) * (ranks - below)]

    def mean(self) -> float:
        """The mean of all pixels."""
        return float((self.values * (self.counts / self.total)).sum())

    def between(self, low: float, high: float) -> int:
        """How many pixels have a value from `low` to `high`, both included."""
        first, last = np.searchsorted(self.values, low, "left"), np.searchsorted(self.values, high, "right")
        return int(self.counts[first:last].sum())

    def edges(self, bins: int) -> Values:
        """The edges of at most `bins` bins of equal width, from below the lowest to above the highest value.

        Where a step is known, each bin is a whole number of steps wide: else some would hold one value more than others.
        """
        low, high = float(self.values[0]), float(self.values[-1])
        if self.step is None:
            return np.linspace(low, high, bins + 1) if low < high else np.array([low - 0.5, low + 0.5])
        steps = round((high - low) / self.step) + 1
        wide = -(-steps // bins)
        edges: Values = low + self.step * (wide * np.arange(-(-steps // wide) + 1.0) - 0.5)
        return edges

    def histogram(self, edges: Values) -> Counts:
        """How many pixels fall between edges, the last edge included, as numpy.histogram counts them."""
        bins = np.searchsorted(edges, self.values, "right") - 1
        bins[self.values == edges[-1]] -= 1
        inside = (bins >= 0) & (bins < len(edges) - 1)
        counts = np.zeros(len(edges) - 1, np.int64)
        np.add.at(counts, bins[inside], self.counts[inside])
        return counts


@dataclass(frozen=True, slots=True, eq=False)
class _Meaning:
    """What turns stored integers into modality values; equal ones share a table."""

    rescale: Rescale
    modality_lut: LookupTable | None
    padding: tuple[float, float] | None
    dtype: np.dtype[Any]

    def is_like(self, other: "_Meaning | None") -> bool:
        return other is not None and all(
            getattr(self, name) is getattr(other, name) or getattr(self, name) == getattr(other, name)
            for name in self.__slots__
        )


class PixelCounter:
    """Counts the modality values of grey frames, one frame after the other.

    `pixels`: all that were given; of them `padding` and `not_finite` are in no count. `values` is None once there are
    more than MOST_VALUES different ones; `lowest` and `highest` are known all the same.
    """

    def __init__(self, most_values: int = MOST_VALUES) -> None:
        self.pixels = self.padding = self.not_finite = 0
        self.lowest, self.highest = np.inf, -np.inf
        self._most = most_values
        self._values: Values | None = np.empty(0, np.float64)
        self._counts: Counts = np.empty(0, np.int64)
        self._meaning: _Meaning | None = None
        self._table: Counts = np.empty(0, np.int64)
        self._slopes: set[float | None] = set()

    def add(self, raw: NDArray[Any], format: PixelFormat, attributes: FrameAttributes) -> None:
        """Count the pixels of a frame as `frames` gives it, with its `stored_format`: one sample per pixel."""
        stored = stored_values(raw, format).reshape(-1)
        self.pixels += stored.size
        meaning = _Meaning(attributes.rescale, attributes.modality_lut, attributes.padding, stored.dtype)
        in_table = not format.float_kind and stored.dtype.itemsize <= TABLE_BYTES
        if in_table and not meaning.is_like(self._meaning):
            self._empty_table()
            self._meaning, self._table = meaning, np.zeros(1 << 8 * stored.dtype.itemsize, np.int64)
        for start in range(0, stored.size, PIECE):
            piece = stored[start : start + PIECE]
            if in_table:
                bits = piece.view(f"u{piece.dtype.itemsize}")
                self._table += np.bincount(bits, minlength=len(self._table))
            else:
                self._take(piece, np.ones(piece.size, np.int64), meaning, is_whole=not format.float_kind)

    def finish(self) -> ValueCounts | None:
        """Every value with its count; None if there are too many different ones, or no pixel that counts."""
        self._empty_table()
        if self._values is None or not self._values.size:
            return None
        return ValueCounts(self._values, self._counts, self._step(self._values))

    def _empty_table(self) -> None:
        if self._meaning is not None:
            present = np.flatnonzero(self._table)
            dtype = self._meaning.dtype
            stored = present.astype(f"u{dtype.itemsize}").view(dtype)
            self._take(stored, self._table[present], self._meaning, is_whole=True)
        self._meaning = None

    def _take(self, stored: NDArray[Any], counts: Counts, meaning: _Meaning, *, is_whole: bool) -> None:
        """Take stored values, each with its count, into the modality values."""
        padded = is_padding(stored, meaning.padding)
        self.padding += int(counts[padded].sum())
        attributes = FrameAttributes(rescale=meaning.rescale, modality_lut=meaning.modality_lut)
        values, counts = modality_values(stored[~padded], attributes), counts[~padded]
        finite = np.isfinite(values)
        self.not_finite += int(counts[~finite].sum())
        values, counts = values[finite], counts[finite]
        if values.size:
            self.lowest, self.highest = min(self.lowest, values.min()), max(self.highest, values.max())
            slope = 1.0 if meaning.modality_lut is not None else abs(meaning.rescale.slope)
            self._slopes.add(slope if is_whole else None)
            self._merge(values, counts)

    def _merge(self, values: Values, counts: Counts) -> None:
        if self._values is None:
            return
        values, place = np.unique(np.concatenate([self._values, values]), return_inverse=True)
        merged = np.zeros(len(values), np.int64)
        np.add.at(merged, place.reshape(-1), np.concatenate([self._counts, counts]))
        self._values, self._counts = (values, merged) if len(values) <= self._most else (None, merged[:0])

    def _step(self, values: Values) -> float | None:
        """The largest step of which all values are whole multiples apart, where one slope makes them all."""
        if len(self._slopes) != 1 or None in self._slopes:
            return None
        [slope] = self._slopes
        steps = (values - values[0]) / (slope or 1.0)
        if np.abs(steps - np.rint(steps)).max() > 1e-6 or steps[-1] > 1 << 53:
            return None
        return float(np.gcd.reduce(np.rint(steps).astype(np.int64)) or 1) * (slope or 1.0)


class BinCounter:
    """Counts modality values in FINE bins between two known ends: the second pass, where values are too many."""

    def __init__(self, low: float, high: float, bins: int) -> None:
        self.edges = np.linspace(low, high, bins * max(1, FINE // bins) + 1)
        self._counts = np.zeros(len(self.edges) - 1, np.int64)

    def add(self, raw: NDArray[Any], format: PixelFormat, attributes: FrameAttributes) -> None:
        """Count the pixels of a frame; as PixelCounter.add."""
        stored = stored_values(raw, format).reshape(-1)
        for start in range(0, stored.size, PIECE):
            piece = stored[start : start + PIECE]
            values = modality_values(piece[~is_padding(piece, attributes.padding)], attributes)
            values = np.clip(values[np.isfinite(values)], self.edges[0], self.edges[-1])
            self._counts += np.histogram(values, len(self._counts), (self.edges[0], self.edges[-1]))[0]

    def finish(self) -> ValueCounts:
        """The middle of each bin with its count."""
        return ValueCounts((self.edges[:-1] + self.edges[1:]) / 2, self._counts)
