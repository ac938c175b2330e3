"""Histograms as a PNG: a panel for each series, with axes, ticks and, for CT, where tissues lie."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dicomconv.container.inplace import complete_file
from dicomconv.manifest import counted
from dicomconv.pipeline.look.hist import Histogram
from dicomconv.pipeline.look.ink import (
    BACKGROUND,
    BAR,
    BRIGHT,
    FAINT,
    LINE,
    MARGIN,
    PANEL,
    TEXT,
    Colour,
    width_of,
    write_line,
)
from dicomconv.pipeline.look.scales import Scale, count_ticks, height, plain, short, ticks
from dicomconv.pipeline.look.tissues import TISSUES
from dicomconv.pixels.png_bands import BandedPng

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT = 1000, 400  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 82, WIDTH - 28, 116, HEIGHT - 50  # of the plot
NAME, SMALL = 17, 13
MARKS = 2  # lines for the names of tissues
SHADES: dict[str, Colour] = {
    "air": (36, 45, 66),
    "lung": (40, 62, 84),
    "fat": (92, 80, 40),
    "water": (44, 108, 150),
    "soft tissue": (96, 48, 52),
    "bone": (74, 74, 80),
}


def write_picture(path: Path, histograms: Sequence[Histogram], scale: Scale) -> None:
    """Draw histograms below each other into a PNG."""
    with complete_file(path) as file:
        png = BandedPng(file, HEIGHT * len(histograms), WIDTH)
        for band in _panels(histograms, scale):
            png.add(np.asarray(band))
        png.finish()


def _panels(histograms: Sequence[Histogram], scale: Scale) -> Iterator["Image"]:
    from PIL import Image, ImageDraw

    for one in histograms:
        panel = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
        draw = ImageDraw.Draw(panel)
        _heading(draw, one)
        draw.rectangle((LEFT, TOP, RIGHT, BOTTOM), PANEL)
        _tissues(draw, one)
        _count_axis(draw, one, scale)
        _bars(draw, one, scale)
        _value_axis(draw, one)
        yield panel


def _heading(draw: "ImageDraw", one: Histogram) -> None:
    facts = f"{one.modality or 'unknown modality'}   {counted(one.images, 'image')}   {one.counted:,} pixels"
    aside = [f"{count:,} {what}" for count, what in ((one.padding, "padding"), (one.not_finite, "not finite")) if count]
    write_line(draw, MARGIN, MARGIN, NAME, (f"{one.name}   ", BRIGHT), (facts, TEXT), (f"   {', '.join(aside)}", FAINT))
    parts: list[tuple[str, Colour]] = []
    for name, value in statistics(one):
        parts += [(f"{name} ", FAINT), (f"{value}    ", TEXT)]
    write_line(draw, MARGIN, MARGIN + 28, SMALL, *parts)


def statistics(one: Histogram) -> list[tuple[str, str]]:
    """The figures that are told of a histogram, each with its name."""
    percentiles = [(f"{part} %" if part != 50 else "median", plain(value)) for part, value in one.percentiles.items()]
    found = [("min", plain(one.minimum)), *percentiles, ("max", plain(one.maximum)), ("mean", f"{one.mean:.6g}")]
    return [(name, f"{value} {one.unit}".strip()) for name, value in found]


def _x(one: Histogram, value: float) -> int:
    part = (value - one.edges[0]) / (one.edges[-1] - one.edges[0])
    return round(LEFT + min(1.0, max(0.0, part)) * (RIGHT - LEFT))


def _tissues(draw: "ImageDraw", one: Histogram) -> None:
    """Shade where tissues lie; their names above the plot, on a second line where the first is taken."""
    seen = [t for t in TISSUES if one.tissues and t.range[0] <= one.edges[-1] and t.range[1] >= one.edges[0]]
    for tissue in sorted(seen, key=lambda tissue: tissue.name == "water"):  # it lies within soft tissue
        draw.rectangle((_x(one, tissue.range[0]), TOP, _x(one, tissue.range[1]), BOTTOM), SHADES[tissue.name])
    ends = [LEFT - MARGIN] * MARKS
    for tissue in seen:
        name = f"{tissue.name} {one.tissues[tissue.name] / one.counted:.1%}"
        wide, middle = width_of(name, SMALL), (_x(one, tissue.range[0]) + _x(one, tissue.range[1])) // 2
        start = max(LEFT, min(middle - wide // 2, RIGHT - wide))
        line = next((number for number in range(MARKS) if ends[number] + 8 <= start), None)
        if line is not None:  # a name for which there is no room is on the terminal
            ends[line] = write_line(draw, start, TOP - 20 - 18 * line, SMALL, (name, TEXT))


def _count_axis(draw: "ImageDraw", one: Histogram, scale: Scale) -> None:
    highest = max(one.counts)
    for count in count_ticks(highest, scale):
        y = _y(count, highest, scale)
        draw.line((LEFT, y, RIGHT, y), LINE)
        text = short(count)
        write_line(draw, LEFT - 10 - width_of(text, SMALL), y - SMALL // 2 - 2, SMALL, (text, FAINT))


def _y(count: int, highest: int, scale: Scale) -> int:
    return round(BOTTOM - height(count, highest, scale) * (BOTTOM - TOP - 8))


def _bars(draw: "ImageDraw", one: Histogram, scale: Scale) -> None:
    highest = max(one.counts)
    for number, count in enumerate(one.counts):
        if count:
            left, right = _x(one, one.edges[number]), _x(one, one.edges[number + 1])
            draw.rectangle((left, _y(count, highest, scale), max(left, right - 1), BOTTOM), BAR)


def _value_axis(draw: "ImageDraw", one: Histogram) -> None:
    draw.line((LEFT, BOTTOM, RIGHT, BOTTOM), FAINT)
    for value in ticks(one.edges[0], one.edges[-1], 10):
        x, text = _x(one, value), plain(value)
        draw.line((x, BOTTOM, x, BOTTOM + 5), FAINT)
        write_line(draw, x - width_of(text, SMALL) // 2, BOTTOM + 8, SMALL, (text, TEXT))
    unit = one.unit or "values"
    write_line(draw, RIGHT - width_of(unit, SMALL), BOTTOM + 25, SMALL, (unit, FAINT))
