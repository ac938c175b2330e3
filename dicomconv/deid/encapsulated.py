"""An encapsulated pixel value without what stands beside the pictures in it: fragments, frames, offsets (PS3.5 A.4)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dicomconv.deid.codestream.edits import Edit, Walker, searched
from dicomconv.elements import ITEM
from dicomconv.model import Forward, Span, Splice
from dicomconv.part10 import fragments
from dicomconv.pixels.codestream import starts_frame

LARGEST_FRAGMENT = 0xFFFFFFFE
HEADER = 8

Items = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Extended:
    """The Extended Offset Table of an instance as it stands: offsets and lengths of frames (PS3.3 C.7.6.3.1.8)."""

    offsets: bytes = field(repr=False)
    lengths: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Frames:
    """How many frames there are, None if nobody knows; `are_fragments`: each is one fragment by the standard."""

    count: int | None
    are_fragments: bool


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """A pixel value as it goes out, and what was done to it.

    `extended`: the Extended Offset Table that fits it, None if it should have none.
    """

    span: Span
    extended: Extended | None
    is_stripped: bool
    is_cut: bool
    is_searched: bool


def stripped(value: Span, frames: Frames, walker: Walker | None, extended: Extended | None) -> Encapsulated:
    """The same frames without what is no picture; the very same span if there is nothing else in it.

    A frame that changes becomes one fragment. Fragments beyond the last frame go, if all frames before them could be
    followed to their ends.
    """
    table, *found = fragments(value)[0] or [(HEADER, 0)]
    groups = _groups(found, value, frames, _starts_by_table(value, table, found))
    if walker is None or not found:
        return Encapsulated(value, _extended_or_none(extended, groups, found), False, False, walker is not None)
    layout = _Layout(value)
    for group in groups:
        layout.add(group, walker)
    surplus = found[sum(map(len, groups)) :]
    is_cut = bool(surplus) and layout.is_searched
    if not layout.is_stripped and not is_cut:
        same = _extended_or_none(extended, groups, found)
        return Encapsulated(value, same, False, False, layout.is_searched)
    if surplus and not is_cut:
        layout.keep(surplus)
    layout.close(value.length - HEADER)
    return Encapsulated(
        layout.span(table),
        layout.extended() if extended and all(len(group) == 1 for group in groups) else None,
        layout.is_stripped,
        is_cut,
        layout.is_searched,
    )


class _Layout:
    """Lays frames out one after the other, and keeps where each begins and how long it is."""

    def __init__(self, value: Span) -> None:
        self._value, self._forward, self._splice = value, Forward(value), Splice(value)
        self._old: list[int] = []
        self._new: list[int] = []
        self._lengths: list[int] = []
        self.is_stripped, self.is_searched = False, True

    def add(self, group: Items, walker: Walker) -> None:
        """Put a frame behind those before."""
        self._old.append(group[0][0] - HEADER)
        self._new.append(self._splice.length)
        frame = b"".join(self._forward.read(start, start + length) for start, length in group)
        edits, is_complete = searched(frame, walker)
        self.is_searched &= is_complete
        length = len(frame) + sum(len(edit.content) - (edit.stop - edit.start) for edit in edits)
        if not edits or length > LARGEST_FRAGMENT:
            self.is_searched &= not edits
            self.keep(group)
        else:
            self.is_stripped = True
            self._put(group, edits, length)
        self._lengths.append(self._splice.length - self._new[-1] - HEADER)

    def keep(self, group: Items) -> None:
        """Put fragments behind those before, as they are."""
        self._splice.keep(group[0][0] - HEADER, sum(group[-1]))

    def _put(self, group: Items, edits: tuple[Edit, ...], length: int) -> None:
        """A frame as one fragment, with its edits made."""
        self._splice.put(struct.pack("<HHI", ITEM >> 16, ITEM & 0xFFFF, length + length % 2))
        total = sum(length for _, length in group)
        at = 0
        for start, stop, content in (*edits, Edit(total, total)):
            for piece_start, piece_stop in _places(group, at, start):
                self._splice.keep(piece_start, piece_stop)
            self._splice.put(content)
            at = stop
        self._splice.put(bytes(length % 2))

    def close(self, delimiter: int) -> None:
        """Put the delimiter at the end."""
        self._splice.keep(delimiter, delimiter + HEADER)

    def span(self, table: tuple[int, int]) -> Span:
        """All of it behind its Basic Offset Table, which is empty if it was, or does not fit any more."""
        start, length = table
        offsets = _offsets(self._value.read(start, start + length))
        new = dict(zip((old - self._old[0] for old in self._old), self._new, strict=True))
        kept = [new[offset] for offset in offsets if offset in new]
        if len(kept) != len(self._new) or (kept and kept[-1] >> 32):
            kept = []
        head = struct.pack("<HHI", ITEM >> 16, ITEM & 0xFFFF, 4 * len(kept))
        return self._splice.span(head + struct.pack(f"<{len(kept)}I", *kept))

    def extended(self) -> Extended:
        """The Extended Offset Table."""
        return _extended(self._new, self._lengths)


def _places(group: Items, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where a stretch of a frame stands in the pixel value."""
    before = 0
    for place, length in group:
        first, last = max(start, before), min(stop, before + length)
        if first < last:
            yield place + first - before, place + last - before
        before += length


