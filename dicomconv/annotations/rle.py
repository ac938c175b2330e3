"""Runs of pixels as COCO and CVAT write them, to masks and back.

Runs are lengths, first of pixels outside, then inside, and so on by turns: along columns in COCO, along rows in CVAT.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import LARGEST_SIDE, Unreadable, pixels, series

LARGEST_PICTURE = LARGEST_SIDE**2
_LONGEST_NUMBER = 9  # characters of 5 bits: more than any run is long


def runs(counts: Any, total: int) -> NDArray[np.int64]:
    """The lengths of runs, from a list or COCO's compressed text; Unreadable unless they are `total` pixels together."""
    if isinstance(counts, str):
        lengths = _expanded(counts)
    else:
        given = series(counts, "the list of runs")
        if not all(type(one) is int and 0 <= one <= LARGEST_PICTURE for one in given):
            raise Unreadable("a run is not a whole number of pixels")
        lengths = np.array(given, np.int64)
    if (lengths < 0).any() or (lengths > total).any() or lengths.sum(dtype=np.float64) != total:
        raise Unreadable(f"its runs are not {total} pixels together, as many as its size says")
    return lengths


def along_columns(lengths: NDArray[np.int64], rows: int, columns: int) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """The part of a mask that has pixels inside, and the column and row of its first pixel; (0, 0) pixels if none has."""
    ends = np.cumsum(lengths)
    inside = ends[1::2][lengths[1::2] > 0]
    if not len(inside):
        return np.zeros((0, 0), np.bool_), (0, 0)
    begins = inside - lengths[1::2][lengths[1::2] > 0]
    left, right = int(begins[0]) // rows, (int(inside[-1]) - 1) // rows + 1
    pixels(right - left, rows)
    ends = np.clip(ends, left * rows, right * rows)
    within = ends - np.concatenate([[left * rows], ends[:-1]])
    mask: NDArray[np.bool_] = np.repeat(np.arange(len(within)) % 2 == 1, within).reshape(right - left, rows).T
    used = np.flatnonzero(mask.any(axis=1))
    return np.ascontiguousarray(mask[used[0] : used[-1] + 1]), (left, int(used[0]))


def along_rows(lengths: NDArray[np.int64], rows: int, columns: int) -> NDArray[np.bool_]:
    """The whole mask, (rows, columns)."""
    pixels(columns, rows)
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(rows, columns)


def runs_of(flat: NDArray[np.bool_]) -> list[int]:
    """The runs of pixels in their order; the first is of pixels outside and may be 0."""
    changes = np.flatnonzero(np.diff(flat.astype(np.int8), prepend=np.int8(0)))
    lengths: list[int] = np.diff(changes, prepend=0, append=flat.size).tolist()
    return lengths


def compressed(lengths: list[int]) -> str:
    """Runs as COCO's text: differences to the run before the last, 5 bits a character, low bits first."""
    letters = []
    for index, length in enumerate(lengths):
        rest = length - lengths[index - 2] if index > 2 else length
        while True:
            low, rest = rest & 31, rest >> 5
            is_last = rest == (-1 if low & 16 else 0)
            letters.append(chr(48 + (low if is_last else low | 32)))
            if is_last:
                break
    return "".join(letters)


def _expanded(text: str) -> NDArray[np.int64]:
    codes = np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int64) - 48
    if ((codes < 0) | (codes > 63)).any() or (len(codes) and codes[-1] & 32):
        raise Unreadable("its compressed runs have a character that is none of theirs, or are cut short")
    last = np.flatnonzero(codes & 32 == 0)
    first = np.concatenate([[0], last[:-1] + 1]) if len(last) else last
    if (last - first >= _LONGEST_NUMBER).any():
        raise Unreadable("a run is longer than any picture")
    place = np.arange(len(codes)) - np.repeat(first, last - first + 1)
    numbers: NDArray[np.int64] = np.add.reduceat((codes & 31) << (5 * place), first) if len(first) else codes
    numbers -= (codes[last] & 16) << (5 * (last - first) + 1)  # the sign
    numbers[1::2], numbers[2::2] = np.cumsum(numbers[1::2]), np.cumsum(numbers[2::2])
    return numbers
