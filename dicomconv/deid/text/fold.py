"""Texts without what does not count when they are compared: case, accents, widths, separators."""

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

# Ranges written without spaces between words: Thai, Lao, Khmer, kana, Han, Hangul
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
_UNSPACED_RANGES = tuple((ord(UNSPACED[i]), ord(UNSPACED[i + 2])) for i in range(0, len(UNSPACED), 3))
_WITHOUT_DECOMPOSITION = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
_SILENT = frozenset("\u00ad\u0640\u200b\u200c\u200d\u2060\ufeff")
"""Characters that show nothing, or only stretch a word: soft hyphen, tatweel, spaces of no width, joiners."""
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else "" for code in range(128)}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text's letters and digits only, folded; `starts`: where in the text each of them stands."""

    text: str = field(repr=False)
    starts: list[int] = field(repr=False)


def fold(text: str) -> Folded:
    """The letters and digits of a text in one case and without accents, with their places in it."""
    if text.isascii():
        return Folded(text.translate(_ASCII), [i for i, character in enumerate(text) if character.isalnum()])
    pieces = [(folded_character(character), i) for i, character in enumerate(text)]
    return Folded("".join(piece for piece, _ in pieces), [i for piece, i in pieces for _ in piece])


def folded(text: str) -> str:
    """The letters and digits of a text in one case and without accents."""
    return text.translate(_ASCII) if text.isascii() else "".join(map(folded_character, text))


@lru_cache(maxsize=1 << 14)
def folded_character(character: str) -> str:
    """What one character counts as: "e" for "É", "ss" for "ß", hiragana for katakana, nothing for what is no letter."""
    plain = "".join(
        _WITHOUT_DECOMPOSITION.get(part, part)
        for part in unicodedata.normalize("NFKD", character).casefold()
        if not is_accent(part)
    )
    return "".join(filter(str.isalnum, plain)).translate(_HIRAGANA)


@lru_cache(maxsize=1 << 14)
def is_accent(character: str) -> bool:
    """Whether a character only changes the one before it, or shows nothing at all."""
    return unicodedata.combining(character) != 0 or character in _SILENT


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that puts no spaces between words."""
    return character > "\u0dff" and any(low <= ord(character) <= high for low, high in _UNSPACED_RANGES)


def is_letter(character: str) -> bool:
    """Whether a character belongs to a word that has an end: no digit, no ideograph."""
    return character.isalpha() and not is_unspaced(character)
