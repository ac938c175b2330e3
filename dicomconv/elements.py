"""A flat scan over encoded data elements (PS3.5 section 7).

Nothing is decoded that is not asked for, and nothing is written here: an element is where its bytes are.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from dicomconv.errors import Malformed, Truncated
from dicomconv.standard import vr_of

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
DEEPEST = 64
LAST_TAG = 0xFFFFFFFF

LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
SHORT_VRS = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM",
     "UI", "UL", "US"}
)  # fmt: skip
_VR_OF_BYTES = {vr.encode(): (vr, vr in LONG_VRS) for vr in LONG_VRS | SHORT_VRS}
_EXPLICIT = struct.Struct(">HH2sH").unpack_from, struct.Struct("<HH2sH").unpack_from  # by Encoding.little
_LENGTH = struct.Struct(">I").unpack_from, struct.Struct("<I").unpack_from
_element = tuple.__new__  # Element(...) without its detour: headers are read by the thousand


class Encoding(NamedTuple):
    """How data elements are encoded: explicit or implicit VR, little or big endian (PS3.5 7.1)."""

    explicit: bool
    little: bool

    @property
    def order(self) -> str:
        """The byte order as struct spells it."""
        return "<" if self.little else ">"


IMPLICIT_LITTLE = Encoding(explicit=False, little=True)
EXPLICIT_LITTLE = Encoding(explicit=True, little=True)
EXPLICIT_BIG = Encoding(explicit=True, little=False)


class Element(NamedTuple):
    """Where one data element lies: header from `start`, value from `value`, up to `end` (delimiter included)."""

    tag: int
    vr: str
    start: int
    value: int
    end: int
    undefined: bool


class Scan(NamedTuple):
    """The elements found, and where the scan stopped: short of the end if what follows is no element."""

    elements: list[Element]
    stop: int


def place(tag: int) -> str:
    """A tag as messages name it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _known_place(element: Element) -> str:
    """A tag that a table knows, else an offset: what stands where no element is may be somebody's text."""
    return place(element.tag) if _is_known(element.tag) and not element.tag >> 16 & 1 else f"offset {element.start}"


def read_header(buffer: bytes, position: int, stop: int, encoding: Encoding) -> Element | None:
    """The element whose header is at `position`, its `end` where the length says; None: no element can stand there.

    `end` may lie beyond `stop`; for an undefined length it is the start of the value. Truncated if the header is cut.
    """
    if position + 8 > stop:
        raise Truncated("the data set ends inside an element", f"offset {position}")
    explicit, little = encoding
    group, number, code, length = _EXPLICIT[little](buffer, position)
    tag, value = group << 16 | number, position + 8
    if not explicit or group == 0xFFFE:
        vr = vr_of(tag) or "UN"
        length = _LENGTH[little](buffer, position + 4)[0]
    else:
        known = _VR_OF_BYTES.get(code)
        if known is None:
            return None
        vr, is_long = known
        if not is_long:
            return _element(Element, (tag, vr, position, value, value + length, False))
        if position + 12 > stop:
            raise Truncated("the data set ends inside an element", place(tag))
        length, value = _LENGTH[little](buffer, value)[0], value + 4
    if length == UNDEFINED:
        return Element(tag, vr, position, value, value, True)
    return _element(Element, (tag, vr, position, value, value + length, False))


def scan(
    buffer: bytes,
    start: int,
    stop: int,
    encoding: Encoding,
    depth: int = 0,
    *,
    after: int = -1,
    last_tag: int = LAST_TAG,
) -> Scan:
    """The elements between two offsets, in the order they stand, sequences as one element each.

    Stops before an element that cannot follow (tag not ascending from `after` on, VR not a VR), before one beyond
    `last_tag`, and after the header of pixel data at depth 0. Truncated if a value runs past `stop`.
    """
    elements: list[Element] = []
    position, previous = start, after
    while position < stop:
        if position + 8 > stop:
            break
        element = read_header(buffer, position, stop, encoding)
        if element is None or element.tag <= previous or (element.tag >= ITEM and element.tag <= SEQUENCE_END):
            break
        if element.tag > last_tag:
            break
        if depth == 0 and element.tag in PIXEL_TAGS:
            elements.append(element)
            position = element.value
            break
        if element.undefined:
            element = element._replace(end=end_of_sequence(buffer, element, stop, encoding, depth))
        elif element.end > stop:
            raise Truncated("a value runs past the end", _known_place(element))
        elements.append(element)
        position, previous = element.end, element.tag
    return Scan(elements, position)


