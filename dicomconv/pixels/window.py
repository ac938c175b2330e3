"""Modality values to display values between 0 and 1: the VOI transformation (PS3.3 C.11.2)."""

import numpy as np
from numpy.typing import NDArray

from dicomconv.pixels.attributes import LookupTable, Window
from dicomconv.pixels.modality import look_up

STEEPEST = 709.0  # exp of more overflows a float64


def display_values(modality: NDArray[np.float64], voi: Window | LookupTable) -> NDArray[np.float64]:
    """Each modality value as what part of full brightness it is shown at, 0 to 1; any shape; NaN stays NaN."""
    if isinstance(voi, LookupTable):
        return look_up(voi, modality) / ((1 << voi.bits) - 1)
    with np.errstate(invalid="ignore", over="ignore"):
        return _FUNCTIONS[voi.function](modality, voi.center, voi.width)


def _linear(x: NDArray[np.float64], center: float, width: float) -> NDArray[np.float64]:
    """Centred on c - 0.5 and w - 1 wide; a width of 1 is a threshold. PS3.3 C.11.2.1.2.1."""
    if width <= 1:
        return np.where(np.isnan(x), np.nan, x > center - 0.5)
    return np.clip((x - (center - 0.5)) / (width - 1) + 0.5, 0, 1)


def _linear_exact(x: NDArray[np.float64], center: float, width: float) -> NDArray[np.float64]:
    """PS3.3 C.11.2.1.3.2."""
    return np.clip((x - center) / width + 0.5, 0, 1)


def _sigmoid(x: NDArray[np.float64], center: float, width: float) -> NDArray[np.float64]:
    """PS3.3 C.11.2.1.3.1."""
    return 1 / (1 + np.exp(np.minimum(-4 * (x - center) / width, STEEPEST)))


_FUNCTIONS = {"LINEAR": _linear, "LINEAR_EXACT": _linear_exact, "SIGMOID": _sigmoid}


def window_of_range(lowest: float, highest: float) -> Window:
    """The window that shows `lowest` black and `highest` white; black if they are the same."""
    width = highest - lowest if highest > lowest else 1.0
    return Window(lowest + width / 2, width, "LINEAR_EXACT")
