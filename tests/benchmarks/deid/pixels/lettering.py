"""Lines of text as ink: how much of each pixel a letter covers, in the fonts that come with Pillow.

Screens of scanners use three kinds of letters: smooth ones, the same without grey edges, and small bitmaps, as they are
or with every pixel doubled.
"""

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Style = Literal["smooth", "hard", "bitmap"]
BITMAP_PX = 11  # the height of a line of Pillow's bitmap font; doubled: 22
MARGIN = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; bottom and right are the first row and column that are no more of it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns, to index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.bottom - self.top, self.right - self.left

    def moved(self, rows: int, columns: int) -> "Box":
        """The same box somewhere else."""
        return Box(self.top + rows, self.left + columns, self.bottom + rows, self.right + columns)

    def grown(self, by: int, shape: tuple[int, ...]) -> "Box":
        """The box with a rim, as far as the image goes."""
        rows, columns = shape[:2]
        return Box(
            max(self.top - by, 0), max(self.left - by, 0), min(self.bottom + by, rows), min(self.right + by, columns)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """A line of text: `coverage`, (rows, columns) from 0 to 1, cropped to what is drawn, and the cell of each letter."""

    text: str
    coverage: NDArray[np.float64] = field(repr=False)
    cells: tuple[Box, ...] = field(repr=False)

    def turned(self) -> "Ink":
        """The line read from below to above."""
        _, columns = self.coverage.shape
        cells = (Box(columns - one.right, one.top, columns - one.left, one.bottom) for one in self.cells)
        return Ink(self.text, np.rot90(self.coverage), tuple(cells))


def plain(text: str) -> str:
    """A text in ASCII: Pillow's fonts have no other letters."""
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()


@cache
def _font(size: int, style: Style) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if style == "bitmap":
        return ImageFont.load_default_imagefont()
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)  # the same letters whether libraqm is there or not


def ink(text: str, size: int, style: Style = "smooth") -> Ink:
    """A line of text in letters of so many pixels; of bitmap letters there are two sizes, 11 and 22."""
    font, scale = _font(size, style), size // BITMAP_PX if style == "bitmap" else 1
    stops = [round(font.getlength(text[:count])) for count in range(len(text) + 1)]
    canvas = Image.new("L", (stops[-1] + 2 * MARGIN, 2 * size + 2 * MARGIN))
    draw = ImageDraw.Draw(canvas)
    draw.fontmode = "L" if style == "smooth" else "1"
    draw.text((MARGIN, MARGIN), text, fill=255, font=font)
    left, top, right, bottom = canvas.getbbox() or (0, 0, 1, 1)
    coverage = np.asarray(canvas, np.float64)[top:bottom, left:right] / 255
    edges = [min(max(stop + MARGIN - left, 0), right - left) for stop in stops]
    cells = [Box(0, start, bottom - top, stop) for start, stop in pairwise(edges)]
    if scale > 1:
        coverage = coverage.repeat(scale, 0).repeat(scale, 1)
        cells = [Box(one.top * scale, one.left * scale, one.bottom * scale, one.right * scale) for one in cells]
    return Ink(text, coverage, tuple(cells))


def outline(coverage: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ink with a rim of one pixel around it; one pixel larger on each side."""
    padded, (rows, columns) = np.pad(coverage, 2), coverage.shape
    shifted = [padded[1 + y : 3 + y + rows, 1 + x : 3 + x + columns] for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return np.maximum.reduce(shifted)
