"""Colours of labels that have none of their own: told apart by colour-blind eyes too, as far as their number allows."""

import re

Color = tuple[int, int, int]

HUES: tuple[Color, ...] = (  # Okabe and Ito's palette without black, which is the background
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
)  # fmt: skip
SHADES = (0.0, 0.45, -0.4, 0.7, -0.6, 0.25, -0.2)  # towards white, or black where negative
_HEXADECIMAL = re.compile(r"#([0-9A-Fa-f]{6})").fullmatch


def default_color(value: int) -> Color:
    """The colour of the label of a value from 1 on; the first 49 differ in it, and go round after that."""
    turn, hue = divmod(value - 1, len(HUES))
    shade = SHADES[turn % len(SHADES)]
    red, green, blue = (round(part + (255 * (shade > 0) - part) * abs(shade)) for part in HUES[hue])
    return red, green, blue


def color_of(said: object) -> Color | None:
    """A colour that is written as "#rrggbb" or as three numbers from 0 to 255; None if it is neither."""
    if isinstance(said, str) and (found := _HEXADECIMAL(said)):
        red, green, blue = bytes.fromhex(found[1])
        return red, green, blue
    if (
        isinstance(said, list | tuple)
        and len(said) == 3
        and all(type(part) is int and 0 <= part <= 255 for part in said)
    ):
        return said[0], said[1], said[2]
    return None


def hexadecimal(color: Color) -> str:
    """A colour as "#rrggbb"."""
    return "#" + bytes(color).hex()
