"""Hypothesis strategies for encoded data sets and for pixel formats. Imports nothing of dicomconv."""

import struct
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase, digits

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.datadict import DicomDictionary

from tests import make
from tests.make import Encoding

LETTERS = ascii_uppercase + digits + " _"
PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("\\", "")
LENGTHS = {"AE": 16, "CS": 16, "LO": 64, "LT": 300, "PN": 40, "SH": 16, "ST": 200, "UC": 90, "UR": 60, "UT": 300}
SINGLE = {"LT", "ST", "UR", "UT"}
NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
WORDS = {"OB": 1, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "UN": 1}
DEEPEST = 3
VRS = {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "IS", "PN", "SQ", "TM", "UI", *LENGTHS, *NUMBERS, *WORDS}


@cache
def public_tags(sequences: bool) -> tuple[tuple[int, str, str], ...]:
    """(tag, VR, value multiplicity) of the dictionary's attributes of data sets, without pixels and lengths."""
    return tuple(
        (tag, vr.split(" or ")[0], multiplicity)
        for tag, (vr, multiplicity, *_) in sorted(DicomDictionary.items())
        if 0x0008 <= tag >> 16 < 0x7FE0 and tag & 0xFFFF and (vr == "SQ") == sequences and vr[:2] in VRS
    )


def texts(vr: str) -> st.SearchStrategy[str]:
    """A valid value of a text VR, in the default character repertoire."""
    day = st.dates().map(lambda date: f"{date.year:04}{date.month:02}{date.day:02}")
    clock = st.times().map(lambda time: f"{time:%H%M%S}")
    simple: dict[str, st.SearchStrategy[str]] = {
        "AS": st.tuples(st.integers(0, 999), st.sampled_from("DWMY")).map(lambda age: f"{age[0]:03}{age[1]}"),
        "DA": day,
        "TM": clock,
        "DT": st.tuples(day, clock).map("".join),
        "DS": st.floats(-1e6, 1e6).map(lambda number: f"{number:.9g}"[:16]),
        "IS": st.integers(-(2**31), 2**31 - 1).map(str),
        "UI": st.integers(1, 2**120).map(lambda number: f"2.25.{number}"),
        "UR": st.text(PLAIN.replace(" ", ""), max_size=60),
        "CS": st.text(LETTERS, max_size=16).map(str.strip),
        "PN": st.lists(st.text(ascii_uppercase, max_size=12), min_size=1, max_size=3).map("^".join),
    }
    return simple[vr] if vr in simple else st.text(PLAIN, max_size=LENGTHS[vr]).map(str.strip)


@st.composite
def values(draw: st.DrawFn, vr: str, multiplicity: str = "1", encoding: Encoding = "explicit") -> bytes:
    """A valid encoded value of a VR, of even length; now and then an empty one."""
    if draw(st.integers(0, 9)) == 0:
        return b""
    order = ">" if encoding == "big" else "<"
    count = 1 if vr in SINGLE else draw(_counts(multiplicity))
    if vr in WORDS:
        size = draw(st.integers(0, 12)) * max(WORDS[vr], 2)
        return draw(st.binary(min_size=size, max_size=size))
    if vr == "AT":
        tags = draw(st.lists(st.sampled_from(public_tags(False)), min_size=count, max_size=count))
        return b"".join(struct.pack(order + "HH", tag >> 16, tag & 0xFFFF) for tag, *_ in tags)
    if vr in NUMBERS:
        size = struct.calcsize(NUMBERS[vr]) * count
        words = draw(st.binary(min_size=size, max_size=size))
        return words if vr not in ("FD", "FL") else np.arange(count).astype(order + f"f{size // count}").tobytes()
    joined = "\\".join(draw(st.lists(texts(vr), min_size=count, max_size=count))).encode("ascii")
    if vr in LENGTHS and count > 1 and len(joined) % 2:
        return joined[:-1]  # a space of padding could make the last value longer than its VR allows
    return joined + (b"\0" if vr == "UI" else b" ") * (len(joined) % 2)


def _counts(multiplicity: str) -> st.SearchStrategy[int]:
    """How many values a multiplicity such as 1, 3, 1-n or 2-2n allows; not many."""
    low, _, high = multiplicity.partition("-")
    least = int(low)
    if not high:
        return st.just(least)
    return st.sampled_from([least, 2 * least] if high.endswith("n") else [least, int(high)]).map(lambda n: min(n, 32))


@st.composite
def elements(draw: st.DrawFn, encoding: Encoding = "explicit") -> tuple[int, bytes]:
    """A public element that is no sequence: its tag and its bytes."""
    tag, vr, multiplicity = draw(st.sampled_from(public_tags(False)))
    return tag, make.element(tag, vr, draw(values(vr, multiplicity, encoding)), encoding)


