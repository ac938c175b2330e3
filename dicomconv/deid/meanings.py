"""Code meanings that the standard itself has (PS3.16): they name nobody, though their words may be names."""

from functools import cache
from typing import Any

from dicomconv.standard import keyword_of

CODE_MEANING = "CodeMeaning"


def is_meaning(tag: int, value: bytes) -> bool:
    """Whether a value is a meaning of a code of PS3.16, word for word; case and padding do not count."""
    return keyword_of(tag) == CODE_MEANING and value.strip(b" \0").lower() in _meanings()


@cache
def _meanings() -> frozenset[bytes]:
    """All meanings that pydicom knows; loaded when a word of one would have to go."""
    from pydicom.sr._concepts_dict import concepts

    schemes: dict[str, dict[str, Any]] = concepts
    codes = (code for scheme in schemes.values() for of_keyword in scheme.values() for code in of_keyword.values())
    return frozenset(meaning.lower().encode() for meaning, _ in codes if meaning.isascii())
