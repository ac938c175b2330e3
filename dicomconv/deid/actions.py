"""What a rule does to a value: dummies, empty values, new UIDs (PS3.15 E.1.1, E.3)."""

import struct
from collections.abc import Callable
from functools import cache

from dicomconv.elements import Encoding
from dicomconv.encode import encode, encode_item
from dicomconv.standard import keyword_of, rows, tag_of, vr_of
from dicomconv.standard.dictionary import uids

DUMMY_UID = "2.25.0"
REGISTERED_ARCS = ("1.2.840.10008.", "2.16.840.1.113883.6.")  # DICOM's own, and HL7's external code systems

_PACKED = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
_HEX = frozenset({"AT", "OB", "OD", "OF", "OL", "OV", "OW", "UN"})


@cache
def dummies() -> dict[str, str]:
    """Dummy values by VR, keyword or path, as `standard/dummies.csv` has them."""
    return {row["name"]: row["value"] for row in rows("dummies.csv")}


def looks_inside(tag: int) -> bool:
    """Whether code D means for this sequence that its items are kept and looked into."""
    return dummies().get(keyword_of(tag)) == "recurse"


@cache
def dummy(tag: int, encoding: Encoding) -> bytes:
    """The element with its dummy value: valid for its VR, constant, and of nobody (code D)."""
    vr, keyword = vr_of(tag) or "UN", keyword_of(tag)
    if vr == "SQ":
        return encode(tag, "SQ", encode_item(_dummy_content(keyword, encoding), encoding), encoding)
    return encode(tag, vr, dummy_value(vr, dummies().get(keyword, dummies()[vr]), encoding), encoding)


def _dummy_content(path: str, encoding: Encoding) -> bytes:
    """The elements of a dummy item: every row of the table below this path, in tag order."""
    below = {name.removeprefix(path + ".").split(".")[0] for name in dummies() if name.startswith(path + ".")}
    return b"".join(
        _dummy_child(f"{path}.{keyword}", tag_of(keyword), encoding) for keyword in sorted(below, key=tag_of)
    )


def _dummy_child(path: str, tag: int, encoding: Encoding) -> bytes:
    vr = vr_of(tag) or "UN"
    if vr != "SQ":
        return encode(tag, vr, dummy_value(vr, dummies()[path], encoding), encoding)
    content = _dummy_content(path, encoding)
    return encode(tag, "SQ", encode_item(content, encoding) if content else b"", encoding)


def dummy_value(vr: str, text: str, encoding: Encoding) -> bytes:
    """A dummy as the table spells it, encoded for its VR."""
    if vr in _HEX:
        return bytes.fromhex(text)
    if vr in _PACKED:
        numbers = [float(part) if vr in ("FD", "FL") else int(part) for part in text.split("\\")]
        return struct.pack(f"{encoding.order}{len(numbers)}{_PACKED[vr]}", *numbers)
    return DUMMY_UID.encode() if vr == "UI" and text == "uid" else text.encode()


def emptied(tag: int, encoding: Encoding) -> bytes:
    """The element with no value; a sequence with no items (code Z)."""
    return encode(tag, vr_of(tag) or "UN", b"", encoding)


def is_registered(uid: str) -> bool:
    """Whether everybody knows this UID: in the registry of PS3.6 A, so that it names no patient, site or device."""
    return uid in uids()


def is_vocabulary(uid: str) -> bool:
    """Whether a coding scheme's or context group's UID is under a registered arc."""
    return is_registered(uid) or uid.startswith(REGISTERED_ARCS)


def replaced_uids(value: bytes, new_uid: Callable[[str], str], spared: Callable[[str], bool]) -> bytes:
    """Every UID of a value replaced, those spared left; padding and odd characters do not make two UIDs of one."""
    uids = [part.strip(" \0") for part in value.decode("latin-1").split("\\")]
    return "\\".join(uid if not uid or spared(uid) else new_uid(uid) for uid in uids).encode()
