"""Files of boxes that a frame may be: JP2 (ISO 15444-1 I) and the container of JPEG XL (ISO 18181-2)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from dicomconv.deid.codestream.edits import Damaged, Edit, behind, blanked

JXL_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
KEPT_IN_JXL = frozenset({b"JXL ", b"ftyp", b"jxll", b"jxli", b"jxlc", b"jxlp"})
FREE = b"free"  # ISO 14496-12 8.1.2: to be passed over


class Box(NamedTuple):
    """A box: its type, where it begins, where its content does, and where it ends."""

    kind: bytes
    start: int
    content: int
    stop: int


def boxes(frame: bytes, at: int, stop: int) -> Iterator[Box]:
    """The boxes between two places, as long as there is room for one."""
    while at + 8 <= stop:
        length, kind = struct.unpack_from(">I4s", frame, at)
        content = at + 8
        if length == 1:
            length, content = struct.unpack_from(">Q", frame, content)[0], at + 16
        end = at + length if length else stop
        if not content <= end <= stop:
            raise Damaged
        yield Box(kind, at, content, end)
        at = end


def freed(frame: bytes, box: Box) -> Iterator[Edit]:
    """A box as free space: no byte after it changes its place."""
    if box.kind != FREE:
        yield Edit(box.start + 4, box.start + 8, FREE)
    yield from blanked(frame, box.content, box.stop)


def surplus_of_jpeg_xl(frame: bytes) -> Iterator[Edit]:
    """The boxes that hold no image: Exif, XML, JUMBF, metadata of the JPEG file it was. A naked codestream has none."""
    if not frame.startswith(JXL_SIGNATURE):
        return
    end = 0
    for box in boxes(frame, 0, len(frame)):
        if box.kind not in KEPT_IN_JXL:
            yield from freed(frame, box)
        end = box.stop
    yield from behind(frame, end)