@st.composite
def sequences(draw: st.DrawFn, encoding: Encoding = "explicit", depth: int = 1) -> tuple[int, bytes]:
    """A sequence with up to three items, either length form of its own and of each item, sometimes under VR UN."""
    tag, *_ = draw(st.sampled_from(public_tags(True)))
    vr = "UN" if encoding == "explicit" and draw(st.integers(0, 5)) == 0 else "SQ"
    inner: Encoding = "implicit" if vr == "UN" else encoding
    contents = draw(st.lists(st.tuples(datasets(inner, depth + 1), st.booleans()), max_size=3))
    items = [make.item(content, inner, undefined=undefined) for content, undefined in contents]
    return tag, make.sequence(tag, items, encoding, undefined=vr == "UN" or draw(st.booleans()), vr=vr)


@st.composite
def private_blocks(draw: st.DrawFn, encoding: Encoding = "explicit") -> tuple[int, bytes]:
    """A private creator with its elements: the creator's tag and all their bytes."""
    group = draw(st.integers(0x0008, 0x3000).map(lambda number: 2 * number + 1))
    creator = draw(st.text(ascii_uppercase, min_size=1, max_size=20))
    numbers = sorted(draw(st.sets(st.integers(0, 255), max_size=4)))
    chosen = [(number, draw(st.sampled_from(["LO", "UN", "US", "PN", "OB"]))) for number in numbers]
    content = [(number, vr, draw(values(vr, "1", encoding))) for number, vr in chosen]
    return group << 16 | 0x10, make.private_block(creator, content, encoding, group=group)


@st.composite
def datasets(draw: st.DrawFn, encoding: Encoding = "explicit", depth: int = 0) -> bytes:
    """The bytes of a valid data set: ascending tags, nested sequences, private blocks; no pixels, no File Meta."""
    return b"".join(content for _, content in sorted(draw(_contents(encoding, depth)).items()))


@st.composite
def _contents(draw: st.DrawFn, encoding: Encoding, depth: int) -> dict[int, bytes]:
    parts = draw(st.lists(elements(encoding), max_size=8 if depth == 0 else 4))
    if depth < DEEPEST:
        parts += draw(st.lists(sequences(encoding, depth), max_size=2))
    parts += draw(st.lists(private_blocks(encoding), max_size=1))
    return {tag: content for tag, content in parts if tag != 0x00080005}


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A Part 10 file in one of the three encodings, with the UIDs and the patient that place it."""
    encoding = draw(st.sampled_from(make.ENCODINGS))
    contents = draw(_contents(encoding, 0))
    order = ">" if encoding == "big" else "<"
    for placed in make.minimal(encoding):
        group, number = struct.unpack_from(order + "HH", placed)
        contents[group << 16 | number] = placed
    return make.raw_dataset(*(content for _, content in sorted(contents.items())), encoding=encoding)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How stored values lie in their words (PS3.5 8.1.1), beside the shape of a frame."""

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    samples: int
    frames: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(frames, rows, columns[, samples])."""
        return (self.frames, self.rows, self.columns) + ((self.samples,) if self.samples > 1 else ())

    @property
    def span(self) -> tuple[int, int]:
        """The least and the greatest stored value."""
        half = 1 << self.bits_stored - 1
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)


@st.composite
def pixel_formats(draw: st.DrawFn) -> PixelFormat:
    """Any native format of 8, 16 or 32 bits; rows and columns differ."""
    rows, columns = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)).filter(lambda shape: shape[0] != shape[1]))
    samples = draw(st.sampled_from([1, 1, 1, 3]))
    allocated = 8 if samples == 3 else draw(st.sampled_from([8, 16, 16, 32]))
    stored = allocated if samples == 3 else draw(st.integers(max(1, allocated // 2), allocated))
    high = draw(st.integers(stored - 1, allocated - 1))
    signed = samples == 1 and stored > 1 and draw(st.booleans())
    return PixelFormat(rows, columns, allocated, stored, high, signed, samples, draw(st.integers(1, 3)))


@st.composite
def pixels(draw: st.DrawFn, pixel_format: PixelFormat) -> NDArray[np.int64]:
    """Stored values that fit the format, its extremes among them where there is room."""
    low, high = pixel_format.span
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    stored = random.integers(low, high, size=pixel_format.shape, endpoint=True)
    stored.flat[0], stored.flat[-1] = low, high
    return stored


def words(stored: NDArray[np.int64], pixel_format: PixelFormat, noise: int = 0, order: str = "<") -> bytes:
    """Stored values as the words of native pixel data; `noise` fills the bits beside the stored ones."""
    shift, mask = pixel_format.high_bit + 1 - pixel_format.bits_stored, (1 << pixel_format.bits_stored) - 1
    packed = (stored & mask) << shift | noise & ~(mask << shift) & (1 << pixel_format.bits_allocated) - 1
    content = packed.astype(f"{order}u{pixel_format.bits_allocated // 8}").tobytes()
    return content + b"\0" * (len(content) % 2)
