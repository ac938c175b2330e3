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
    is_complete = True
    try:
        for edit in walker(frame) if frame else ():
            found.append(edit)
    except (Damaged, IndexError, struct.error):
        is_complete = False
    if all(_is_padding(frame, edit) for edit in found):
        found = []
    return Searched(tuple(sorted(found)), is_complete)


def _is_padding(frame: bytes, edit: Edit) -> bool:
    """Whether what would be cut is the byte that makes an odd length even: zero (PS3.5 A.4), or FF as some write."""
    return edit == (len(frame) - 1, len(frame), b"") and frame[-1] in (0, 0xFF) and len(frame) % 2 == 0


def edited(frame: bytes, edits: tuple[Edit, ...]) -> bytes:
    """The frame with its edits made."""
    pieces: list[bytes] = []
    at = 0
    for start, stop, content in edits:
        pieces += (frame[at:start], content)
        at = stop
    return b"".join((*pieces, frame[at:]))


def behind(frame: bytes, end: int) -> Iterator[Edit]:
    """All that stands behind the end of the picture, padding included, as it depends on what else is cut."""
    if end < len(frame):
        yield Edit(end, len(frame))


def around(frame: bytes, start: int, end: int) -> Iterator[Edit]:
    """All that stands before the start of the picture and behind its end."""
    if start:
        yield Edit(0, start)
    yield from behind(frame, end)


def blanked(frame: bytes, start: int, stop: int, blank: bytes = b"\0") -> Iterator[Edit]:
    """The same number of blanks in place of what stands there, if anything does."""
    if frame[start:stop].strip(blank):
        yield Edit(start, stop, blank * (stop - start))