def scan_unordered(
    buffer: bytes, start: int, stop: int, encoding: Encoding, depth: int = 0, *, last_tag: int = LAST_TAG
) -> Scan:
    """As `scan`, gone on past elements out of order or given twice, if nothing but known elements follows.

    The elements are given in tag order; of one given twice the first counts. Where something else follows, what the
    plain scan found stands.
    """
    found = scan(buffer, start, stop, encoding, depth, last_tag=last_tag)
    elements, position = list(found.elements), found.stop
    if last_tag < LAST_TAG:
        return found
    while position < stop and not (depth == 0 and elements and elements[-1].tag in PIXEL_TAGS):
        try:
            more = scan(buffer, position, stop, encoding, depth)
        except (Malformed, Truncated):
            return found
        if not more.elements or not all(encoding.explicit or _is_known(element.tag) for element in more.elements):
            return found
        elements += more.elements
        position = more.stop
    if position == found.stop:
        return found
    last = elements.pop() if depth == 0 and elements[-1].tag in PIXEL_TAGS else None
    unique: dict[int, Element] = {}
    for element in elements:
        unique.setdefault(element.tag, element)
    return Scan([*(unique[tag] for tag in sorted(unique)), *([last] if last else [])], position)


def _is_known(tag: int) -> bool:
    return tag >> 16 >= 8 and (vr_of(tag) is not None or bool(tag >> 16 & 1))


def scan_items(buffer: bytes, inside: int, outside: int, encoding: Encoding, depth: int) -> list[Element]:
    """The elements of an item, which must fill it."""
    found = scan_unordered(buffer, inside, outside, encoding, depth)
    one_too_many = struct.pack(encoding.order + "HHI", ITEM_END >> 16, ITEM_END & 0xFFFF, 0)
    if found.stop != outside and buffer[found.stop : outside] != one_too_many:
        raise Malformed("an item holds something that is no data element", f"offset {found.stop}")
    return found.elements


def vr_in_use(element: Element) -> str:
    """The VR to read a value by: that of the dictionary where the file says UN (PS3.5 6.2.2 note 2)."""
    return (vr_of(element.tag) or "UN") if element.vr == "UN" else element.vr


def inner_encoding(element: Element, encoding: Encoding) -> Encoding:
    """How the items of a sequence are encoded: a sequence under VR UN is implicit little endian (PS3.5 6.2.2 note 2)."""
    return IMPLICIT_LITTLE if element.vr == "UN" else encoding


def starts_with_item(buffer: bytes, element: Element, encoding: Encoding) -> bool:
    """Whether the value of a sequence is empty or begins as items do; `encoding`: that of its items."""
    tag = struct.pack(encoding.order + "HH", ITEM >> 16, ITEM & 0xFFFF)
    return element.undefined or element.value == element.end or buffer[element.value : element.value + 4] == tag


def items(buffer: bytes, element: Element, encoding: Encoding, depth: int = 0) -> list[tuple[int, int, int]]:
    """The items of a sequence: (start of the item, start of its elements, end of its elements). PS3.5 7.5."""
    encoding = inner_encoding(element, encoding)
    found = []
    stop = element.end
    for start, inside, outside in _walk_items(buffer, element.value, stop, encoding, element.undefined, depth + 1):
        if outside is not None:
            found.append((start, inside, outside))
    return found


def end_of_sequence(buffer: bytes, element: Element, stop: int, encoding: Encoding, depth: int = 0) -> int:
    """The offset after the delimiter of a sequence of undefined length."""
    end = element.value
    for start, _, outside in _walk_items(buffer, end, stop, inner_encoding(element, encoding), True, depth + 1):
        if outside is None:
            return start + 8
    raise Truncated("a sequence has no delimiter", place(element.tag))


def _walk_items(
    buffer: bytes, position: int, stop: int, encoding: Encoding, delimited: bool, depth: int
) -> Iterator[tuple[int, int, int | None]]:
    """Items from `position` on; a sequence delimiter is given with no end and ends the walk."""
    if depth > DEEPEST:
        raise Malformed("sequences are nested too deeply", f"offset {position}")
    while position < stop:
        header = read_header(buffer, position, stop, encoding)
        if header is None or header.tag not in (ITEM, SEQUENCE_END):
            raise Malformed("a sequence holds something that is not an item", f"offset {position}")
        if header.tag == SEQUENCE_END:
            if delimited and header.end == header.value:
                yield position, header.value, None
                return
            if header.end == header.value == stop:
                return  # one too many, where the length ends the sequence anyway
            raise Malformed("a sequence delimiter stands where none can, or has a value", f"offset {position}")
        if not header.undefined:
            if header.end > stop:
                raise Truncated("an item runs past the end", f"offset {position}")
            yield position, header.value, header.end
            position = header.end
            continue
        inside = scan(buffer, header.value, stop, encoding, depth).stop
        if struct.unpack_from(encoding.order + "HHI", _at(buffer, inside, stop), 0) != (0xFFFE, 0xE00D, 0):
            raise Malformed("an item has no delimiter", f"offset {inside}")
        yield position, header.value, inside
        position = inside + 8


def _at(buffer: bytes, position: int, stop: int) -> bytes:
    if position + 8 > stop:
        raise Truncated("an item has no delimiter", f"offset {position}")
    return buffer[position : position + 8]
