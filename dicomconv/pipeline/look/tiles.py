"""One image as a tile of a contact sheet."""

from typing import TYPE_CHECKING

from dicomconv.pipeline.look.series import Picture
from dicomconv.pixels.attributes import Window
from dicomconv.render import WindowChoice, is_colour, render, resolve

if TYPE_CHECKING:
    from PIL.Image import Image

IGNORED = Window(0, 1)  # colour has no window


def thumbnail(picture: Picture, choice: WindowChoice, series_range: tuple[float, float] | None, side: int) -> "Image":
    """A picture in its window, as large as fits into a square of `side` pixels, with the proportions of the body."""
    from PIL import Image

    is_grey = not is_colour(picture.format)
    voi = resolve(choice, picture.attributes, picture.format, series_range) if is_grey else IGNORED
    drawn = Image.fromarray(render(picture.raw, picture.format, picture.attributes, voi))
    size = fitted(picture.format.rows, picture.format.columns, picture.aspect, side)
    return drawn.resize(size, Image.Resampling.BICUBIC).convert("RGB")


def fitted(rows: int, columns: int, aspect: float, side: int) -> tuple[int, int]:
    """Width and height of an image in a square. `aspect`: how many times higher than wide a pixel is."""
    height, width = rows * aspect, float(columns)
    scale = side / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))
