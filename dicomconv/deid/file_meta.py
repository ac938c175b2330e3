"""Preamble and File Meta Information, built anew: nothing of the original's is copied (PS3.10 7.1)."""

import struct

from dicomconv.elements import EXPLICIT_LITTLE
from dicomconv.encode import encode
from dicomconv.standard import tag_of

IMPLEMENTATION_CLASS_UID = "2.25.277302655498470434571263912347623957217"
IMPLEMENTATION_VERSION_NAME = "DICOMCONV_1"


def file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """A zero preamble, the prefix, and the Type 1 elements of File Meta Information."""
    content = b"".join(
        (
            encode(tag_of("FileMetaInformationVersion"), "OB", b"\0\1", EXPLICIT_LITTLE),
            encode(tag_of("MediaStorageSOPClassUID"), "UI", sop_class_uid.encode(), EXPLICIT_LITTLE),
            encode(tag_of("MediaStorageSOPInstanceUID"), "UI", sop_instance_uid.encode(), EXPLICIT_LITTLE),
            encode(tag_of("TransferSyntaxUID"), "UI", transfer_syntax_uid.encode(), EXPLICIT_LITTLE),
            encode(tag_of("ImplementationClassUID"), "UI", IMPLEMENTATION_CLASS_UID.encode(), EXPLICIT_LITTLE),
            encode(tag_of("ImplementationVersionName"), "SH", IMPLEMENTATION_VERSION_NAME.encode(), EXPLICIT_LITTLE),
        )
    )
    length = encode(tag_of("FileMetaInformationGroupLength"), "UL", struct.pack("<I", len(content)), EXPLICIT_LITTLE)
    return bytes(128) + b"DICM" + length + content
