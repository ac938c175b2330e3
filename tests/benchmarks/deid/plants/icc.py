"""A colour profile whose description names somebody."""

import struct

from pydicom.dataelem import DataElement
from pydicom.tag import Tag

from tests.benchmarks.deid.sheet import Sheet


def colour_profile(sheet: Sheet) -> None:
    """A small valid ICC profile in images with three samples."""
    if sheet.dataset.get("SamplesPerPixel") == 3:
        name = sheet.hide("ICC profile", sheet.stranger())
        sheet.dataset[Tag("ICCProfile")] = DataElement(Tag("ICCProfile"), "OB", profile(name))


def profile(description: str) -> bytes:
    """The bytes of a display profile with nothing but a description in it. ICC.1, 7.2 and 7.3."""
    text = description.encode("ascii")
    body = b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + bytes(1 + 4 + 4 + 2 + 1 + 67)
    body += bytes(-len(body) % 4)
    tags = struct.pack(">I4sII", 1, b"desc", 144, len(body))
    head = struct.pack(">I4sI4s4s4s", 144 + len(body), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp"
    return head.ljust(128, b"\0") + tags + body
