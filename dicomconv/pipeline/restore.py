"""A data set with its original attributes put back in place of the ones that de-identification left (PS3.15 E.1.2)."""

from collections.abc import Iterator
from dataclasses import replace

from dicomconv.deid.file_meta import file_meta
from dicomconv.elements import EXPLICIT_LITTLE, PIXEL_TAGS, Encoding, scan
from dicomconv.encode import encode
from dicomconv.header import Header
from dicomconv.model import Span
from dicomconv.part10 import Parts
from dicomconv.seal.cms import Modified
from dicomconv.seal.reencode import reencoded
from dicomconv.standard import tag_of

IDENTITY_REMOVED = tag_of("PatientIdentityRemoved")
FILE_META = 2
OTHER_MARKERS = frozenset({tag_of("DeidentificationMethod"), tag_of("DeidentificationMethodCodeSequence")})


def restored(parts: Parts, modified: Modified) -> Parts:
    """The file with the original attributes at the top level again, File Meta written anew, the pixels as they are.

    What de-identification added goes. Patient Identity Removed stays, and says NO, unless the original had its own.
    """
    originals = dict(_originals(modified, parts.encoding))
    gone = {*modified.added, *OTHER_MARKERS, tag_of("EncryptedAttributesSequence")}
    dataset = {tag: element for tag, element in _present(parts) if tag not in gone}
    dataset[IDENTITY_REMOVED] = encode(IDENTITY_REMOVED, "CS", b"NO", parts.encoding)
    dataset |= originals
    return _joined(parts, dataset, with_pixels=not originals.keys() & PIXEL_TAGS)


def _originals(modified: Modified, encoding: Encoding) -> Iterator[tuple[int, bytes]]:
    """The original elements in the encoding of the file that they go back into; no lengths of groups, no File Meta."""
    buffer = modified.elements
    for element in scan(buffer, 0, len(buffer), EXPLICIT_LITTLE, 1).elements:
        if element.tag & 0xFFFF and element.tag >> 16 != FILE_META:
            yield element.tag, reencoded(buffer, element, EXPLICIT_LITTLE, encoding)


def _present(parts: Parts) -> Iterator[tuple[int, bytes]]:
    """The elements that the file has, but for pixel data and lengths of groups."""
    for buffer, elements in ((parts.head, parts.elements), (parts.tail, parts.tail_elements)):
        for element in elements:
            if element.tag & 0xFFFF and element is not parts.pixel_element:
                yield element.tag, buffer[element.start : element.end]


def _joined(parts: Parts, dataset: dict[int, bytes], *, with_pixels: bool) -> Parts:
    """Elements in tag order around the pixel data of the file, behind File Meta of their own."""
    pixel = parts.pixel_element if with_pixels else None
    last = pixel.tag if pixel else max(dataset)
    before = b"".join(dataset[tag] for tag in sorted(dataset) if tag <= last)
    after = b"".join(dataset[tag] for tag in sorted(dataset) if tag > last)
    header = Header(before, scan(before, 0, len(before), parts.encoding, 1).elements, parts.encoding)
    meta = file_meta(
        header.text("SOPClassUID") or parts.meta.sop_class_uid,
        header.text("SOPInstanceUID") or parts.meta.sop_instance_uid,
        parts.transfer_syntax_uid,
    )
    pixel_header = parts.head[pixel.start : pixel.value] if pixel else b""
    pixels = parts.pixels if pixel else Span(b"", 0, 0)
    return replace(parts, head=meta + before + pixel_header, pixels=pixels, tail=after)
