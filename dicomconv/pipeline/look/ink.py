"""What sheets and histograms are drawn with: colours, letters, lines of text. No font is shipped: Pillow has one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

Colour = tuple[int, int, int]

BACKGROUND: Colour = (22, 24, 29)
BLACK: Colour = (0, 0, 0)
PANEL: Colour = (31, 34, 41)
LINE: Colour = (58, 63, 74)
FAINT: Colour = (128, 135, 148)
TEXT: Colour = (178, 185, 197)
BRIGHT: Colour = (240, 243, 247)
WARNING: Colour = (240, 178, 90)
BAR: Colour = (110, 168, 254)
MARGIN = 20


def letters(size: int) -> "FreeTypeFont | ImageFont":
    """Pillow's own font at a size in pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def width_of(text: str, size: int) -> int:
    """How many pixels wide a line of text is."""
    return round(letters(size).getlength(text)) if text else 0


def write_line(draw: "ImageDraw", left: int, top: int, size: int, *parts: tuple[str, Colour]) -> int:
    """Write texts behind each other on one line, each in its colour; where the line ends."""
    for text, colour in parts:
        draw.text((left, top), text, colour, letters(size))
        left += width_of(text, size)
    return left
