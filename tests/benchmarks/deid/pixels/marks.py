"""Whether letters can still be seen: by their own shape, letter for letter, without reading them.

A letter is there as long as the pixels of its cell go up and down with its ink: the correlation is at least half of what
it was in the original, and more than chance has in so few pixels; the step from paper to ink is a quarter of it. Any even
colour has neither, nor has noise.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deid.pixels.drawing import Line
from tests.benchmarks.deid.pixels.lettering import Box

Array = NDArray[Any]
CORRELATION, STEP = 0.5, 0.25  # of the original's
CHANCE = 3.0  # standard deviations of the correlation of noise
INTACT = 0.9  # of the original's correlation: that much is no chance however small the letter
LEGIBLE = 0.35  # a letter that correlates less in the original is not asked for


def _fit(pixels: Array, coverage: Array) -> tuple[Array, Array]:
    """For each sample the step from paper to ink, and the correlation: `pixels` is (rows, columns, samples)."""
    ink = coverage.ravel() - coverage.mean()
    values = pixels.reshape(-1, pixels.shape[-1]).astype(np.float64)
    values = values - values.mean(0)
    along, spread = ink @ values, np.sqrt((ink @ ink) * (values**2).sum(0))
    return along / max(ink @ ink, 1e-9), np.divide(along, spread, out=np.zeros_like(along), where=spread > 1e-6)


def is_there(original: Array, seen: Array, coverage: Array) -> bool | None:
    """Whether a letter of the original, (rows, columns, samples), can be seen in its output; None: nor could it before."""
    step, correlation = _fit(original, coverage)
    best = int(np.abs(correlation).argmax())
    if np.abs(correlation[best]) < LEGIBLE:
        return None
    telling = np.abs(correlation) >= 0.5 * np.abs(correlation[best])
    if seen.shape[-1] != original.shape[-1]:  # greys of colours, or colours of greys
        telling, step, correlation = np.array([True]), step[[best]], correlation[[best]]
        seen = seen.mean(-1, keepdims=True)
    seen_step, seen_correlation = _fit(seen, coverage)
    enough = np.maximum(CORRELATION * np.abs(correlation), CHANCE / np.sqrt(coverage.size))
    by_shape = np.abs(seen_correlation) >= np.minimum(enough, INTACT * np.abs(correlation))
    return bool(np.any(telling & by_shape & (np.abs(seen_step) >= STEP * np.abs(step))))


def letters_left(line: Line, letters: tuple[tuple[str, Box], ...], original: Array, seen: Array) -> tuple[int, int]:
    """How many letters of a line are in a frame, and of how many; frames are (rows, columns) or (rows, columns, 3)."""
    answers = [_letter(line, cell, original, seen) for _, cell in letters]
    return sum(one is True for one in answers), sum(one is not None for one in answers)


def _letter(line: Line, cell: Box, original: Array, seen: Array) -> bool | None:
    if 0 in cell.shape:
        return None
    coverage = line.coverage[cell.moved(-line.box.top, -line.box.left).slices]
    one, other = original[cell.slices], seen[cell.slices]
    return is_there(one.reshape(*cell.shape, -1), other.reshape(*cell.shape, -1), coverage)
