"""What names of other scripts than Latin have beside them: endings, an article, titles behind, a second alphabet."""

import re
import unicodedata
from collections.abc import Iterator

from dicomconv.deid.text.fold import folded, is_unspaced

HONORIFICS = ("先生", "女士", "小姐", "太太", "さん", "さま", "様", "殿", "氏", "씨", "님", "선생님")
SHORTEST_INFLECTED, ENDINGS, ENDINGS_OF_STEM = 6, 2, 3
ARTICLE = "ال"
_SHORTEST_WITH_ARTICLE = 4
_LONGEST_WITH_HONORIFIC = 4
_JAMO = ("\u1100", "\u11ff")  # what the compatibility decomposition makes of Hangul
_CYRILLIC = re.compile("[\u0400-\u04ff]+")
_ARABIC = re.compile("[\u0600-\u06ff]+")
_ENDING = re.compile("[аеиоуыэюяьй]{1,2}$")
_KATAKANA, _HIRAGANA = re.compile("[ァ-ヶ]"), re.compile("[ぁ-ゖ]")
_FULL_WIDTH = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFFA0)}
_VOICED = str.maketrans({"\u3099": "ﾞ", "\u309a": "ﾟ"})
_HAN_NAME = re.compile("[\u3400-\u9fff]{2,4}|[가-힣]{2,4}")


def stems(letters: str) -> Iterator[tuple[str, int]]:
    """A Cyrillic name as it begins in every case, and how many letters may follow: "Иванов" for "Иванова"."""
    if _CYRILLIC.fullmatch(letters) and len(letters) >= SHORTEST_INFLECTED:
        yield letters, ENDINGS
        stem = _ENDING.sub("", letters)
        if stem != letters and len(stem) >= SHORTEST_INFLECTED:
            yield stem, ENDINGS_OF_STEM


def other_article(letters: str) -> Iterator[str]:
    """An Arabic name with the article if it has none, without it if it has."""
    if not _ARABIC.fullmatch(letters) or len(letters) < _SHORTEST_WITH_ARTICLE:
        return
    if not letters.startswith(ARTICLE):
        yield ARTICLE + letters
    elif len(letters) >= _SHORTEST_WITH_ARTICLE + len(ARTICLE):
        yield letters.removeprefix(ARTICLE)


def with_honorifics(word: str) -> Iterator[tuple[str, str]]:
    """A name in Chinese, Japanese or Korean with each of the titles that stand behind one, in two parts."""
    if word and len(word) <= _LONGEST_WITH_HONORIFIC and all(map(is_unspaced, word)):
        yield from ((word, honorific) for honorific in HONORIFICS)


def family_of(name: str) -> str:
    """The family name of a name in Chinese or Korean that nothing parts: its first character; else nothing."""
    return name[0] if _HAN_NAME.fullmatch(name) else ""


def kana_ways(word: str) -> Iterator[str]:
    """A word with kana in hiragana, in katakana, and in katakana of half width."""
    if not _KATAKANA.search(word) and not _HIRAGANA.search(word):
        return
    katakana = _HIRAGANA.sub(lambda match: chr(ord(match[0]) + 0x60), unicodedata.normalize("NFC", word))
    yield katakana
    yield _KATAKANA.sub(lambda match: chr(ord(match[0]) - 0x60), katakana)
    parts = unicodedata.normalize("NFD", katakana).translate(_VOICED)
    yield "".join(_FULL_WIDTH.get(part, part) for part in parts)


def words_in_bytes(word: str) -> Iterator[str]:
    """What to look for as bytes where a word beyond ASCII is to be found in all its spellings."""
    yield word
    yield from kana_ways(word)
    yield from (word[: len(stem)] for stem, _ in stems(folded(word)) if len(folded(word)) == len(word))
    if word.startswith(ARTICLE):
        yield word.removeprefix(ARTICLE)
    yield from (family + honorific for family, honorific in with_honorifics(word) if len(word) == 1)
    yield from (family + honorific for family, honorific in with_honorifics(family_of(word)))


def is_hangul(letters: str) -> bool:
    """Whether folded letters begin with a part of a Korean syllable."""
    return _JAMO[0] <= letters[0] <= _JAMO[1]
