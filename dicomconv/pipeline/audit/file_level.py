"""What stands around a data set, and what the instance says of its de-identification (PS3.10 7.1, PS3.3 C.12.1.1)."""

from collections.abc import Iterator

from dicomconv.deid.burned_in.risk import risk
from dicomconv.deid.markers import CLEAN_PIXELS
from dicomconv.deid.profile import Profile
from dicomconv.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, read_header
from dicomconv.errors import Malformed, Truncated
from dicomconv.header import Header
from dicomconv.part10 import Parts
from dicomconv.pipeline.audit.remaining import Remaining
from dicomconv.standard import keyword_of, tag_of

PREAMBLE, PREFIX = 128, 132
# The elements of File Meta Information that every file has; all others tell of senders, receivers and networks
PLAIN_META = frozenset(
    map(tag_of, ("FileMetaInformationGroupLength", "FileMetaInformationVersion", "MediaStorageSOPClassUID",
                 "MediaStorageSOPInstanceUID", "TransferSyntaxUID", "ImplementationClassUID",
                 "ImplementationVersionName"))
)  # fmt: skip


def around(parts: Parts) -> Iterator[Remaining]:
    """What stands in the preamble and in File Meta Information and should not."""
    if parts.head[PREAMBLE:PREFIX] == b"DICM" and parts.head[:PREAMBLE].strip(b"\0"):
        yield Remaining("preamble", "file meta")
    for element in meta_elements(parts):
        value = parts.head[element.value : element.end]
        if element.tag not in PLAIN_META and value.strip(b"\0 "):
            yield Remaining(keyword_of(element.tag), "file meta")


def meta_elements(parts: Parts) -> Iterator[Element]:
    """The elements of File Meta Information, as far as they can be read."""
    at = PREFIX if parts.head[PREAMBLE:PREFIX] == b"DICM" else 0
    while at + 8 <= parts.dataset_start:
        try:
            element = read_header(parts.head, at, parts.dataset_start, EXPLICIT_LITTLE)
            element = element or read_header(parts.head, at, parts.dataset_start, IMPLICIT_LITTLE)
        except Truncated:
            return
        if element is None or element.undefined or element.tag >> 16 != 2:
            return
        yield element
        at = element.end


def marks(header: Header, profile: Profile) -> Iterator[Remaining]:
    """What is missing of the marks that a de-identified instance has, or contradicts the profile (PS3.15 E.1.1)."""
    if header.text("PatientIdentityRemoved") != "YES":
        yield Remaining("PatientIdentityRemoved", "marker")
    if not header.text("DeidentificationMethod") and not header.raw("DeidentificationMethodCodeSequence"):
        yield Remaining("DeidentificationMethod", "marker")
    if header.text("LongitudinalTemporalInformationModified") != profile.dates:
        yield Remaining("LongitudinalTemporalInformationModified", "marker")


def burned_in(parts: Parts, header: Header) -> Iterator[Remaining]:
    """Whether text may be burned into the pixels: not where the instance says that they were cleaned (PS3.15 E.3.1)."""
    if parts.pixel_element is not None and not says_cleaned(header):
        sop_class_uid = header.text("SOPClassUID") or parts.meta.sop_class_uid
        if risk(header, sop_class_uid, parts.transfer_syntax_uid):
            yield Remaining(keyword_of(parts.pixel_element.tag), "burned in")


def says_cleaned(header: Header) -> bool:
    """Whether an instance claims the Clean Pixel Data Option, and that no text is burned in."""
    try:
        claims = header.items("DeidentificationMethodCodeSequence")
    except Malformed:
        return False
    is_claimed = any(item.text("CodeValue") == CLEAN_PIXELS[0] for item in claims)
    return is_claimed and header.text("BurnedInAnnotation").upper() == "NO"
