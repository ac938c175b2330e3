"""Typed access to the values of one data set or item, each decoded when it is asked for (PS3.5 section 6)."""

import math
import struct
from collections.abc import Iterator
from operator import itemgetter

from dicomconv.elements import Element, Encoding, inner_encoding, items, scan, vr_in_use
from dicomconv.standard import is_signed_by_context, tag_of, vr_of

TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # affected by Specific Character Set
_DELIMITERS = set(b"\\^=\n\r\t\f")  # after which ISO 2022 falls back to the first character set (PS3.5 6.1.2.5.3)
_TAG = itemgetter(0)
_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q", "OW": "H"}


class Header:
    """The attributes of one data set or item by keyword, decoded when asked for; absent, empty or invalid reads as empty.

    Values of an original pass through here, so it has no repr of its content.
    """

    __slots__ = ("_by_tag", "_charsets", "_parent", "_signed", "buffer", "encoding")

    def __init__(self, buffer: bytes, elements: list[Element], encoding: Encoding, parent: "Header | None" = None):
        self.buffer, self.encoding = buffer, encoding
        self._by_tag = dict(zip(map(_TAG, elements), elements, strict=True))
        self._charsets: list[str] = parent._charsets if parent else [""]
        self._parent = parent
        self._signed: bool | None = None
        if "SpecificCharacterSet" in self:
            self._charsets = [name.strip() for name in self._ascii("SpecificCharacterSet").split("\\")]

    def __contains__(self, keyword: str) -> bool:
        return tag_of(keyword) in self._by_tag

    def __iter__(self) -> Iterator[Element]:
        return iter(self._by_tag.values())

    def element(self, tag: int) -> Element | None:
        """The element with this tag number."""
        return self._by_tag.get(tag)

    def raw(self, keyword: str) -> bytes:
        """The value's bytes as they stand, padding included."""
        element = self._by_tag.get(tag_of(keyword))
        return self.buffer[element.value : element.end] if element else b""

    def encoded(self, tag: int) -> bytes:
        """A whole element as it stands, with tag, VR and length; nothing if it is absent."""
        element = self._by_tag.get(tag)
        return self.buffer[element.start : element.end] if element else b""

    def _ascii(self, keyword: str) -> str:
        return self.raw(keyword).decode("latin-1").strip(" \0")

    def text(self, keyword: str) -> str:
        """The whole value as text, padding removed, values parted by backslashes, by Specific Character Set."""
        element = self._by_tag.get(tag_of(keyword))
        if element is None:
            return ""
        return self.decode(element)

    def decode(self, element: Element) -> str:
        """The value of an element with a text VR, padding removed, values parted by backslashes."""
        value = self.buffer[element.value : element.end].rstrip(b" \0")
        vr = vr_in_use(element)
        if vr not in TEXT_VRS or (value.isascii() and b"\x1b" not in value):
            return value.decode("latin-1").strip(" \0")
        from pydicom.charset import convert_encodings, decode_bytes  # it takes longer to import than most runs need

        try:
            return decode_bytes(value, convert_encodings([*self._charsets]), _DELIMITERS)
        except (LookupError, ValueError):  # no name of a character set may hold a NUL
            return value.decode("latin-1")

    def texts(self, keyword: str) -> list[str]:
        """The values as texts, padding removed; none if the attribute is absent or empty."""
        text = self.text(keyword)
        return [part.strip(" \0") for part in text.split("\\")] if text else []

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """The values as numbers; none if absent, empty, or if one of them is not a finite number."""
        element = self._by_tag.get(tag_of(keyword))
        return self.decode_numbers(element) if element else ()

    def decode_numbers(self, element: Element) -> tuple[float, ...]:
        """The values of an element as numbers; none if one of them is not a finite number."""
        value = self.buffer[element.value : element.end]
        vr = vr_in_use(element)
        code = _NUMBERS.get(vr)
        if code is None:
            return _decimals(value)
        if not self.encoding.explicit and vr == "US" and is_signed_by_context(element.tag) and self._has_signed_pixels():
            code = "h"
        size = struct.calcsize("<" + code)
        values = struct.unpack_from(f"{self.encoding.order}{len(value) // size}{code}", value)
        return tuple(values) if all(math.isfinite(v) for v in values) else ()

    def _has_signed_pixels(self) -> bool:
        """Whether Pixel Representation says so, here or above."""
        if self._signed is None:
            above = self._parent is not None and self._parent._has_signed_pixels()
            self._signed = above or self.number("PixelRepresentation") == 1
        return self._signed

    def number(self, keyword: str) -> float | None:
        """The first value as a number; None if there is none."""
        values = self.numbers(keyword)
        return values[0] if values else None

    def items(self, keyword: str) -> list["Header"]:
        """The items of a sequence; none if it is absent, empty, or not a sequence."""
        return list(self.each_item(keyword))

    def each_item(self, keyword: str) -> Iterator["Header"]:
        """As `items`, one by one: a slide has a hundred thousand."""
        element = self._by_tag.get(tag_of(keyword))
        if element is None or vr_of(element.tag) != "SQ":
            return
        encoding = inner_encoding(element, self.encoding)
        for _, inside, outside in items(self.buffer, element, self.encoding):
            yield Header(self.buffer, scan(self.buffer, inside, outside, encoding, 1).elements, encoding, self)

    def __repr__(self) -> str:
        return f"<Header of {len(self._by_tag)} elements>"


def _decimals(value: bytes) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in value.rstrip(b" \0").split(b"\\"))
    except ValueError:
        return ()
    return values if all(math.isfinite(v) for v in values) else ()
