"""Values of annotation files, held to what they may be before anything is made of them."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Drawn, Fault
from dicomconv.errors import DicomconvError

P = ParamSpec("P")
LARGEST_SIDE = 1 << 20  # pixels; of a picture, and how far from its corner a point may lie
LARGEST_MASK = 1 << 28  # pixels of one mask that are held in memory at once
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*", re.ASCII)


class Unreadable(DicomconvError):
    """What cannot be read of an annotation file; `place`: where, if that is known better than by the annotation."""

    def __init__(self, reason: str, place: str = ""):
        super().__init__(reason, place)
        self.reason, self.place = reason, place

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


def guarded(place: str, read: Callable[P, Iterable[Drawn]], *args: P.args, **more: P.kwargs) -> Iterator[Drawn | Fault]:
    """All that is read, or the one fault that kept it from being read."""
    try:
        yield from list(read(*args, **more))
    except Unreadable as error:
        yield Fault(error.place or place, error.reason)


def number(value: Any, what: str) -> float:
    """A number of pixels, degrees or percent; `what`: the sentence's subject, such as "width"."""
    if isinstance(value, str) and len(value) < 64 and _NUMBER.fullmatch(value):
        value = float(value)
    if type(value) not in (int, float) or not -LARGEST_SIDE <= value <= LARGEST_SIDE:
        raise Unreadable(f"{what} is not a number between -{LARGEST_SIDE} and {LARGEST_SIDE}")
    return float(value)


def whole(value: Any, what: str, lowest: int = 0, highest: int = LARGEST_SIDE) -> int:
    """A whole number within bounds, both included."""
    exact = number(value, what)
    if exact != math.floor(exact) or not lowest <= exact <= highest:
        raise Unreadable(f"{what} is not a whole number between {lowest} and {highest}")
    return int(exact)


def size(columns: Any, rows: Any) -> tuple[int, int] | None:
    """Columns and rows of a picture; None if neither is given, or both are 0."""
    if all(side is None or side in ("", "0") or (type(side) is int and side == 0) for side in (columns, rows)):
        return None
    return whole(columns, "the width of the picture", 1), whole(rows, "the height of the picture", 1)


def text(value: Any, what: str) -> str:
    """A text that is not empty, without the spaces around it."""
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"{what} is missing")
    return value.strip()


def record(value: Any, what: str) -> dict[str, Any]:
    """An object of JSON."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is not an object")
    return value


def series(value: Any, what: str) -> list[Any]:
    """A list of JSON."""
    if not isinstance(value, list):
        raise Unreadable(f"{what} is not a list")
    return value


def ring(values: Any, at_least: int = 3) -> NDArray[np.float64]:
    """Points as (n, 2), from a list of pairs or a flat list of numbers; `at_least`: how many there have to be."""
    flat = series(values, "the list of points")
    if flat and all(isinstance(pair, list) and len(pair) == 2 for pair in flat):
        flat = [one for pair in flat for one in pair]
    if not (set(map(type, flat)) <= {int, float} and all(-LARGEST_SIDE <= one <= LARGEST_SIDE for one in flat)):
        raise Unreadable(f"a coordinate is not a number between -{LARGEST_SIDE} and {LARGEST_SIDE}")
    if len(flat) % 2 or len(flat) < 2 * at_least:
        raise Unreadable(f"there are not {at_least} points or more, each of two numbers")
    return np.array(flat, np.float64).reshape(-1, 2)


def pixels(columns: int, rows: int) -> int:
    """How many pixels a mask has; refused where that is more than is held in memory."""
    if columns * rows > LARGEST_MASK:
        raise Unreadable(f"a mask of {columns} x {rows} pixels is more than is read at once ({LARGEST_MASK})")
    return columns * rows
