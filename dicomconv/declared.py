"""A data set encoded as its transfer syntax says: deflated ones inflated, misdeclared ones encoded anew (PS3.5 A)."""

import struct
import zlib
from dataclasses import replace

from dicomconv.elements import EXPLICIT_LITTLE, UNDEFINED, scan
from dicomconv.encode import encode, explicit_from_implicit
from dicomconv.errors import Malformed, Truncated
from dicomconv.part10 import INFLATED_SYNTAX, NATIVE_SYNTAXES, Parts, split

LARGEST_INFLATED = 1 << 28


def as_declared(parts: Parts) -> Parts:
    """A data set encoded as its transfer syntax says, for those that are not to begin with; any other as it is.

    A deflated one is inflated (PS3.5 A.5); one in implicit VR under a syntax that demands explicit VR is encoded anew.
    """
    if parts.deflated:
        return _inflate(parts)
    if parts.encoding.explicit or parts.transfer_syntax_uid in NATIVE_SYNTAXES:
        return parts
    return _explicit(parts)


def _explicit(parts: Parts) -> Parts:
    pixel = parts.pixel_element
    body = [element for element in parts.elements if element is not pixel]
    signed = parts.header().number("PixelRepresentation") == 1
    dataset = explicit_from_implicit(parts.head, body, signed=signed)
    head = parts.head[: parts.dataset_start] + dataset
    if pixel:
        length = UNDEFINED if pixel.undefined else parts.pixels.length
        head += struct.pack("<HH2sHI", pixel.tag >> 16, pixel.tag & 0xFFFF, b"OB", 0, length)
    tail = explicit_from_implicit(parts.tail, parts.tail_elements, signed=signed)
    return replace(
        parts,
        head=head,
        tail=tail,
        encoding=EXPLICIT_LITTLE,
        elements=tuple(scan(head, parts.dataset_start, len(head), EXPLICIT_LITTLE).elements),
        tail_elements=tuple(scan(tail, 0, len(tail), EXPLICIT_LITTLE, 1).elements),
        scanned=None,
        likeness=None,
    )


def _inflate(parts: Parts) -> Parts:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(parts.head[parts.dataset_start :], LARGEST_INFLATED)
    except zlib.error:
        raise Malformed("the deflated data set is damaged", f"offset {parts.dataset_start}") from None
    if not inflater.eof:
        fault = (
            "the deflated data set is larger than 256 MiB" if inflater.unconsumed_tail else "the data set is cut short"
        )
        raise Truncated(fault, "its end")
    syntax = encode(0x00020010, "UI", INFLATED_SYNTAX[parts.transfer_syntax_uid].encode(), EXPLICIT_LITTLE)
    whole = bytes(128) + b"DICM" + syntax + data
    return replace(split(whole), meta=parts.meta)
