"""Frames of containers as images: as values, or as a picture with one window for a whole series."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.reader import Container
from dicomconv.container.stack import Stack
from dicomconv.render import WindowChoice, is_colour, render, resolve


def range_of_series(container: Container) -> tuple[float, float] | None:
    """The least and greatest modality value of all grey frames."""
    lows, highs = list[float](), list[float]()
    for stack in container.stacks:
        if not is_colour(stack.format):
            lows += [value for value in stack.column("minimum").tolist() if value == value]
            highs += [value for value in stack.column("maximum").tolist() if value == value]
    return (min(lows), max(highs)) if lows else None


def image_of_frame(
    stack: Stack,
    frame: int,
    window: WindowChoice | None,
    series_range: tuple[float, float] | None,
    *,
    depth: Literal[8, 16] = 8,
) -> NDArray[Any]:
    """A frame as an image: modality values, or with a window, and in colour always, as its PNG has it.

    Undecodable if the frame lacks the window that was asked for.
    """
    if window is None and not is_colour(stack.format):
        return stack.modality(frame).astype(np.float32)
    attributes = stack.attributes(frame)
    voi = None if is_colour(stack.format) or window is None else resolve(window, attributes, stack.format, series_range)
    return render(stack[frame], stack.format, attributes, voi, depth=depth)
