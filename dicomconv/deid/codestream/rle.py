"""RLE frames (PS3.5 G): a header of 64 bytes, then segments of PackBits; nothing stands in between or behind."""

import struct
from collections.abc import Iterator

from dicomconv.deid.codestream.edits import Damaged, Edit, behind, blanked

HEADER = 64
NOTHING = 0x80  # a run that gives nothing (G.3.1)


def surplus(frame: bytes, *, segment_length: int, segment_count: int) -> Iterator[Edit]:
    """What no segment needs: other offsets, further segments, bytes between and behind.

    `segment_length`: how many bytes each of the `segment_count` segments that make up the frame gives.
    """
    count, *offsets = struct.unpack_from("<16I", frame)
    starts = offsets[:segment_count]
    stops = [*offsets[1:count], len(frame)][:segment_count]
    if not segment_count <= count <= 15 or not starts[0] >= HEADER or any(map(int.__ge__, starts, stops)):
        raise Damaged
    header = struct.pack("<16I", segment_count, *starts, *[0] * (15 - segment_count))
    if frame[:HEADER] != header:
        yield Edit(0, HEADER, header)
    yield from blanked(frame, HEADER, starts[0])
    for start, stop in zip(starts, stops, strict=True):
        end, unused = _end(frame, start, min(stop, len(frame)), segment_length)
        yield from blanked(frame, end - unused, end)
        if start == starts[-1]:
            yield from behind(frame, end)
        elif stop - end > 1 or frame[end:stop].strip(b"\0"):
            yield from blanked(frame, end, stop, b"\0" if stop - end == 1 else bytes([NOTHING]))


def _end(frame: bytes, at: int, stop: int, length: int) -> tuple[int, int]:
    """Where the runs that a segment needs end, and how many bytes of the last one it does not need."""
    if _decoded_length(frame[at:stop]) == length:
        return stop, 0
    while length > 0 and at < stop:
        run = frame[at]
        at += run + 2 if run < NOTHING else 1 + (run > NOTHING)
        length -= run + 1 if run < NOTHING else (257 - run) * (run > NOTHING)
    if length > 0 or at > stop:
        raise Damaged
    return at, -length if run < NOTHING else 0


def _decoded_length(segment: bytes) -> int:
    """How many bytes a segment gives, if it is runs from end to end; -1 else."""
    import imagecodecs

    try:
        return len(imagecodecs.packbits_decode(segment))
    except RuntimeError:
        return -1
