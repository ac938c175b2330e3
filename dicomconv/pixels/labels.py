"""The colours of segmentations: each segment's recommended one, or one by its number (PS3.3 C.8.20.2, C.10.7.1.1)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.pixels.attributes import LookupTable, Palette, PixelFormat

Colour = tuple[float, float, float]  # red, green, blue of sRGB, 0 to 1

# Of segments that recommend none, from number 1 on: hues that colour-blind people tell apart (Okabe and Ito). They come
# three times, each time darker, and then again.
BY_NUMBER = ("E69F00", "56B4E9", "009E73", "F0E442", "0072B2", "D55E00", "CC79A7", "FFFFFF")
DARKER = (1.0, 0.7, 0.45)
LARGEST_FRACTION = 65535
BLACK = (0.0, 0.0, 0.0)

WHITE_D50 = np.array([0.96422, 1.0, 0.82521])
XYZ_D50_TO_SRGB = np.array(  # linear sRGB of D65, adapted by Bradford's method
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
)


class SegmentColours:
    """The colours of the frames of one segmentation; of none, if the header is not one of a segmentation."""

    def __init__(self, header: Header, format: PixelFormat):
        self._kind = header.text("SegmentationType").upper()
        self._largest = max(1, min(int(header.number("MaximumFractionalValue") or 255), LARGEST_FRACTION))
        self._background = int(header.number("PixelPaddingValue") or 0)
        self._values = 1 << min(format.bits_stored, 16)
        is_indexed = format.photometric_interpretation == "PALETTE COLOR"  # a label map with colours of its own
        self._segments = {} if is_indexed or not self._kind else _segments(header)

    def palette(self, referenced_segment: int) -> Palette | None:
        """The palette of a frame that shows this segment; None where there are no segments."""
        if not self._segments:
            return None
        if self._kind == "LABELMAP":
            return _label_palette(tuple(self._segments.items()), self._values, self._background)
        steps = self._largest if self._kind == "FRACTIONAL" else 1
        return _graded_palette(self._segments.get(referenced_segment) or by_number(referenced_segment), steps)


def by_number(segment_number: int) -> Colour:
    """The colour of a segment that recommends none."""
    index = max(0, segment_number - 1)
    shade = DARKER[index // len(BY_NUMBER) % len(DARKER)]
    red, green, blue = (shade * part / 255 for part in bytes.fromhex(BY_NUMBER[index % len(BY_NUMBER)]))
    return red, green, blue


def srgb_of_cielab(encoded: tuple[float, ...]) -> Colour:
    """Recommended Display CIELab Value, L* a* b* of D50 in 16 bits each, as sRGB; what lies outside is clipped."""
    lightness, a, b = encoded[0] * 100 / 65535, encoded[1] * 255 / 65535 - 128, encoded[2] * 255 / 65535 - 128
    middle = (lightness + 16) / 116
    roots = np.array([middle + a / 500, middle, middle - b / 200])
    xyz = WHITE_D50 * np.where(roots > 6 / 29, roots**3, 3 * (6 / 29) ** 2 * (roots - 4 / 29))
    linear = np.clip(XYZ_D50_TO_SRGB @ xyz, 0, 1)
    red, green, blue = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).tolist()
    return red, green, blue


def _segments(header: Header) -> dict[int, Colour]:
    """The colour of each segment by its number."""
    try:
        items = header.items("SegmentSequence")
    except Malformed:
        return {}
    found = {}
    for item in items:
        number, recommended = int(item.number("SegmentNumber") or 0), item.numbers("RecommendedDisplayCIELabValue")
        found[number] = srgb_of_cielab(recommended) if len(recommended) == 3 else by_number(number)
    return found


@lru_cache(maxsize=64)
def _graded_palette(colour: Colour, steps: int) -> Palette:
    """From black at 0 to the colour at `steps`."""
    return _palette(np.linspace(BLACK, colour, steps + 1))


@lru_cache(maxsize=8)
def _label_palette(segments: tuple[tuple[int, Colour], ...], values: int, background: int) -> Palette:
    """One colour for each value, which is a segment's number."""
    colours = np.array([BLACK, *map(by_number, range(1, values))])
    for number, colour in segments:
        if 0 <= number < values:
            colours[number] = colour
    colours[background % values] = BLACK
    return _palette(colours)


def _palette(colours: NDArray[np.float64]) -> Palette:
    entries = np.floor(65535 * colours + 0.5).astype(np.uint16)
    red, green, blue = (LookupTable(0, 16, np.ascontiguousarray(entries[:, sample])) for sample in range(3))
    return Palette(red, green, blue)
