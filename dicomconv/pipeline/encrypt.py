"""The Encrypted Attributes Sequence of a de-identified instance: what was changed, for those who may know it."""

from collections.abc import Sequence
from dataclasses import replace

from dicomconv.declared import as_declared
from dicomconv.elements import EXPLICIT_LITTLE, PIXEL_TAGS, Element, scan
from dicomconv.encode import encode
from dicomconv.model import Deidentified
from dicomconv.part10 import Parts
from dicomconv.seal.cms import Modified, encrypted_attributes
from dicomconv.seal.reencode import explicit_little
from dicomconv.standard import tag_of

ENCRYPTED, SOP_INSTANCE_UID = tag_of("EncryptedAttributesSequence"), tag_of("SOPInstanceUID")
MARKERS = frozenset(  # replaced or removed by whoever puts the rest back, the original's own among them
    map(tag_of, ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"))
)


def with_encrypted_attributes(original: Parts, one: Deidentified, certificates: Sequence[bytes]) -> Deidentified:
    """The same instance with what its de-identification changed, encrypted for the holders of certificates.

    PS3.15 E.1.1. No two calls give the same bytes.
    """
    parts = as_declared(original)
    elements = scan(one.head, one.dataset_start, len(one.head), parts.encoding).elements
    before = {element.tag: one.head[element.start : element.end] for element in elements if _counts(element)}
    after = scan(one.tail, 0, len(one.tail), parts.encoding, 1, after=max(PIXEL_TAGS)).elements
    before |= {element.tag: one.tail[element.start : element.end] for element in after}
    encrypted = encrypted_attributes(modified(parts, before), certificates, parts.encoding)
    place = next((element.start for element in elements if element.tag > ENCRYPTED), len(one.head))
    return replace(one, head=one.head[:place] + encrypted + one.head[place:])


def modified(original: Parts, deidentified: dict[int, bytes]) -> Modified:
    """The original's elements that are not in the de-identified instance as they were, and what is in there alone.

    The SOP Instance UID is always among them: other software puts nothing back without it.
    """
    signed = original.header().number("PixelRepresentation") == 1
    changed: dict[int, bytes] = {}
    present: set[int] = set()
    for buffer, elements in ((original.head, original.elements), (original.tail, original.tail_elements)):
        counted = [element for element in elements if _counts(element)]
        present.update(element.tag for element in counted)
        for element in counted:
            if element.tag in MARKERS or deidentified.get(element.tag) != buffer[element.start : element.end]:
                changed[element.tag] = explicit_little(buffer, [element], encoding=original.encoding, signed=signed)
    uid = original.header().text("SOPInstanceUID") or original.meta.sop_instance_uid
    if uid:
        changed.setdefault(SOP_INSTANCE_UID, encode(SOP_INSTANCE_UID, "UI", uid.encode(), EXPLICIT_LITTLE))
    added = tuple(sorted(deidentified.keys() - present - changed.keys() - {ENCRYPTED}))
    return Modified(b"".join(changed[tag] for tag in sorted(changed)), added)


def _counts(element: Element) -> bool:
    """Whether an element is brought back: neither a group length nor the pixel data."""
    return element.tag & 0xFFFF != 0 and element.tag not in PIXEL_TAGS
