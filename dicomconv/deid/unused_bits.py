"""Bits of native pixel data that are not stored bits: what they hold is no picture (PS3.5 8.1.1)."""

from dataclasses import dataclass

import numpy as np

from dicomconv.model import Masked, Span, Splice
from dicomconv.part10 import NATIVE_SYNTAXES
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.workers import heartbeat

BIG_ENDIAN_SYNTAXES = frozenset({"1.2.840.10008.1.2.2", "1.2.840.113619.5.2"})  # the second: GE's private one


@dataclass(frozen=True, slots=True)
class Words:
    """How the samples of native pixel data lie in their words."""

    dtype: str
    bits_stored: int
    high_bit: int

    @property
    def signed(self) -> bool:
        """Whether the highest stored bit is a sign."""
        return np.dtype(self.dtype).kind == "i"


def without_unused_bits(value: Span, format: PixelFormat) -> Span:
    """The pixel value with nothing in bits that are not stored ones; itself if there is nothing in them."""
    if format.transfer_syntax_uid not in NATIVE_SYNTAXES or format.float_kind:
        return value
    if format.bits_allocated == 1:
        return _without_last_bits(value, format)
    words = _words(format)
    if format.bits_stored == format.bits_allocated or not holds_something(value, words):
        return value
    return Span(Masked(value, words.dtype, words.bits_stored, words.high_bit), 0, value.length)


def _words(format: PixelFormat) -> Words:
    order = ">" if format.transfer_syntax_uid in BIG_ENDIAN_SYNTAXES else "<"
    kind = "i" if format.pixel_representation else "u"
    dtype = np.dtype(f"{order}{kind}{format.bits_allocated // 8}").str
    return Words(dtype, format.bits_stored, format.high_bit)


def holds_something(value: Span, words: Words) -> bool:
    """Whether a bit outside the stored ones holds something: more than zeros or, above a sign, the sign."""
    size = np.dtype(words.dtype).itemsize
    below, above = words.high_bit + 1 - words.bits_stored, 1 << words.high_bit + 1
    least = -(1 << words.high_bit) if words.signed else 0
    for chunk in heartbeat.along(value.chunks()):  # a chunk is whole words
        samples = np.frombuffer(chunk, words.dtype, count=len(chunk) // size)
        samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
        if not samples.size:
            continue
        if int(samples.max()) >= above or int(samples.min()) < least:
            return True
        if below and int(np.bitwise_or.reduce(samples)) & (1 << below) - 1:
            return True
    return False


def _without_last_bits(value: Span, format: PixelFormat) -> Span:
    """One-bit pixels without the bits behind the last one; in big endian words the last byte is the one before."""
    bits = format.rows * format.columns * format.samples_per_pixel * format.number_of_frames
    used, last = bits % 8, bits // 8
    is_swapped = format.transfer_syntax_uid in BIG_ENDIAN_SYNTAXES and format.pixel_vr == "OW"
    place = last ^ 1 if is_swapped else last
    if not used or place >= value.length:
        return value
    byte = value.read(place, place + 1)[0]
    if not byte >> used:
        return value
    splice = Splice(value)
    splice.keep(0, place)
    splice.put(bytes([byte & (1 << used) - 1]))
    splice.keep(place + 1, value.length)
    return splice.span()
