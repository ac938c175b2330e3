"""A scan that knows the data set before: the slices of a series have headers that differ in a few elements only.

What it finds is what a plain scan finds. It is found by comparing bytes, and says besides which elements are new.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dicomconv.elements import (
    ITEM,
    LAST_TAG,
    PIXEL_TAGS,
    SEQUENCE_END,
    Element,
    Encoding,
    Scan,
    end_of_sequence,
    read_header,
    scan,
)

STRIDE = 12  # elements that are compared at once
_element = tuple.__new__


@dataclass(frozen=True, slots=True, eq=False)
class Scanned:
    """A data set that was scanned: its bytes, and where its elements lie in them.

    `bounds`: between which elements it is likely that another data set of its kind differs, as it did from the one before.
    """

    buffer: bytes = field(repr=False)
    encoding: Encoding
    elements: Sequence[Element] = field(repr=False)
    bounds: tuple[int, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls, buffer: bytes, encoding: Encoding, elements: Sequence[Element], likeness: "Likeness | None" = None
    ) -> "Scanned":
        """The record of a scan; pixel data, of which a scan sees the header only, is left out.

        `likeness`: to the data set before, if that is known.
        """
        known = elements[:-1] if elements and elements[-1].tag in PIXEL_TAGS else elements
        return cls(buffer, encoding, known, _bounds(likeness.places, len(known)) if likeness else ())


class Likeness(NamedTuple):
    """How a data set differs from another one: its elements that are not the same bytes there, and tags that are gone.

    `places`: where those elements stand among all of it.
    """

    to: Scanned
    fresh: frozenset[int]
    gone: frozenset[int]
    places: tuple[int, ...]

    def touches(self, *tags: int) -> bool:
        """Whether one of these elements is new, another one, or gone."""
        return not (self.fresh.isdisjoint(tags) and self.gone.isdisjoint(tags))


def _bounds(places: tuple[int, ...], end: int) -> tuple[int, ...]:
    """These places of elements, those behind them, and the end of all."""
    bounds = [0]
    for place in places:
        if place > bounds[-1]:
            bounds.append(place)
        bounds.append(place + 1)
    return (*bounds, end)


def scan_beside(
    before: Scanned, buffer: bytes, start: int, stop: int, encoding: Encoding, last_tag: int = LAST_TAG
) -> tuple[Scan, Likeness] | None:
    """As `scan` of a data set at depth 0, and its likeness to the one before, pixel data aside.

    The one before was scanned up to the same last tag. None where the two have little in common, or what stands here
    cannot be told by comparing. Malformed and Truncated as `scan`.
    """
    if encoding != before.encoding or not before.elements or start >= stop:
        return None
    return _Comparison(before, buffer, start, stop).run(last_tag)


class _Comparison:
    """One data set beside another: runs of equal elements, and what stands between them."""

    def __init__(self, before: Scanned, buffer: bytes, start: int, stop: int) -> None:
        self._before, self._buffer, self._stop = before, buffer, stop
        self._position, self._next = start, 0  # in the new data set, and the element of the other that may follow
        self._elements: list[Element] = []
        self._fresh: list[int] = []
        self._places: list[int] = []
        self._gone: list[int] = []

    def run(self, last_tag: int) -> tuple[Scan, Likeness] | None:
        """Compare to the end of both."""
        known = self._before.elements
        patience = len(known)
        while self._next < len(known):
            self._take_equal()
            if self._next < len(known):
                patience -= 2
                if patience < 0 or not self._take_one():
                    return None
        rest = scan(
            self._buffer, self._position, self._stop, self._before.encoding, after=known[-1].tag, last_tag=last_tag
        )
        for place, element in enumerate(rest.elements, len(self._elements)):
            if element.tag not in PIXEL_TAGS:
                self._fresh.append(element.tag)
                self._places.append(place)
        likeness = Likeness(self._before, frozenset(self._fresh), frozenset(self._gone), tuple(self._places))
        return Scan(self._elements + rest.elements, rest.stop), likeness

    def _take_equal(self) -> None:
        """Take over all elements up to the one in which the next difference lies."""
        elements, first = self._before.elements, self._next
        shift = self._position - elements[first].start
        upto = self._last_equal(first, shift)
        if upto > first:
            run = elements[first:upto]
            self._elements += _shifted(run, shift) if shift else run
            self._position, self._next = elements[upto - 1].end + shift, upto

    def _last_equal(self, first: int, shift: int) -> int:
        """The element of the data set before, from `first` on, that is not the same bytes `shift` bytes further on here.

        Compared between the bounds that are known, then in stretches of several elements, then one by one.
        """
        elements, old, new = self._before.elements, self._before.buffer, self._buffer
        for bound in self._before.bounds:
            if bound > first:
                start, end = elements[first].start, elements[bound - 1].end
                if end + shift > self._stop or old[start:end] != new[start + shift : end + shift]:
                    if bound == first + 1:
                        return first
                    break
                first = bound
        for stride in (STRIDE, 1):
            while first < len(elements):
                start, end = elements[first].start, elements[min(first + stride, len(elements)) - 1].end
                if end + shift > self._stop or old[start:end] != new[start + shift : end + shift]:
                    break
                first = min(first + stride, len(elements))
        return first

    def _take_one(self) -> bool:
        """Read one element that is not the same here, or pass one over that is not here; False: there is none."""
        if self._position + 8 > self._stop:
            return False
        known = self._before.elements[self._next]
        element = read_header(self._buffer, self._position, self._stop, self._before.encoding)
        if element is None or ITEM <= element.tag <= SEQUENCE_END:
            return False
        if element.tag > known.tag:
            self._gone.append(known.tag)
            self._next += 1
            return True
        if element.tag in PIXEL_TAGS or (self._elements and element.tag <= self._elements[-1].tag):
            return False
        if element.undefined:
            end = end_of_sequence(self._buffer, element, self._stop, self._before.encoding)
            element = element._replace(end=end)
        if element.end > self._stop:
            return False
        self._fresh.append(element.tag)
        self._places.append(len(self._elements))
        self._elements.append(element)
        self._position, self._next = element.end, self._next + (element.tag == known.tag)
        return True


def _shifted(elements: Sequence[Element], shift: int) -> list[Element]:
    """The same elements, `shift` bytes further on."""
    return [
        _element(Element, (tag, vr, start + shift, value + shift, end + shift, undefined))
        for tag, vr, start, value, end, undefined in elements
    ]
