"""Runs of characters among bytes that are mostly no text, as by chance three or four are found anywhere."""

import numpy as np
from numpy.typing import NDArray

SHORTEST, SHORTEST_WIDE = 6, 4
END = b"\0\n\0"  # ends a text of one-byte and of two-byte characters

Octets = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def text_runs(data: bytes) -> bytes:
    """The runs of at least six characters in ASCII or UTF-8, and of at least four in UTF-16, each with its end."""
    octets = np.frombuffer(data, np.uint8)
    plain = (octets - 0x20 < 0x5F) | (octets == 0x09)
    spans = _spans(plain | _beyond_ascii(octets), SHORTEST)
    for first in (0, 1):  # UTF-16 of either byte order: a character, and beside it a zero
        count = (len(octets) - first) // 2
        pairs = plain[first::2][:count] & (octets[first + 1 :: 2][:count] == 0)
        spans += ((first + 2 * start, first + 2 * stop + 1) for start, stop in _spans(pairs, SHORTEST_WIDE))
    return b"".join(data[start:stop] + END for start, stop in spans)


def _beyond_ascii(octets: Octets) -> Mask:
    """Which bytes are those of characters of two or three bytes in UTF-8."""
    found: Mask = np.zeros(len(octets), bool)
    if len(octets) < 2:
        return found
    leads, follows = octets - 0xC3 < 0x2D, octets - 0x80 < 0x40
    found[:-1] = leads[:-1] & follows[1:]
    found[1:] |= follows[1:] & found[:-1]
    found[2:] |= follows[2:] & found[1:-1] & (octets[:-2] >= 0xE0)
    return found


def _spans(mask: Mask, shortest: int) -> list[tuple[int, int]]:
    """Where at least so many places (an even number) follow one another that are true."""
    if len(mask) < shortest:
        return []
    pairs = mask[:-1] & mask[1:]
    begins = pairs[: len(mask) - shortest + 1].copy()
    for offset in range(2, shortest, 2):
        begins &= pairs[offset : offset + len(begins)]
    places = np.flatnonzero(begins)
    breaks = np.flatnonzero(np.diff(places) > 1)
    starts = places[np.concatenate(([0], breaks + 1))] if len(places) else places
    stops = places[np.concatenate((breaks, [len(places) - 1]))] + shortest if len(places) else places
    return list(zip(starts.tolist(), stops.tolist(), strict=True))
