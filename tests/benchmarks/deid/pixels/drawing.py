"""Draws lines of text into scenes, where there is room, and writes down where they are."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deid.pixels.lettering import BITMAP_PX, Box, Style, ink, outline
from tests.benchmarks.deid.pixels.scenes import BLACK, PAGE, PANEL, Scene
from tests.benchmarks.deid.pixels.wording import MEASUREMENT, Wording

Contrast = Literal["white on black", "white on speckle", "grey on grey", "dark on bright", "coloured"]
CONTRASTS: tuple[Contrast, ...] = ("white on black", "white on speckle", "grey on grey", "dark on bright")
SURROUND: dict[Contrast, float] = {
    "white on black": BLACK, "white on speckle": BLACK, "grey on grey": PANEL, "dark on bright": PAGE,
    "coloured": BLACK,
}  # fmt: skip
INK: dict[Contrast, float] = {
    "white on black": 255, "white on speckle": 255, "grey on grey": PANEL + 72, "dark on bright": 28,
    "coloured": 255,
}  # fmt: skip
SMALLEST = 8
RIM = 3  # pixels around a line that belong to what it stands on
APART = 26  # pixels between lines: what hides one line has no reason to touch the next


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line in an image. `coverage`: (rows, columns) of `box`, from 0 to 1; `letters`: each visible letter's place.

    `frames` are the indices of the frames it is in; empty: in all of them.
    """

    kind: str
    text: str
    secret: str
    box: Box
    size: int
    style: Style
    contrast: Contrast
    quarter_turns: int
    coverage: NDArray[np.float64] = field(repr=False)
    letters: tuple[tuple[str, Box], ...] = field(repr=False)
    outlined: bool = False
    frames: tuple[int, ...] = ()

    @property
    def identifying(self) -> bool:
        """Whether it names somebody."""
        return self.kind != MEASUREMENT

    @property
    def secret_letters(self) -> tuple[tuple[str, Box], ...]:
        """The letters and digits that must not be read any more: those behind the label."""
        start = len(self.text) - len(self.secret)
        return tuple(one for one in self.letters[start:] if one[0].isalnum()) if self.secret else ()


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a line is to be written."""

    size: int
    style: Style = "smooth"
    contrast: Contrast = "white on black"
    quarter_turns: int = 0
    outlined: bool = False


def room(scene: Scene, contrast: Contrast) -> NDArray[np.bool_]:
    """Where a line of this contrast may stand: in the sector, or around it where nothing else is drawn."""
    if contrast == "white on speckle":
        free = scene.inside.copy()
    else:
        free = scene.outside & (np.abs(scene.image - SURROUND[contrast]) < 12)
    free[:4], free[-4:], free[:, :4], free[:, -4:] = False, False, False, False
    return free


def places(free: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.intp]:
    """The (top, left) of every rectangle of this shape that is wholly free, one each row: (places, 2)."""
    blocked = np.pad(np.cumsum(np.cumsum(~free, 0), 1), ((1, 0), (1, 0)))
    high, wide = shape
    if high > free.shape[0] or wide > free.shape[1]:
        return np.empty((0, 2), np.intp)
    count = blocked[high:, wide:] - blocked[:-high, wide:] - blocked[high:, :-wide] + blocked[:-high, :-wide]
    return np.argwhere(count == 0)


def place(free: NDArray[np.bool_], wording: Wording, how: Lettering, random: Random) -> Line | None:
    """Find room for a line; none where there is none."""
    text = ink(wording.text, how.size, how.style)
    if how.quarter_turns:
        text = text.turned()
    high, wide = text.coverage.shape
    found = places(free, (high + 2 * RIM, wide + 2 * RIM))
    if not len(found):
        return None
    top, left = (int(one) + RIM for one in found[random.randrange(len(found))])
    letters = zip(wording.text, (cell.moved(top, left) for cell in text.cells), strict=True)
    return Line(
        wording.kind, wording.text, wording.secret, Box(top, left, top + high, left + wide), how.size, how.style,
        how.contrast, how.quarter_turns, text.coverage, tuple(letters), how.outlined,
    )  # fmt: skip


def blend(image: NDArray[np.float64], line: Line, value: float | NDArray[np.float64], rim: float | None = None) -> None:
    """Draw a line into an image, (rows, columns) or (rows, columns, samples), in a grey or a colour."""
    if line.outlined and rim is not None:
        _cover(image, line.box.grown(1, image.shape), outline(line.coverage), rim)
    _cover(image, line.box, line.coverage, value)


def _cover(
    image: NDArray[np.float64], box: Box, coverage: NDArray[np.float64], value: float | NDArray[np.float64]
) -> None:
    weight = coverage[..., None] if image.ndim == 3 else coverage
    image[box.slices] = image[box.slices] * (1 - weight) + weight * value


def find_places(scene: Scene, wordings: Iterable[tuple[Wording, Lettering]], random: Random) -> list[Line]:
    """Find room for each line, the widest first; in smaller letters where it does not fit, and not at all if it never does."""
    free: dict[Contrast, NDArray[np.bool_]] = {}
    lines: list[Line] = []
    for wording, how in sorted(wordings, key=lambda one: -len(one[0].text) * one[1].size):
        if how.contrast not in free:
            free[how.contrast] = room(scene, how.contrast)
            for line in lines:
                free[how.contrast][line.box.grown(APART, scene.image.shape).slices] = False
        line = _fitted(free[how.contrast], wording, how, random)
        if line is not None:
            lines.append(line)
            for one in free.values():
                one[line.box.grown(APART, scene.image.shape).slices] = False
    return lines


def _fitted(free: NDArray[np.bool_], wording: Wording, how: Lettering, random: Random) -> Line | None:
    for size in range(how.size, SMALLEST - 1, -1):
        style = how.style if how.style != "bitmap" or size in (BITMAP_PX, 2 * BITMAP_PX) else "smooth"
        line = place(free, wording, replace(how, size=size, style=style), random)
        if line is not None:
            return line
    return None


def write_lines(scene: Scene, wordings: Iterable[tuple[Wording, Lettering]], random: Random) -> list[Line]:
    """Find room for lines, and draw them in greys."""
    lines = find_places(scene, wordings, random)
    for line in lines:
        value = INK[line.contrast]
        blend(scene.image, line, value, 0.0 if value > 128 else 255.0)
    return lines
