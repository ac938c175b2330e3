"""What stands before a data set: preamble and File Meta Information, and how the data set is encoded (PS3.10 7)."""

from typing import NamedTuple

from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Encoding, read_header
from dicomconv.errors import NotDicom, Truncated
from dicomconv.standard import keyword_of

IMPLICIT_SYNTAX, EXPLICIT_SYNTAX = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
BIG_ENDIAN_SYNTAX = "1.2.840.10008.1.2.2"
ARCHIVES = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "compressed by gzip",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xfd7zXZ\0": "compressed by xz",
    b"BZh": "compressed by bzip2",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
}
LAST_FIRST_GROUP = 0x0020  # what stands second in a data set is not far behind what stands first
DICOM_ARC = "1.2.840."


class Meta(NamedTuple):
    """What File Meta says (empty: nothing), and where the data set begins."""

    transfer_syntax_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    dataset_start: int


def meta_start(buffer: bytes) -> int:
    """Where File Meta or the data set begins: after the preamble, or at once. NotDicom if neither can be."""
    if buffer[128:132] == b"DICM":
        return 132
    if not buffer:
        raise NotDicom("the file is empty")
    if buffer.startswith(b"\x02\x00") and read_meta(buffer, 0).transfer_syntax_uid.startswith(DICOM_ARC):
        return 0
    for encoding in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG):
        if _starts_a_data_set(buffer, encoding):
            return 0
    for magic, name in ARCHIVES.items():
        if buffer.startswith(magic):
            raise NotDicom(f"the content is not DICOM but {name}: unpack it first")
    raise NotDicom("the content is not DICOM")


def _starts_a_data_set(buffer: bytes, encoding: Encoding) -> bool:
    """Whether a data set or File Meta without preamble begins here: three elements in order, from group 2 or 8 on."""
    position, previous = 0, -1
    for count in range(3):
        try:
            element = read_header(buffer, position, len(buffer), encoding)
        except Truncated:
            return False
        if element is None or element.tag <= previous or element.tag >> 16 not in (2, 8) or element.end > len(buffer):
            return (
                count > 0 and element is not None and element.tag >> 16 in (0x10, 0x20, 0x28) and element.tag > previous
            )
        unknown = keyword_of(element.tag).startswith("(") and element.tag & 0xFFFF
        if unknown or element.undefined:
            return count > 0
        if not encoding.explicit and element.value + 64 < element.end and count == 0:
            return False
        position, previous = element.end, element.tag
    return True


def read_meta(buffer: bytes, start: int) -> Meta:
    """File Meta Information from an offset, whatever length it claims (PS3.10 7.1)."""
    position = start
    uids = {0x00020002: "", 0x00020003: "", 0x00020010: ""}
    while buffer[position : position + 2] == b"\x02\x00":
        element = read_header(buffer, position, len(buffer), EXPLICIT_LITTLE)
        if element is None:  # File Meta in implicit VR: against the standard, and found in the wild
            element = read_header(buffer, position, len(buffer), IMPLICIT_LITTLE)
        if element is None or element.undefined or element.end > len(buffer):
            raise Truncated("File Meta Information runs past the end", f"offset {position}")
        if element.tag in uids:
            uids[element.tag] = buffer[element.value : element.end].decode("latin-1").strip(" \0")
        position = element.end
    return Meta(uids[0x00020010], uids[0x00020002], uids[0x00020003], position)


def declared_encoding(syntax: str) -> Encoding:
    """The encoding that a transfer syntax stands for (PS3.5 A)."""
    if syntax == IMPLICIT_SYNTAX or syntax == "1.2.840.113619.5.2":
        return IMPLICIT_LITTLE
    return EXPLICIT_BIG if syntax == BIG_ENDIAN_SYNTAX else EXPLICIT_LITTLE


def encoding_found(buffer: bytes, start: int, syntax: str) -> Encoding:
    """What the first element shows, since scanners have been known to declare one encoding and write another."""
    declared = declared_encoding(syntax)
    candidates = (declared, EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)
    for encoding in candidates:
        try:
            element = read_header(buffer, start, len(buffer), encoding)
        except Truncated:
            break
        if element is not None and element.tag >> 16 in (4, 8) and _goes_on(buffer, element, encoding):
            return encoding
    return declared


def _goes_on(buffer: bytes, element: Element, encoding: Encoding) -> bool:
    """Whether an element ends where another one begins, or where the buffer does."""
    if element.undefined or element.end + 8 > len(buffer):
        return element.undefined or element.end <= len(buffer)
    following = read_header(buffer, element.end, len(buffer), encoding)
    return following is not None and following.tag > element.tag and following.tag >> 16 <= LAST_FIRST_GROUP
