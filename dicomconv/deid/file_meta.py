"""Preamble and File Meta Information, built anew: nothing of the original's is copied (PS3.10 7.1)."""

import struct
from functools import lru_cache

from dicomconv.elements import EXPLICIT_LITTLE
from dicomconv.encode import encode
from dicomconv.standard import tag_of

IMPLEMENTATION_CLASS_UID = "2.25.277302655498470434571263912347623957217"
IMPLEMENTATION_VERSION_NAME = "DICOMCONV_1"


def file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """A zero preamble, the prefix, and the Type 1 elements of File Meta Information."""
    before, behind = _shared(sop_class_uid, transfer_syntax_uid)
    content = before + _element("MediaStorageSOPInstanceUID", "UI", sop_instance_uid.encode()) + behind
    length = _element("FileMetaInformationGroupLength", "UL", struct.pack("<I", len(content)))
    return bytes(128) + b"DICM" + length + content


@lru_cache(maxsize=64)
def _shared(sop_class_uid: str, transfer_syntax_uid: str) -> tuple[bytes, bytes]:
    """What is the same in all files of a kind: the elements before the SOP Instance UID, and those behind it."""
    before = (
        _element("FileMetaInformationVersion", "OB", b"\0\1"),
        _element("MediaStorageSOPClassUID", "UI", sop_class_uid.encode()),
    )
    behind = (
        _element("TransferSyntaxUID", "UI", transfer_syntax_uid.encode()),
        _element("ImplementationClassUID", "UI", IMPLEMENTATION_CLASS_UID.encode()),
        _element("ImplementationVersionName", "SH", IMPLEMENTATION_VERSION_NAME.encode()),
    )
    return b"".join(before), b"".join(behind)


def _element(keyword: str, vr: str, value: bytes) -> bytes:
    return encode(tag_of(keyword), vr, value, EXPLICIT_LITTLE)
