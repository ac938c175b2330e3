"""Text values decoded, changed and encoded again in the character set they were in (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

import warnings
from collections.abc import Callable
from functools import lru_cache

from dicomconv.header import TEXT_VRS

_DELIMITERS = set(b"\\^=\n\r\t\f")  # after which ISO 2022 falls back to the first character set (PS3.5 6.1.2.5.3)
SINGLE_BYTES = b"\0"  # stands for no character set at all: what is no value of Specific Character Set
_SINGLE_VALUED = frozenset({"LT", "ST", "UT", "UR"})

Change = Callable[[str], str]


def changed(value: bytes, vr: str, charset: bytes, change: Change) -> bytes | None:
    """An encoded value with `change` made to each of its texts; the same object if nothing changes.

    `charset`: the value of Specific Character Set. None if what is left cannot be encoded in it. Padding goes where
    something changes.
    """
    body = value.rstrip(b" \0")
    repertoire = charset if vr in TEXT_VRS else SINGLE_BYTES
    text = _decoded(body, repertoire)
    if text is None:  # not in the character set it says: as single bytes it can be searched, and written back as it was
        repertoire = SINGLE_BYTES
        text = body.decode("latin-1")
    parts = [text] if vr in _SINGLE_VALUED else text.split("\\")
    made = [change(part) for part in parts]
    if all(new is old for new, old in zip(made, parts, strict=True)) or made == parts:
        return value
    return _encoded("\\".join(made).rstrip(), repertoire)


@lru_cache(maxsize=256)
def _encodings(charset: bytes) -> tuple[str, ...]:
    """Python's names of the character sets; Latin-1 for what nobody knows."""
    from pydicom.charset import convert_encodings  # slow to load, and most texts are ASCII

    if charset == SINGLE_BYTES:
        return ("latin-1",)
    terms = [term.strip(" \0") for term in charset.decode("latin-1").split("\\")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return tuple(convert_encodings(terms))
        except (LookupError, ValueError):  # no name of a character set may hold a NUL
            return ("latin-1",)


def _decoded(body: bytes, charset: bytes) -> str | None:
    if body.isascii() and b"\x1b" not in body:
        return body.decode("ascii")
    from pydicom.charset import decode_bytes

    try:
        return decode_bytes(body, list(_encodings(charset)), _DELIMITERS)
    except (LookupError, ValueError):
        return None


def _encoded(text: str, charset: bytes) -> bytes | None:
    """The text in these character sets; None if that does not give the same text back."""
    if text.isascii():
        return text.encode("ascii")
    from pydicom.charset import encode_string

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encoded = encode_string(text, list(_encodings(charset)))
        except (LookupError, ValueError):
            return None
    return encoded if _decoded(encoded, charset) == text else None
