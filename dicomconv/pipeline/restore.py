"""A data set with its original attributes put back in place of the ones that de-identification left (PS3.15 E.1.2)."""

from collections.abc import Iterator
from dataclasses import replace

from dicomconv.deid.file_meta import file_meta
from dicomconv.elements import EXPLICIT_LITTLE, PIXEL_TAGS, Encoding, scan
from dicomconv.encode import encode
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.model import Span
from dicomconv.part10 import Parts
from dicomconv.seal.cms import Modified
from dicomconv.seal.reencode import reencoded
from dicomconv.standard import tag_of

IDENTITY_REMOVED = tag_of("PatientIdentityRemoved")
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
    pixel = parts.pixel_element
    if pixel is None or originals.keys() & PIXEL_TAGS:
        return _joined(parts, dataset, Span(b"", 0, 0), None)
    return _joined(parts, dataset, parts.pixels, pixel.tag)


def _originals(modified: Modified, encoding: Encoding) -> Iterator[tuple[int, bytes]]:
    """The original elements in the encoding of the file that they go back into, without lengths of groups."""
    buffer = modified.elements
    for element in scan(buffer, 0, len(buffer), EXPLICIT_LITTLE, 1).elements:
        if element.tag & 0xFFFF:
            yield element.tag, reencoded(buffer, element, EXPLICIT_LITTLE, encoding)
