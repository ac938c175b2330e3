"""The values of a data set, one by one, with their paths: to be searched, and to be compared (PS3.5 7.5)."""

from collections.abc import Iterator, Mapping
from sys import intern
from types import MappingProxyType
from typing import NamedTuple

from dicomconv.deid.actions import looks_inside
from dicomconv.deid.options import SAFE_PRIVATE, STRUCTURED
from dicomconv.deid.own_rules import CODE_OF_ACTION
from dicomconv.deid.private import Blocks, SafeList, decide, is_creator
from dicomconv.deid.profile import Code, Profile, Rule
from dicomconv.deid.structured import is_content_item, rule_of_item
from dicomconv.deid.values import STRING_VRS
from dicomconv.elements import (
    PIXEL_TAGS,
    Element,
    Encoding,
    inner_encoding,
    items,
    scan_items,
    starts_with_item,
    vr_in_use,
)
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.standard import keyword_of, vr_of

SHOWN = 64
LOOKS_INSIDE: frozenset[str] = frozenset({"K", "U", "I", "G"})


class Value(NamedTuple):
    """An element that is no sequence of items: its path (keywords parted by dots), and what is done to it there."""

    path: str
    place: tuple[int, ...]
    header: Header
    element: Element
    rule: Rule

    @property
    def raw(self) -> bytes:
        """The encoded value."""
        return self.header.buffer[self.element.value : self.element.end]

    @property
    def vr(self) -> str:
        """The VR to read it by."""
        return vr_in_use(self.element)

    @property
    def is_text(self) -> bool:
        """Whether it is made of characters."""
        return self.vr in STRING_VRS

    def same_as(self, other: "Value") -> bool:
        """Whether two are equal, however they are padded, spelt in bytes or encoded."""
        if self.is_text and other.is_text:
            return _plain(self) == _plain(other)
        numbers = self.header.decode_numbers(self.element) if self.vr in NUMBERS else ()
        if numbers and other.vr in NUMBERS:
            return numbers == other.header.decode_numbers(other.element)
        return self.raw.rstrip(b"\0 ") == other.raw.rstrip(b"\0 ")

    @property
    def is_empty(self) -> bool:
        """Whether there is no value."""
        return not self.raw.strip(b" \0\\^=") if self.is_text else self.element.value == self.element.end

    def shown(self) -> str:
        """The value as people read it, cut short; of bytes only how many there are."""
        if self.is_text:
            text = self.header.decode(self.element)
        elif self.vr in NUMBERS:
            text = "\\".join(f"{number:g}" for number in self.header.decode_numbers(self.element)[:16])
        else:
            text = f"{len(self.raw)} bytes" if self.raw else ""
        text = "".join(character if character.isprintable() else " " for character in text)
        return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})


def _plain(value: Value) -> str:
    text = value.header.decode(value.element)
    return "\\".join(part.strip(" \0") for part in text.split("\\"))


class Above(NamedTuple):
    """Of what an element stands in: the rule that holds for everything below it, rules by tag, its path and place."""

    rule: Rule | None = None
    told: Mapping[int, Rule] = MappingProxyType({})
    path: str = ""
    place: tuple[int, ...] = ()


class Reader:
    """Reads the values of an instance, each with its rule under a profile."""

    def __init__(self, profile: Profile, iod: str) -> None:
        self.profile, self.iod = profile, iod

    def values(self, header: Header) -> Iterator[Value]:
        """All values of a data set at every depth, but for pixel data and group lengths."""
        return self._values(header, Above())

    def _values(self, header: Header, above: "Above") -> Iterator[Value]:
        blocks = Blocks.of(header)
        for element in header:
            if element.tag & 0xFFFF == 0 or (not above.place and element.tag in PIXEL_TAGS):
                continue
            rule = above.rule or above.told.get(element.tag) or self.rule(element, above.path, blocks)
            keyword = keyword_of(element.tag)
            path = f"{above.path}.{keyword}" if above.path else keyword
            place = (*above.place, element.tag)
            path, inside = intern(path), items_of(header, element, len(place) // 2)
            if not len(inside):
                yield Value(path, place, header, element, rule)
                continue
            is_looked_into = rule.code in LOOKS_INSIDE or (rule.code == "D" and looks_inside(element.tag))
            for index, item in enumerate(inside):
                below = self._below(item) if is_looked_into else Above(rule)
                yield from self._values(item, below._replace(path=path, place=(*place, index)))

    def _below(self, item: Header) -> "Above":
        """What is said of the elements of an item beside their own rules: of a content item by its concept."""
        if STRUCTURED not in self.profile.options or not is_content_item(item):
            return Above()
        by_concept = rule_of_item(item, self.profile.options)
        if by_concept.action == "drop":
            return Above(Rule("X", by_concept.source))
        return Above(told={tag: Rule(code, by_concept.source) for tag, code in by_concept.values.items()})

    def rule(self, element: Element, path: str, blocks: Blocks) -> Rule:
        """What the profile does to an element; a private one by creator, if the profile looks at those."""
        if not element.tag >> 16 & 1 or not self.profile.looks_at_private:
            return self.profile.rule(element.tag, self.iod, path)
        creator = blocks.creator_of(element.tag)
        own = self.profile.own.find_private(creator, element.tag) if creator else None
        if own is not None:
            code: Code = CODE_OF_ACTION[own.action]  # type: ignore[assignment]  # a dictionary of codes
            return Rule(code, own.where)
        if is_creator(element.tag):
            return Rule("C", "a private creator stays with its block (PS3.5 7.8.1)")
        if SAFE_PRIVATE in self.profile.options:
            decision = decide(blocks, element, SafeList())
            return Rule(decision.code, decision.reason)
        return self.profile.rule(element.tag, self.iod, path)


class Items:
    """The items of a sequence, each made when it is its turn: a slide has a hundred thousand."""

    def __init__(self, header: Header, found: list[tuple[int, int, int]], encoding: Encoding, depth: int) -> None:
        self._header, self._found, self._encoding, self._depth = header, found, encoding, depth

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Header]:
        for elements in self.scanned():
            yield Header(self._header.buffer, elements, self._encoding, self._header)

    def scanned(self) -> Iterator[list[Element]]:
        """The elements of each item. Malformed if there is something else in one."""
        for _, inside, outside in self._found:
            yield scan_items(self._header.buffer, inside, outside, self._encoding, self._depth + 1)


def items_of(header: Header, element: Element, depth: int = 0) -> Items:
    """The items of a sequence, of whatever VR it says to be; none if it has none that can be read."""
    encoding = inner_encoding(element, header.encoding)
    is_sequence = element.vr == "SQ" or element.undefined or vr_of(element.tag) == "SQ"
    if not is_sequence or not starts_with_item(header.buffer, element, encoding):
        return Items(header, [], encoding, depth)
    try:
        found = Items(header, items(header.buffer, element, header.encoding, depth), encoding, depth)
        for _ in found.scanned():
            pass  # all of them can be read
    except Malformed:
        return Items(header, [], encoding, depth)
    return found


def side_by_side(ones: Iterator[Value], others: Iterator[Value]) -> Iterator[tuple[Value | None, Value | None]]:
    """The values of two data sets in the order of their places, those that have one place together."""
    one, other = next(ones, None), next(others, None)
    while one or other:
        order = 0 if one and other and one.place == other.place else -1
        if one and other and order:
            order = -1 if one.place < other.place else 1
        elif other and order:
            order = 1
        yield (one if order <= 0 else None), (other if order >= 0 else None)
        one = next(ones, None) if order <= 0 else one
        other = next(others, None) if order >= 0 else other
