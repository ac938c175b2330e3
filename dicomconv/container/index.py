"""The top-level attributes of a series as a table: a column for each that varies, the invariant ones once.

A view for people and data frames; what is exact are the header rows.
"""

from collections.abc import Iterable, Sequence

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.alike import Scanned
from dicomconv.container import schema
from dicomconv.container.columns import text_column, write_column, write_text
from dicomconv.container.rebuild import HeaderRead
from dicomconv.elements import Element, place
from dicomconv.header import TEXT_VRS, Header
from dicomconv.standard import keyword_of, vr_of

TEXTS = TEXT_VRS | {"AE", "AS", "CS", "DA", "DT", "TM", "UI", "UR"}
INTEGERS = frozenset({"IS", "SL", "SS", "SV", "UL", "US", "UV"})
NUMBERS = INTEGERS | {"DS", "FD", "FL"}
Value = str | tuple[float, ...] | None
CHARSET = 0x00080005
_LARGEST_INTEGER = 2**63


class IndexedAttribute:
    """The values of one attribute over the instances: from which row on it has which; None: absent, or none of its VR."""

    def __init__(self, tag: int, vr: str) -> None:
        self.tag, self.vr, self.is_short = tag, vr, True
        self._values: list[tuple[int, Value]] = [(0, None)]
        self._raw: tuple[bytes, bytes] | None = None

    def set(self, row: int, header: Header, element: Element, charset: bytes) -> None:
        """Take the value from instance `row` on; what is equal to the previous instance's is not decoded again."""
        raw = header.buffer[element.value : element.end]
        self.is_short = self.is_short and len(raw) <= schema.LARGEST_INDEXED
        if self.is_short and self._raw != (raw, charset):
            self._values.append((row, self._decode(header, element)))
        self._raw = (raw, charset)

    def end(self, row: int) -> None:
        """The attribute is absent from instance `row` on."""
        self._values.append((row, None))
        self._raw = None

    def values(self, rows: int) -> list[Value]:
        """The value of each of so many instances."""
        ends = [row for row, _ in self._values[1:]] + [rows]
        return [
            value for (start, value), end in zip(self._values, ends, strict=True) for value in [value] * (end - start)
        ]

    def _decode(self, header: Header, element: Element) -> Value:
        vr = self.vr if element.vr == "UN" else element.vr
        if self.vr in TEXTS:
            return header.decode(element) if vr in TEXTS else None
        return (header.decode_numbers(element) or None) if vr in NUMBERS else None


class IndexBuilder:
    """Collects the attributes of the instances in the order in which they are packed."""

    def __init__(self) -> None:
        self._attributes: dict[int, IndexedAttribute | None] = {}
        self._rows = 0
        self._before: Scanned | None = None
        self._present: set[int] = set()  # in the instance before
        self._behind_pixels: set[int] = set()

    def add(self, read: HeaderRead) -> None:
        """Take the attributes of the next instance."""
        header, likeness = read.header, read.likeness
        if likeness and likeness.to is self._before and not likeness.touches(CHARSET):
            behind = {element.tag for element in read.behind_pixels}
            gone = likeness.gone | (self._behind_pixels - behind)
            self._take(header, likeness.fresh | behind, set(gone))
        else:
            tags = {element.tag for element in header}
            self._take(header, tags, self._present - tags)
        self._before = read.scanned
        self._behind_pixels = {element.tag for element in read.behind_pixels}
        self._rows += 1

    def _take(self, header: Header, tags: Iterable[int], gone: set[int]) -> None:
        charset = header.raw("SpecificCharacterSet")
        for tag in tags:
            attribute, element = self._attribute(tag), header.element(tag)
            if attribute is not None and element is not None:
                attribute.set(self._rows, header, element, charset)
                self._present.add(tag)
        for tag in gone & self._present:
            attribute = self._attribute(tag)
            if attribute is not None:
                attribute.end(self._rows)
        self._present -= gone

    def _attribute(self, tag: int) -> IndexedAttribute | None:
        if tag not in self._attributes:
            vr = vr_of(tag) or ""
            known = vr in TEXTS | NUMBERS and keyword_of(tag) != place(tag)
            self._attributes[tag] = IndexedAttribute(tag, vr) if known else None
        return self._attributes[tag]

    def write(self, file: h5py.File) -> None:
        """Write /index and /constants."""
        index, constants = file.create_group(schema.INDEX), file.create_group(schema.CONSTANTS)
        order = []
        for _, attribute in sorted(self._attributes.items()):
            if attribute is None or not attribute.is_short:
                continue
            keyword, values = keyword_of(attribute.tag), attribute.values(self._rows)
            if values.count(values[0]) == len(values):
                _write_constant(constants, keyword, attribute.vr, values[0])
                continue
            column = write_column(index, keyword, column_of(values, attribute.vr))
            write_text(column, schema.VR, attribute.vr)
            write_text(column, schema.TAG, f"{attribute.tag:08X}")
            order.append(keyword)
        write_text(index, schema.COLUMN_ORDER, "\\".join(order))


def column_of(values: Sequence[Value], vr: str) -> NDArray[np.generic]:
    """The column of an attribute that varies: (N,) or (N, k) numbers if all have k values, otherwise text."""
    lengths = {len(value) for value in values if isinstance(value, tuple)}
    if vr not in NUMBERS or len(lengths) > 1:
        return text_column([as_text(value) for value in values])
    width = lengths.pop() if lengths else 1
    numbers = [value if isinstance(value, tuple) else None for value in values]
    array = _integers(numbers) if vr in INTEGERS else None
    if array is None:
        array = np.array([(np.nan,) * width if value is None else value for value in numbers], "<f8")
    return array[:, 0] if width == 1 else array


def _integers(values: Sequence[tuple[float, ...] | None]) -> NDArray[np.int64] | None:
    """The values as whole numbers, if all of them are there and are."""
    for value in values:
        if value is None or any(v != int(v) or abs(v) >= _LARGEST_INTEGER for v in value):
            return None
    return np.array([[int(v) for v in value or ()] for value in values], "<i8")


def as_text(value: Value) -> str:
    """A value as text, several parted by backslashes; whole numbers without a point."""
    if value is None or isinstance(value, str):
        return value or ""
    return "\\".join(str(int(number)) if number == int(number) else repr(number) for number in value)


def _write_constant(group: h5py.Group, keyword: str, vr: str, value: Value) -> None:
    if not isinstance(value, tuple):
        write_text(group, keyword, value or "")
        return
    array = column_of([value], vr)[0]
    group.attrs.create(keyword, array, dtype=array.dtype)
