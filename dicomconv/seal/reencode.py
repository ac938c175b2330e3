"""Data elements carried from one encoding into another, values unchanged (PS3.5 7.1, 7.3).

What comes back the same way has the bytes it had: the lengths of sequences and items keep their forms.
"""

from collections.abc import Iterable

from dicomconv.elements import (
    EXPLICIT_LITTLE,
    SHORT_VRS,
    UNDEFINED,
    Element,
    Encoding,
    items,
    scan_items,
)
from dicomconv.encode import encode, encode_item, encode_sequence
from dicomconv.errors import Malformed
from dicomconv.standard import is_signed_by_context

WORD_BYTES = {
    **dict.fromkeys(["US", "SS", "OW", "AT"], 2),
    **dict.fromkeys(["UL", "SL", "FL", "OF", "OL"], 4),
    **dict.fromkeys(["FD", "OD", "UV", "SV", "OV"], 8),
}
LONGEST_SHORT = 0xFFFE


def explicit_little(buffer: bytes, elements: Iterable[Element], *, encoding: Encoding, signed: bool) -> bytes:
    """Elements of any encoding as explicit VR little endian; those that are so already as the bytes they had.

    `signed`: what may be US or SS is SS, by Pixel Representation. What no dictionary knows becomes UN (PS3.5 6.2.2).
    """
    return b"".join(reencoded(buffer, one, encoding, EXPLICIT_LITTLE, signed=signed) for one in elements)


def reencoded(
    buffer: bytes, element: Element, source: Encoding, target: Encoding, *, signed: bool = False, depth: int = 0
) -> bytes:
    """One element in another encoding. Six parameters: two encodings, and where in which buffer the element is."""
    if source == target:
        return buffer[element.start : element.end]
    if element.vr == "SQ":
        return _sequence(buffer, element, source, target, signed=signed, depth=depth)
    value = buffer[element.value : element.end]
    if element.undefined:  # items that no dictionary vouches for stay as they are under VR UN (PS3.5 6.2.2 note 2)
        head = encode(element.tag, "UN", b"", target)[:-4]
        return head + UNDEFINED.to_bytes(4, "little" if target.little else "big") + value
    vr = "SS" if signed and not source.explicit and _is_either(element) else element.vr
    if target.explicit and vr in SHORT_VRS and len(value) > LONGEST_SHORT:
        vr = "UN"  # whose values are little endian everywhere
    elif source.little != target.little:
        value = _swapped(value, WORD_BYTES.get(vr, 1))
    return encode(element.tag, vr, value, target)


def _sequence(
    buffer: bytes, element: Element, source: Encoding, target: Encoding, *, signed: bool, depth: int
) -> bytes:
    """A sequence with its items; as VR UN if what it holds cannot be read as items."""
    try:
        content = b"".join(
            encode_item(
                b"".join(
                    reencoded(buffer, one, source, target, signed=signed, depth=depth + 1)
                    for one in scan_items(buffer, inside, outside, source, depth + 1)
                ),
                target,
                undefined=buffer[start + 4 : start + 8] == UNDEFINED.to_bytes(4, "little"),
            )
            for start, inside, outside in items(buffer, element, source, depth)
        )
    except Malformed:
        return encode(element.tag, "UN", buffer[element.value : element.end], target)
    return encode_sequence(element.tag, "SQ", content, target, target, element.undefined)


def _is_either(element: Element) -> bool:
    """Whether a dictionary's US may be SS as well."""
    return element.vr == "US" and is_signed_by_context(element.tag)


def _swapped(value: bytes, size: int) -> bytes:
    """Words of `size` bytes with their bytes in the other order; what is left over at the end stays."""
    if size == 1:
        return value
    whole = len(value) // size * size
    swapped = bytearray(value)
    for offset in range(size):
        swapped[offset:whole:size] = value[size - 1 - offset : whole : size]
    return bytes(swapped)
