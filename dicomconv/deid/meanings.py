"""Code meanings that the standard itself has (PS3.16): they name nobody, though their words may be names."""

from functools import cache

from dicomconv.standard import keyword_of, lines

CODE_MEANING = "CodeMeaning"


def is_meaning(tag: int, value: bytes) -> bool:
    """Whether a value is a meaning of a code of PS3.16, word for word; case and padding do not count."""
    return keyword_of(tag) == CODE_MEANING and value.strip(b" \0").lower() in _meanings()


@cache
def _meanings() -> frozenset[bytes]:
    """All meanings, in small letters; loaded when a word of one would have to go."""
    return frozenset(line.encode() for line in lines("ps3.16_meanings.txt"))
