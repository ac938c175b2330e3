"""What is drawn of each frame: one picture or several, of which windows, in which folder."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from dicomconv.errors import UsageError
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat
from dicomconv.pixels.square import Square, square_of
from dicomconv.render import WindowChoice, is_colour, missing, needs_range, parse_window

Depth = Literal[8, 16]
LARGEST_SIZE = 8192


@dataclass(frozen=True, slots=True)
class View:
    """One of the pictures that are drawn of a frame.

    `folder`: below that of the series; empty for that itself. `windows`: one; two or three as the channels of one RGB
    picture; none for stored values. `size`: of a square picture; 0 for the rows and columns of the image.
    """

    name: str
    folder: str
    windows: tuple[WindowChoice, ...]
    depth: Depth = 8
    size: int = 0

    @property
    def is_raw(self) -> bool:
        """Whether the picture holds stored values."""
        return not self.windows

    def square(self, format: PixelFormat) -> Square | None:
        """How an image lies in a square picture; None where the picture is the image."""
        return square_of(format.rows, format.columns, self.size) if self.size else None

    def place(self, path: Path) -> Path:
        """Where a picture goes that has this path in the folder of the series."""
        return path.with_name(self.folder) / path.name if self.folder else path

    def waits(self, format: PixelFormat, attributes: FrameAttributes) -> bool:
        """Whether a frame can be drawn only when the range of its whole series is known."""
        return not is_colour(format) and any(needs_range(choice, attributes) for choice in self.windows)

    def missing(self, format: PixelFormat, attributes: FrameAttributes) -> str:
        """Why a frame has no such picture, as its header tells; empty if it has."""
        reasons = (missing(choice, attributes) for choice in self.windows)
        return "" if is_colour(format) else next(filter(None, reasons), "")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How PNGs are drawn: every frame in each of the views."""

    views: tuple[View, ...]

    @property
    def windows(self) -> tuple[WindowChoice, ...]:
        """The windows of all views."""
        return tuple(choice for view in self.views for choice in view.windows)

    def settings(self) -> dict[str, object]:
        """The choices as report.json keeps them."""
        names, first = [choice.name for choice in self.windows], self.views[0]
        return {
            "window": names if names[1:] else "".join(names),
            "stack": len(first.windows) > 1,
            "raw": first.is_raw,
            "depth": first.depth,
            "size": first.size,
        }


def drawing_of(
    window: str | Iterable[str] = (),
    *,
    stack: bool = False,
    raw: bool = False,
    depth: Depth = 8,
    size: int | None = None,
) -> Drawing:
    """What these choices ask for; `window`: none is `file`, several are a view each. UsageError for what cannot be."""
    asked = [window] if isinstance(window, str) else list(window)
    if depth not in (8, 16):
        raise UsageError("depth is one of 8, 16")
    if size is not None and not 1 <= size <= LARGEST_SIZE:
        raise UsageError(f"--size is the side of a square in pixels, from 1 to {LARGEST_SIZE}")
    if raw:
        _check_nothing_beside_raw(asked, stack, depth, size)
        return Drawing((View("raw", "", ()),))
    windows = _different([parse_window(text) for text in asked or ["file"]])
    views = (_stacked(windows),) if stack else _one_each(windows)
    return Drawing(tuple(replace(view, depth=depth, size=size or 0) for view in views))


def _check_nothing_beside_raw(asked: list[str], stack: bool, depth: Depth, size: int | None) -> None:
    """UsageError if stored values are to be changed."""
    given = {"--window": asked, "--stack": stack, "--depth 16": depth == 16, "--size": size}
    names = [name for name, is_given in given.items() if is_given]
    if names:
        raise UsageError(f"--raw writes stored values as they are; it does not go with {' and '.join(names)}")


def _stacked(windows: list[WindowChoice]) -> View:
    """The one view of which each window is a channel."""
    if len(windows) not in (2, 3):
        raise UsageError(f"--stack makes an RGB picture of two or three --window, not of {len(windows)}")
    if any(one.kind == "labels" for one in windows):
        raise UsageError("--stack makes channels of windows; labels are colours already")
    return View("|".join(one.name for one in windows), "", tuple(windows))


def _one_each(windows: list[WindowChoice]) -> tuple[View, ...]:
    """A view for each window, in a folder of its own if there are several."""
    return tuple(View(one.name, one.name if windows[1:] else "", (one,)) for one in windows)


def _different(windows: list[WindowChoice]) -> list[WindowChoice]:
    """The same windows. UsageError if two of them are one."""
    names: dict[tuple[object, ...], str] = {}
    for one in windows:
        known = names.setdefault((one.kind, one.number, one.window), one.name)
        if known is not one.name:
            raise UsageError(f"--window: {known} and {one.name} are the same window")
    return windows