def _groups(found: Items, value: Span, frames: Frames, by_table: list[int]) -> list[Items]:
    """The fragments of each frame; what stands behind the last frame is in none.

    As the Basic Offset Table says; else one fragment a frame if there are as many; else as the fragments begin. Where
    nothing tells, every fragment is taken for a frame.
    """
    singles, count = [[item] for item in found], frames.count
    if count is not None and (len(found) <= count or (frames.are_fragments and count > 1)):
        return singles[:count]
    if count is not None and len(by_table) == count > 1:
        return _between(by_table, found)
    starts = _starts_by_content(found, value)
    if count == 1 and starts[:1] != [0]:
        return [found]
    if starts[:1] != [0] or len(starts) < (count or 1):
        return singles
    return _between(starts, found)[:count]


def _between(starts: list[int], found: Items) -> list[Items]:
    return [found[start:stop] for start, stop in pairwise([*starts, len(found)])]


def _starts_by_table(value: Span, table: tuple[int, int], found: Items) -> list[int]:
    """The index of the fragment at each offset of the Basic Offset Table; empty if one is no fragment's."""
    start, length = table
    index_at = {place - found[0][0]: index for index, (place, _) in enumerate(found)}
    starts = [index_at.get(offset, -1) for offset in _offsets(value.read(start, start + length))]
    return starts if starts[:1] == [0] and starts == sorted(set(starts)) else []


def _starts_by_content(found: Items, value: Span) -> list[int]:
    """The indices of the fragments that begin a compressed frame."""
    forward = Forward(value)
    return [index for index, (start, _) in enumerate(found) if starts_frame(forward.read(start, start + 12))]


def _offsets(table: bytes) -> list[int]:
    return [offset for (offset,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]


def _extended_or_none(extended: Extended | None, groups: list[Items], found: Items) -> Extended | None:
    """An Extended Offset Table that says where the frames are, as it is; one that says something else, put right."""
    if extended is None or any(len(group) > 1 for group in groups):
        return None
    lengths = [length for ((_, length),) in groups]
    right = _extended([place - found[0][0] for ((place, _),) in groups], lengths)
    stated = [length for (length,) in struct.iter_unpack("<Q", extended.lengths[: len(extended.lengths) // 8 * 8])]
    is_unpadded = len(stated) == len(lengths) and all(0 <= a - b <= 1 for a, b in zip(lengths, stated, strict=True))
    is_right = extended.offsets == right.offsets and is_unpadded and len(extended.lengths) == 8 * len(stated)
    return extended if is_right else right


def _extended(offsets: list[int], lengths: list[int]) -> Extended:
    return Extended(struct.pack(f"<{len(offsets)}Q", *offsets), struct.pack(f"<{len(lengths)}Q", *lengths))
