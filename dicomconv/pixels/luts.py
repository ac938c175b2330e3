"""Look-up tables as headers hold them: plain, packed two per word, or segmented (PS3.3 C.7.6.3.1.5, C.7.9, C.11.1)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dicomconv.header import Header
from dicomconv.pixels.attributes import LookupTable, Palette

COLOURS = ("Red", "Green", "Blue")
STORAGE_BITS = 16
DISCRETE, LINEAR, INDIRECT = 0, 1, 2


def lookup_table(item: Header, *, signed: bool) -> LookupTable | None:
    """The table of a Modality or VOI LUT Sequence item; None if the item holds none that can be read.

    `signed`: whether the table's input can be negative, which says how the second value of the descriptor is meant.
    """
    descriptor = _descriptor(item, "LUTDescriptor", signed)
    if descriptor is None:
        return None
    count, first_mapped, bits = descriptor
    return _plain(item.raw("LUTData"), item.encoding.order, count, first_mapped, bits)


def palette(header: Header, *, signed: bool) -> Palette | None:
    """The red, green and blue table of a PALETTE COLOR image, all of 8 or all of 16 bits; None if one is missing."""
    tables = [_colour_table(header, colour, signed) for colour in COLOURS]
    found = [table for table in tables if table is not None]
    if len(found) < len(COLOURS):
        return None
    # 16 bits are declared, and 8 are meant, by writers that never fill the high byte
    bits = 8 if max(int(table.entries.max()) for table in found) < 256 else 16
    red, green, blue = (LookupTable(table.first_mapped, bits, table.entries) for table in found)
    return Palette(red, green, blue)


def expand_segmented(segments: NDArray[np.uint16], count: int, entry_bytes: int = 2) -> NDArray[np.uint16]:
    """The entries that segments stand for: discrete, linear, indirect (PS3.3 C.7.9.2); at most `count` of them."""
    words, entries, starts, at = segments.tolist(), list[int](), set[int](), 0
    while at + 1 < len(words) and len(entries) < count:
        starts.add(at)
        if words[at] == INDIRECT:
            size = 4 // entry_bytes
            offset = int.from_bytes(
                b"".join(w.to_bytes(entry_bytes, "little") for w in words[at + 2 : at + 2 + size]), "little"
            )
            _repeat(words, _first_of(offset, entry_bytes, starts), words[at + 1], entries, count)
            at += 2 + size
        else:
            at = _direct(words, at, entries)
    return np.array(entries[:count], np.uint16)


def _first_of(offset: int, entry_bytes: int, starts: set[int]) -> int:
    """Where repeated segments begin. The offset is in bytes, but widely (pydicom, dcm4che) counted in entries."""
    return offset // entry_bytes if offset % entry_bytes == 0 and offset // entry_bytes in starts else offset


def _repeat(words: list[int], at: int, segments: int, entries: list[int], count: int) -> None:
    """Append the entries of so many segments from `at` on; an indirect one among them ends it (C.7.9.2.3)."""
    while segments and at + 1 < len(words) and len(entries) < count:
        at, segments = _direct(words, at, entries), segments - 1


def _direct(words: list[int], at: int, entries: list[int]) -> int:
    """Append the entries of a discrete or linear segment; where the next one begins."""
    opcode, length = words[at], words[at + 1]
    if opcode == DISCRETE:
        entries += words[at + 2 : at + 2 + length]
        return at + 2 + length
    if opcode == LINEAR and at + 2 < len(words):
        entries += _line(entries[-1] if entries else 0, words[at + 2], length)
        return at + 3
    return len(words)


def _line(start: int, stop: int, length: int) -> list[int]:
    """`length` entries on the line from the entry before to `stop`, which is the last of them."""
    return [int(start + (stop - start) * step / length + 0.5) for step in range(1, length + 1)]


def _colour_table(header: Header, colour: str, signed: bool) -> LookupTable | None:
    descriptor = _descriptor(header, f"{colour}PaletteColorLookupTableDescriptor", signed)
    if descriptor is None:
        return None
    count, first_mapped, bits = descriptor
    data, order = header.raw(f"{colour}PaletteColorLookupTableData"), header.encoding.order
    if data:
        return _plain(data, order, count, first_mapped, bits)
    data = header.raw(f"Segmented{colour}PaletteColorLookupTableData")
    return _segmented(data, order, count, first_mapped, bits)


def _descriptor(header: Header, keyword: str, signed: bool) -> tuple[int, int, int] | None:
    """Number of entries (0 means 65536), first value mapped, bits per entry."""
    values = [int(value) & 0xFFFF for value in header.numbers(keyword)]
    if len(values) != 3:
        return None
    count, first_mapped, bits = values
    return count or 65536, first_mapped - 65536 if signed and first_mapped >= 32768 else first_mapped, bits


@lru_cache(maxsize=32)
def _plain(data: bytes, order: str, count: int, first_mapped: int, bits: int) -> LookupTable | None:
    """Equal tables are one object, so that what is derived from them is derived once per series."""
    # a table that is cut short is not one of bytes, unless its length is the one of bytes
    is_packed = count <= len(data) < 2 * count and (bits <= 8 or len(data) <= count + 1)
    entries = (_bytes(data, order) if is_packed else _words(data, order))[:count]
    return _table(entries, first_mapped, bits)


@lru_cache(maxsize=32)
def _segmented(data: bytes, order: str, count: int, first_mapped: int, bits: int) -> LookupTable | None:
    entries = (
        expand_segmented(_bytes(data, order), count, 1) if bits == 8 else expand_segmented(_words(data, order), count)
    )
    if len(entries) < count and bits == 8:
        entries = expand_segmented(_words(data, order), count)
    return _table(entries, first_mapped, bits)


def _table(entries: NDArray[np.uint16], first_mapped: int, bits: int) -> LookupTable | None:
    return LookupTable(first_mapped, _depth(bits, entries), entries) if len(entries) else None


def _depth(declared: int, entries: NDArray[np.uint16]) -> int:
    """Bits per entry: what is declared, or what the entries need if that is more, or if 16 is declared.

    Agfa's CR declares the storage size, 16, for entries of 12 bits (dicom-rs #825; dcmtk has +Mv for them).
    """
    needed = max(1, int(entries.max()).bit_length())
    return needed if declared >= STORAGE_BITS else max(declared, needed)


def _words(data: bytes, order: str) -> NDArray[np.uint16]:
    return np.frombuffer(data, order + "u2", len(data) // 2).astype(np.uint16)


def _bytes(data: bytes, order: str) -> NDArray[np.uint16]:
    """Entries of 8 bits packed two per word, the first in the low byte."""
    if order == "<":
        return np.frombuffer(data, np.uint8).astype(np.uint16)
    return _words(data, ">").astype("<u2").view(np.uint8).astype(np.uint16)
