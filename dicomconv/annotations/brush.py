"""Brush strokes of Label Studio: runs of RGBA samples, packed as bits, to masks and back.

32 bits: how many samples; 5: bits of a sample, less 1; 4 times 4: bits of lengths, less 1. Then blocks: a bit whether one
sample is repeated, 2 bits which of the four holds the length, the length less 1, and a sample or as many as that.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import LARGEST_MASK, Unreadable, series
from dicomconv.annotations.rle import runs_of

CHANNELS = 4  # red, green, blue, and alpha, which is the mask
HALF = 128
_LENGTHS = (3, 4, 8, 16)  # bits, as its own encoder has them


def decoded(packed: Any, rows: int, columns: int) -> NDArray[np.bool_]:
    """The mask: (rows, columns) bool, where alpha is at least a half."""
    given = series(packed, "the list of runs")
    if not all(type(one) is int and 0 <= one <= 255 for one in given):
        raise Unreadable("the runs are not bytes")
    if rows * columns > LARGEST_MASK // CHANNELS:
        raise Unreadable(f"a brush over {columns} x {rows} pixels is more than is read at once")
    bits = _Bits(bytes(given))
    total, width = bits.number(32), bits.number(5) + 1
    lengths = [bits.number(4) + 1 for _ in range(4)]
    if total != CHANNELS * rows * columns or width > 8:
        raise Unreadable("the runs are not four samples for each pixel of its original size")
    samples = np.empty(total, np.uint8)
    at = 0
    while at < total:
        is_repeated = bits.number(1)
        count = bits.number(lengths[bits.number(2)]) + 1
        if at + count > total:
            raise Unreadable("the runs are longer than its original size says")
        samples[at : at + count] = bits.number(width) if is_repeated else bits.numbers(count, width)
        at += count
    return samples.reshape(rows, columns, CHANNELS)[..., 3] >= HALF


def encoded(mask: NDArray[np.bool_]) -> list[int]:
    """The runs of a mask, bytes as whole numbers; 0 outside, 255 in all four samples inside."""
    packed = [f"{CHANNELS * mask.size:032b}{7:05b}", *(f"{bits - 1:04b}" for bits in _LENGTHS)]
    for index, length in enumerate(runs_of(mask.ravel())):
        packed += _blocks(CHANNELS * length, 255 if index % 2 else 0)
    text = "".join(packed)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def _blocks(count: int, sample: int) -> list[str]:
    """One sample repeated, in as many blocks as it takes."""
    blocks = []
    while count > 0:
        which = next((index for index, bits in enumerate(_LENGTHS) if count <= 1 << bits), len(_LENGTHS) - 1)
        length = min(count, 1 << _LENGTHS[which])
        blocks.append(f"1{which:02b}{length - 1:0{_LENGTHS[which]}b}{sample:08b}")
        count -= length
    return blocks


class _Bits:
    """Numbers out of bytes, bit by bit, high ones first."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self, bits: int) -> int:
        first, self._at = self._at, self._at + bits
        if self._at > 8 * len(self._content):
            raise Unreadable("the runs are cut short")
        whole = int.from_bytes(self._content[first // 8 : (self._at + 7) // 8], "big")
        return whole >> (-self._at % 8) & ((1 << bits) - 1)

    def numbers(self, count: int, bits: int) -> Sequence[int] | NDArray[np.uint8]:
        first, self._at = self._at, self._at + count * bits
        if self._at > 8 * len(self._content):
            raise Unreadable("the runs are cut short")
        block = np.frombuffer(self._content, np.uint8)[first // 8 : (self._at + 7) // 8]
        flags = np.unpackbits(block)[first % 8 :][: count * bits].reshape(count, bits)
        padded = np.zeros((count, 8), np.uint8)
        padded[:, 8 - bits :] = flags
        return np.packbits(padded, axis=1)[:, 0]
