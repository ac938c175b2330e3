"""Data elements encoded anew: only what changes is (PS3.5 7.1, 7.5)."""

import struct
from collections.abc import Iterable

from dicomconv.elements import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    LONG_VRS,
    UNDEFINED,
    Element,
    Encoding,
    items,
    scan_items,
)
from dicomconv.standard import is_signed_by_context


def encode(tag: int, vr: str, value: bytes, encoding: Encoding) -> bytes:
    """A data element of defined length, its value padded to even length."""
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB", "UN") else b" "
    order, group, number = encoding.order, tag >> 16, tag & 0xFFFF
    if not encoding.explicit:
        return struct.pack(order + "HHI", group, number, len(value)) + value
    if vr in LONG_VRS:
        return struct.pack(order + "HH2sHI", group, number, vr.encode(), 0, len(value)) + value
    if len(value) > 0xFFFE:
        return struct.pack(order + "HH2sHI", group, number, b"UN", 0, len(value)) + value
    return struct.pack(order + "HH2sH", group, number, vr.encode(), len(value)) + value


def encode_item(content: bytes, encoding: Encoding, undefined: bool = False) -> bytes:
    """An item around encoded elements, in either length form (PS3.5 7.5.1)."""
    order = encoding.order
    if not undefined:
        return struct.pack(order + "HHI", 0xFFFE, 0xE000, len(content)) + content
    head, end = struct.pack(order + "HHI", 0xFFFE, 0xE000, UNDEFINED), struct.pack(order + "HHI", 0xFFFE, 0xE00D, 0)
    return head + content + end


def encode_sequence(tag: int, vr: str, content: bytes, encoding: Encoding, inner: Encoding, undefined: bool) -> bytes:
    """A sequence around encoded items, in either length form; `inner`: how the items are encoded (PS3.5 7.5.2)."""
    if not undefined:
        return encode(tag, vr, content, encoding)
    head = encode(tag, vr, b"", encoding)[:-4] + struct.pack(encoding.order + "I", UNDEFINED)
    return head + content + struct.pack(inner.order + "HHI", 0xFFFE, 0xE0DD, 0)


def explicit_from_implicit(buffer: bytes, elements: Iterable[Element], *, signed: bool, depth: int = 0) -> bytes:
    """Implicit VR elements as explicit VR little endian: values as they are, sequences with defined lengths.

    `signed`: what may be US or SS is SS, by Pixel Representation.
    """
    return b"".join(_explicit_element(buffer, element, signed, depth) for element in elements)


def _explicit_element(buffer: bytes, element: Element, signed: bool, depth: int) -> bytes:
    if element.vr == "US" and signed and is_signed_by_context(element.tag):
        element = element._replace(vr="SS")
    if element.vr != "SQ":
        if element.undefined:  # an unknown sequence: its items stay implicit under VR UN (PS3.5 6.2.2 note 2)
            head = encode(element.tag, "UN", b"", EXPLICIT_LITTLE)[:-4] + UNDEFINED.to_bytes(4, "little")
            return head + buffer[element.value : element.end]
        return encode(element.tag, element.vr, buffer[element.value : element.end], EXPLICIT_LITTLE)
    contents = (
        explicit_from_implicit(
            buffer, scan_items(buffer, inside, outside, IMPLICIT_LITTLE, depth + 1), signed=signed, depth=depth + 1
        )
        for _, inside, outside in items(buffer, element, IMPLICIT_LITTLE, depth)
    )
    content = b"".join(encode_item(one, EXPLICIT_LITTLE) for one in contents)
    return encode(element.tag, "SQ", content, EXPLICIT_LITTLE)
