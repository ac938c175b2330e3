"""Frames that are deflated, and frames that are not compressed (PS3.5 A.4.11, 8.2.16): nothing stands behind them."""

import zlib
from collections.abc import Iterator

from dicomconv.deid.codestream.edits import Damaged, Edit, behind

STEP = 1 << 20


def surplus_of_deflated(frame: bytes, *, length: int) -> Iterator[Edit]:
    """What stands behind the end of a deflate stream. Damaged if it gives more than the `length` bytes of a frame."""
    inflater, given, rest = zlib.decompressobj(-zlib.MAX_WBITS), 0, frame
    try:
        while not inflater.eof and given <= length + 1:
            step = len(inflater.decompress(rest, STEP))
            rest, given = inflater.unconsumed_tail, given + step
            if not step and not rest and not inflater.eof:
                raise Damaged
    except zlib.error:
        raise Damaged from None
    if given > length + length % 2:
        raise Damaged
    yield from behind(frame, len(frame) - len(inflater.unused_data))


def surplus_of_uncompressed(frame: bytes, *, length: int) -> Iterator[Edit]:
    """What stands behind the last pixel."""
    if len(frame) < length:
        raise Damaged
    yield from behind(frame, length)
