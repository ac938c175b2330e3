"""What a VR lets stand as a value (PS3.5 6.2): a kept value that is more than that is made plain or removed.

Text behind a NUL, a name in a decimal string, a value longer than its VR: places where somebody can hide.
"""

import re
from collections.abc import Callable
from functools import partial

from dicomconv.elements import LONG_VRS, SHORT_VRS
from dicomconv.standard import most_values

_SIZES = {"AT": 4, "FL": 4, "FD": 8, "OB": 1, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "SL": 4, "SS": 2, "SV": 8,
          "UL": 4, "UN": 1, "US": 2, "UV": 8}  # fmt: skip
BINARY_VRS = frozenset(_SIZES)
STRING_VRS = (LONG_VRS | SHORT_VRS) - BINARY_VRS - {"SQ"}

OPAQUE_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
ALTERNATIVES = ({"US", "SS"}, {"OB", "OW"}, {"US", "OW"}, {"SS", "OW"})

_PATTERNS = {
    "AE": rb"[\x20-\x5b\x5d-\x7e]{0,16}",
    "AS": rb"(?:\d{3}[DWMY])?",
    "CS": rb"[A-Z0-9_ ]{0,16}",
    "DA": rb"(?:\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?",
    "DS": rb" *(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)? *",
    "DT": rb"(?:\d{4}(?:\d\d){0,5}(?:\.\d{1,6})?(?:[+-]\d{4})?)? *",
    "IS": rb" *(?:[+-]?\d{1,12})? *",
    "TM": rb"(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-6]\d(?:\.\d{1,6})?)?)?)? *",
    "UI": rb"(?:\d+(?:\.\d+)*)?",
    "LO": rb"[^\x00-\x1a\x1c-\x1f\x7f]*",
    "SH": rb"[^\x00-\x1a\x1c-\x1f\x7f]*",
    "PN": rb"[^\x00-\x1a\x1c-\x1f\x7f]*",
    "UC": rb"[^\x00-\x1a\x1c-\x1f\x7f]*",
    "UR": rb"[\x21-\x5b\x5d-\x7e]* *",
    "LT": rb"[^\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]*",
    "ST": rb"[^\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]*",
    "UT": rb"[^\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]*",
}
_SINGLE_VALUED = frozenset({"LT", "ST", "UT", "UR"})
_LONGEST = {"AE": 16, "CS": 16, "DS": 16, "IS": 12, "LO": 64, "SH": 16, "PN": 324, "UI": 64, "LT": 10240, "ST": 1024}
_ALLOWED = {vr: re.compile(pattern).fullmatch for vr, pattern in _PATTERNS.items()}
_PLAIN_DECIMAL = re.compile(rb" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? *").fullmatch


def fits(tag: int, vr: str, known_vr: str, length: int) -> bool:
    """Whether an attribute of VR `known_vr` may stand under `vr`, with so many bytes: any text would do for a number."""
    if known_vr not in BINARY_VRS:
        return vr not in BINARY_VRS
    if vr != known_vr and {vr, known_vr} not in ALTERNATIVES:
        return False
    most = most_values(tag)
    return vr in OPAQUE_VRS or most is None or length <= most * _SIZES[vr]


def is_valid(vr: str, value: bytes) -> bool:
    """Whether an encoded value, padding included, is nothing but a value of its VR."""
    if len(value) % 2:
        return False
    if vr in BINARY_VRS:
        return len(value) % _SIZES[vr] == 0
    body = value.removesuffix(b"\0" if vr == "UI" else b" ")
    return all(_is_part(vr, part) for part in _parts(vr, body))


def _is_part(vr: str, part: bytes) -> bool:
    longest = _LONGEST.get(vr)
    if longest is not None and part.isascii() and b"\x1b" not in part and len(part.strip(b" ")) > longest:
        return False  # limits count characters: beyond ASCII, bytes do not tell them
    return _ALLOWED[vr](part) is not None


def _parts(vr: str, value: bytes) -> list[bytes]:
    return [value] if vr in _SINGLE_VALUED or not value.isascii() else value.split(b"\\")


def made_plain(vr: str, value: bytes) -> bytes | None:
    """The value with all that its VR has no room for taken off, where a plain rule says how; None: remove it.

    Plain rules: what stands behind a NUL goes, odd lengths are padded, decimals are rounded to 16 characters, decimal
    integers lose their fraction of zeros, plain text is cut to its VR's length, of several code strings those that
    are none become empty.
    """
    if vr in BINARY_VRS:
        return value + b"\0" if vr in ("OB", "UN") and len(value) % 2 else None
    text = value.split(b"\0", 1)[0].rstrip(b" ")
    plain = b"\\".join(_MAKERS.get(vr, _same)(part) for part in _parts(vr, text))
    if text and not plain.strip(b"\\ "):
        return None
    padded = plain + (b"\0" if vr == "UI" else b" ") * (len(plain) % 2)
    return padded if is_valid(vr, padded) else None


def _same(part: bytes) -> bytes:
    return part


def _cut(longest: int, part: bytes) -> bytes:
    """The text, control characters as spaces, and cut to its length."""
    part = part.translate(_SPACED) if longest <= 64 else part
    return part[:longest] if part.isascii() else part


def _code(part: bytes) -> bytes:
    return part if _ALLOWED["CS"](part) else b""


def _decimal(part: bytes) -> bytes:
    if len(part) <= 16 or not _PLAIN_DECIMAL(part):
        return part
    value = float(part)
    texts = (format(value, f".{digits}g").encode() for digits in range(16, 0, -1))
    return next((text for text in texts if len(text) <= 16), part)


def _integer(part: bytes) -> bytes:
    whole, _, fraction = part.strip().partition(b".")
    return whole if not fraction.strip(b"0") else part


_SPACED = bytes(0x20 if (byte < 0x20 and byte != 0x1B) or byte == 0x7F else byte for byte in range(256))
_MAKERS: dict[str, Callable[[bytes], bytes]] = {
    "CS": _code,
    "DS": _decimal,
    "IS": _integer,
    "UI": bytes.strip,
    "LO": partial(_cut, 64),
    "SH": partial(_cut, 16),
    "ST": partial(_cut, 1024),
    "LT": partial(_cut, 10240),
}
