"""What is to be cut out of a compressed frame, or put in its place, such that the same pixels come out of it."""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Edit(NamedTuple):
    """The bytes from `start` to `stop` of a frame become `content`."""

    start: int
    stop: int
    content: bytes = b""


class Damaged(Exception):
    """The structure of a frame cannot be followed any further."""


class Searched(NamedTuple):
    """The edits that a frame needs, in order; `is_complete`: it was followed to its end."""

    edits: tuple[Edit, ...]
    is_complete: bool


Walker = Callable[[bytes], Iterator[Edit]]


def searched(frame: bytes, walker: Walker) -> Searched:
    """What a frame holds beside its picture, as far as it can be followed. An empty one holds nothing."""
    found: list[Edit] = []
    if not frame:
        return Searched((), True)
    try:
        for edit in walker(frame):
            found.append(edit)
    except (Damaged, IndexError, struct.error):
        return Searched(tuple(sorted(found)), False)
    return Searched(tuple(sorted(found)), True)


def edited(frame: bytes, edits: tuple[Edit, ...]) -> bytes:
    """The frame with its edits made."""
    pieces, at = [], 0
    for start, stop, content in edits:
        pieces += (frame[at:start], content)
        at = stop
    return b"".join((*pieces, frame[at:]))


def behind(frame: bytes, end: int) -> Iterator[Edit]:
    """All that stands behind the end of the picture, but for the zero that makes an odd length even (PS3.5 A.4)."""
    if frame[end:] != b"\0" * (end % 2) and end < len(frame):
        yield Edit(end, len(frame))


def blanked(frame: bytes, start: int, stop: int, blank: bytes = b"\0") -> Iterator[Edit]:
    """The same number of blanks in place of what stands there, if anything does."""
    if frame[start:stop].strip(blank):
        yield Edit(start, stop, blank * (stop - start))
