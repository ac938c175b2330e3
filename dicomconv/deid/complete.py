"""Whether a data set without pixel data is complete, or damaged before its end (decisions: bytes, 8).

What is no data element ends a data set that is complete: it is cut. Where more elements, or the pixels of an image,
may have stood, it is damage: cutting would lose them without a word.
"""

import struct

from dicomconv.deid.pixel_value import native_length
from dicomconv.elements import ITEM, PIXEL_TAGS, scan
from dicomconv.errors import DicomconvError, Malformed
from dicomconv.part10 import Parts
from dicomconv.standard import tag_of, vr_of

SHORTEST_ELEMENT, FARTHEST = 8, 1 << 12  # bytes of the header of an element; how far behind the stop one is looked for
FEWEST_PIXELS = 1 << 12  # bytes: an image that is declared without its size has hardly fewer


def check_complete(parts: Parts, is_image: bool) -> None:
    """Malformed if elements, or pixels, may be in what stands behind the last element of a data set without pixels."""
    if is_image and not _ends_behind_pixels(parts) and (_may_hold_pixels(parts) or _goes_on(parts)):
        raise Malformed("something that is no data element stands before the pixel data", "the data set")
    if not parts.encoding.explicit and _goes_on(parts):
        raise Malformed("something stands behind the last element that may be one", f"offset {len(parts.head)}")


def _ends_behind_pixels(parts: Parts) -> bool:
    return bool(parts.elements) and parts.elements[-1].tag > tag_of("PixelData")


def _may_hold_pixels(parts: Parts) -> bool:
    """Whether the rest is long enough for the pixels of one frame, or has the tags of pixel data or of fragments."""
    header, rest = parts.header(), parts.tail
    tags = [struct.pack(parts.encoding.order + "HH", tag >> 16, tag & 0xFFFF) for tag in (*PIXEL_TAGS, ITEM)]
    if any(tag in rest for tag in tags):
        return True
    frame = native_length(header, parts.transfer_syntax_uid, 0)
    return len(rest) >= (frame if frame is not None else FEWEST_PIXELS)


def _goes_on(parts: Parts) -> bool:
    """Whether the data set may go on behind what stopped it: no VR tells text from an element in implicit VR.

    So it does if known elements in ascending order follow somewhere and end where the file does; or if hardly more than
    the start of an element is left.
    """
    rest = parts.tail.rstrip(b"\0")
    if len(rest) < SHORTEST_ELEMENT:
        return bool(rest)
    last = parts.elements[-1].tag if parts.elements else 0
    for start in range(min(len(parts.tail), FARTHEST)):
        try:
            found = scan(parts.tail, start, len(parts.tail), parts.encoding, 1, after=last)
        except DicomconvError:
            continue
        if found.elements and found.stop == len(parts.tail) and all(vr_of(one.tag) for one in found.elements):
            return True
    return False
