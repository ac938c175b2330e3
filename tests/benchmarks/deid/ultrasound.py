"""24 ultrasound-like images with text of 8 to 24 pixels at four contrasts, and such without text.

What `--burned-in redact` is measured on: each image with the lines in it, their boxes and their strings.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deid.persona import draw, strangers
from tests.benchmarks.deid.pixels.drawing import CONTRASTS, SURROUND, Contrast, Lettering, Line, write_lines
from tests.benchmarks.deid.pixels.lettering import BITMAP_PX, Style
from tests.benchmarks.deid.pixels.scenes import BLACK, PAGE, PANEL, Scene, Shape, calipers, sector, trace
from tests.benchmarks.deid.pixels.wording import identifying, measurements

SHAPE: Shape = (768, 1024)
IMAGES = 24
SIZES = (8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24)
TEXT_FREE = ("sector", "calipers", "trace", "panel", "page", "speckle", "black", "grey")


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """An image, `pixels` (rows, columns) of uint8, and the lines in it; none in one without text."""

    name: str
    pixels: NDArray[np.uint8] = field(repr=False)
    lines: tuple[Line, ...] = ()

    @property
    def identifying(self) -> tuple[Line, ...]:
        """The lines that name somebody."""
        return tuple(line for line in self.lines if line.identifying)

    @property
    def harmless(self) -> tuple[Line, ...]:
        """The lines that only measure."""
        return tuple(line for line in self.lines if not line.identifying)


def screens(seed: int = 1) -> Iterator[Screen]:
    """The 24 images: each contrast six times, 12 or 13 lines in each, 9 of them identifying, every size in each."""
    for number in range(IMAGES):
        yield screen(seed, number, CONTRASTS[number % len(CONTRASTS)])


def screen(seed: int, number: int, contrast: Contrast) -> Screen:
    """One image; in every third of a contrast one line reads upwards, over speckle every other line has an outline."""
    random, noise = Random(f"ultrasound {seed} {number}"), np.random.default_rng([seed, number])
    persona = draw(number, random, strangers(random))
    scene = sector(SHAPE, noise, SURROUND[contrast])
    wordings = [*identifying(persona, random, 9), *measurements(random, 3 + number % 2)]
    sizes = [*SIZES, random.choice(SIZES)]
    random.shuffle(sizes)
    upright = 3 if number // 4 % 3 == 0 else None
    lines = [
        (wording, _lettering(size, contrast, index, upright))
        for index, (wording, size) in enumerate(zip(wordings, sizes, strict=False))
    ]
    drawn = write_lines(scene, lines, random)
    return Screen(f"{number:02} {contrast}", _stored(scene), tuple(drawn))


def _style(size: int, index: int) -> Style:
    if size in (BITMAP_PX, 2 * BITMAP_PX):
        return "bitmap"
    return "hard" if size >= 12 and index % 3 == 0 else "smooth"


def _lettering(size: int, contrast: Contrast, index: int, upright: int | None) -> Lettering:
    outlined = contrast == "white on speckle" and index % 2 == 1
    return Lettering(size, _style(size, index), contrast, int(index == upright), outlined)


def text_free(seed: int = 1) -> Iterator[Screen]:
    """Images in which nothing is written: sectors with all that is drawn beside them, mere speckle, and empty ones."""
    for number, kind in enumerate(TEXT_FREE):
        noise = np.random.default_rng([seed, 1000 + number])
        scene = sector(SHAPE, noise, {"page": PAGE, "panel": PANEL}.get(kind, BLACK))
        if kind == "calipers":
            calipers(scene, noise)
        elif kind == "trace":
            trace(scene)
        elif kind == "speckle":
            scene.image[:] = 60 * np.sqrt(-2 * np.log(1 - noise.random(SHAPE)))
        elif kind in ("black", "grey"):
            scene.image[:] = 0 if kind == "black" else 90
        yield Screen(f"text-free {kind}", _stored(scene))


def _stored(scene: Scene) -> NDArray[np.uint8]:
    return np.clip(np.rint(scene.image), 0, 255).astype(np.uint8)
