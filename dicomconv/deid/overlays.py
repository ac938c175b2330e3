"""Which overlays may stay when graphics are cleaned: regions of interest, never drawings or text (PS3.15 E.3.3).

An overlay of type G may hold writing; a region (type R) is an area that was measured. Labels and descriptions go.
"""

from collections.abc import Iterable

from dicomconv.elements import Element
from dicomconv.header import Header

GROUP, FIRST, LAST = 0xFF00, 0x6000, 0x601E
TYPE, POSITION, DATA = 0x0040, 0x0102, 0x3000
# Rows, Columns, Number of Frames, Type, Origin, Image Frame Origin, Bits Allocated, Bit Position, ROI Area, ROI Mean,
# ROI Standard Deviation, Overlay Data (PS3.3 C.9.2, C.9.3)
KEPT = frozenset({0x0010, 0x0011, 0x0015, 0x0040, 0x0050, 0x0051, 0x0100, 0x0102, 0x1301, 0x1302, 0x1303, 0x3000})


def kept_overlays(header: Header, elements: Iterable[Element]) -> frozenset[int]:
    """The tags of the overlays of type R whose pixels stand in Overlay Data."""
    groups = {element.tag >> 16 for element in elements if FIRST <= element.tag >> 16 <= LAST}
    regions = {group for group in groups if group % 2 == 0 and _is_region(header, group)}
    return frozenset(group << 16 | number for group in regions for number in KEPT)


def _is_region(header: Header, group: int) -> bool:
    kind, position = header.element(group << 16 | TYPE), header.element(group << 16 | POSITION)
    if kind is None or header.decode(kind) != "R" or header.element(group << 16 | DATA) is None:
        return False
    return position is None or not any(header.decode_numbers(position))
