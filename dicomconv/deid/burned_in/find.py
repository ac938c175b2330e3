"""Where text stands in the pixels of an image: by rule, by the regions it declares, and by detection."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dicomconv.deid.burned_in.detector import Line, signs
from dicomconv.deid.burned_in.measurements import is_harmless
from dicomconv.deid.burned_in.pictures import Look, pictures
from dicomconv.deid.burned_in.rules import RegionRules
from dicomconv.deid.burned_in.ultrasound import outside, regions
from dicomconv.header import Header
from dicomconv.model import Box, Span
from dicomconv.pixels.read import ImageAttributes
from dicomconv.workers import heartbeat

WITHIN = 0.9  # of a box lies in another one: it shows nothing else
SQUARE = 1.6  # times its shorter side: a longer box holds more than one sign
NEIGHBOURS = 3  # times its height: a sign with another one so near is part of a line
MORE = 1.15  # times what two boxes cover together: the box around both may cover no more


class Detector(Protocol):
    """What finds lines of text in a picture."""

    def lines(self, picture: NDArray[np.uint8], enlarged: float = 1.0) -> list[Line]:
        """Every line of text in a picture, (rows, columns) grey or (rows, columns, 3) RGB, looked at so much larger."""


@dataclass(frozen=True, slots=True)
class Found:
    """What has to be blanked, and the lines beside it that were read in full and say nothing."""

    boxes: tuple[Box, ...]
    spared: tuple[Box, ...]

    def is_spared(self, box: Box) -> bool:
        """Whether a box lies in a line that is spared: its pixels are those that were read."""
        return any(is_within(box, one) for one in self.spared)


def text_boxes(value: Span, attributes: ImageAttributes, detector: Detector, *, sampled: bool) -> tuple[Box, ...]:
    """Where there is text that may say who somebody is. Undecodable if the frames cannot be read."""
    return _lines(pictures(value, attributes, sampled=sampled, closely=False), detector)[0]


def all_boxes(
    value: Span, attributes: ImageAttributes, header: Header, rules: RegionRules, detector: Detector, *,
    sop_class_uid: str, sampled: bool,
) -> Found:  # fmt: skip
    """Everything of an image that has to be blanked; measurements outside of its ultrasound regions are spared."""
    format = attributes.format
    found, harmless = _lines(pictures(value, attributes, sampled=sampled, closely=not sampled), detector)
    boxes = list(found)
    holding = rules.of(header, sop_class_uid, format)
    for rule in holding:
        boxes += rule.boxes(format)
    inside = regions(header, format) if any(rule.ultrasound_regions for rule in holding) else ()
    if inside:
        boxes = [box for box in boxes if any(box.meets(one) for one in inside)]
        boxes += outside(inside, [line for line in harmless if not any(line.meets(box) for box in found)], format)
    return Found(tuple(boxes), tuple(line for line in harmless if not any(line.meets(box) for box in boxes)))


def _lines(shown: Iterable[list[Look]], detector: Detector) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """Boxes of text that may identify, and of text that does not, over all pictures of the frames."""
    found: list[Box] = []
    harmless: list[Box] = []
    for same in shown:
        heartbeat.beat()
        named, measured = _sorted_lines([detector.lines(picture, enlarged) for picture, enlarged in same])
        found += named
        harmless += measured
    return tuple(merged(found)), tuple(merged(harmless))


def _sorted_lines(pictures_of_one: list[list[Line]]) -> tuple[list[Box], list[Box]]:
    """Boxes of what may identify and of what does not, in pictures of the same pixels.

    A line that is read as a measurement in one of them is one, though another shows it worse.
    """
    found: list[Box] = []
    harmless: list[Box] = []
    for lines in pictures_of_one:
        for line in lines:
            is_spared = is_harmless(line.text, line.score) or is_single_sign(line, lines)
            (harmless if is_spared else found).append(line.box)
    return [box for box in found if not any(is_within(box, one) for one in harmless)], harmless


def is_within(box: Box, outer: Box) -> bool:
    """Whether nearly all of a box lies in another."""
    return _common(box, outer) >= WITHIN * _area(box)


def is_single_sign(line: Line, lines: list[Line]) -> bool:
    """Whether a line is one letter, digit or mark that stands alone, and so says nothing."""
    if signs(line.text) > 1 or not _is_square(line.box):
        return False
    room = NEIGHBOURS * (line.box.bottom - line.box.top)
    around = Box(line.box.left - room, line.box.top, line.box.right + room, line.box.bottom)
    return not any(other is not line and around.meets(other.box) for other in lines)


def _is_square(box: Box) -> bool:
    width, height = box.right - box.left, box.bottom - box.top
    return max(width, height) < SQUARE * min(width, height)


def merged(boxes: Iterable[Box]) -> Iterator[Box]:
    """The same places by fewer boxes: two become the one around both where that takes in hardly anything more."""
    left = sorted(set(boxes), key=lambda box: (box.top, box.left, box.bottom, box.right, box.by))
    while left:
        box = left.pop(0)
        other = next((one for one in left if _is_same(box, one)), None)
        if other is None:
            yield box
        else:
            left.remove(other)
            left.insert(0, _around(box, other))


def _is_same(one: Box, other: Box) -> bool:
    together = _area(one) + _area(other) - _common(one, other)
    gap = min(one.bottom - one.top, other.bottom - other.top) // 2  # between two words of a line
    wide = Box(one.left - gap, one.top, one.right + gap, one.bottom)
    return wide.meets(other) and _area(_around(one, other)) <= MORE * together


def _around(one: Box, other: Box) -> Box:
    larger = max(one, other, key=_area)
    return Box(
        min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom),
        larger.by,
    )  # fmt: skip


def _area(box: Box) -> int:
    return max(0, box.right - box.left) * max(0, box.bottom - box.top)


def _common(one: Box, other: Box) -> int:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width * height if width > 0 and height > 0 else 0
