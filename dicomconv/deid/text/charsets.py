"""Names beyond ASCII as bytes of the character sets of DICOM (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from dicomconv.deid.text.fold import folded, is_unspaced
from dicomconv.deid.text.scripts import words_in_bytes

JIS = "iso2022_jp_2"
"""Kanji in seven bits: ASCII letters but for the escape sequence before them."""

CODECS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6",
          "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-15", "tis-620", "shift_jis", "euc_jp", "euc_kr", "gb18030",
          JIS)  # fmt: skip
_WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f\u3099\u309a]*)+")
_ESCAPES = re.compile(rb"\x1b\$\(?[@-D]|\x1b\([BJI]")
MARGIN = 64


def encoded_names(values: Iterable[str]) -> dict[bytes, tuple[str, ...]]:
    """The words of names beyond ASCII as bytes, each with the character sets that it may be of."""
    patterns: dict[bytes, tuple[str, ...]] = {}
    words = {way for value in values for word in _WORD.findall(value) for way in words_in_bytes(word)}
    for word in sorted(filter(_is_for_bytes, words)):
        written = _written(word)
        for codec in CODECS:
            for content in _encoded(written, codec):
                patterns[content] = (*patterns.get(content, ()), codec)
    return patterns


def _is_for_bytes(word: str) -> bool:
    return not word.isascii() and (len(folded(word)) >= 4 or (len(word) >= 2 and is_unspaced(word[0])))


def _written(word: str) -> list[str]:
    """A word in its letter cases, accents composed and decomposed."""
    cases = {word, word.lower(), word.upper(), word.title()}
    return sorted({unicodedata.normalize(form, case) for case in cases for form in ("NFC", "NFD", "NFKC")})


def _encoded(written: list[str], codec: str) -> Iterator[bytes]:
    """Spellings of a word in one character set; not those for which it has no room."""
    for spelled in written:
        try:
            content = spelled.encode(codec)
        except UnicodeEncodeError:
            continue
        content = _ESCAPES.sub(b"", content) if codec == JIS else content
        if len(content) >= 4 and not (spelled.isascii()):
            yield content


def read_around(data: bytes, start: int, end: int, codec: str) -> tuple[str, int, int]:
    """The text around some bytes in a character set, and where in it these bytes stand."""
    left, right = max(0, start - MARGIN), end + MARGIN
    if codec == JIS:
        return _read_jis(data, start, end)
    unit = 2 if codec.startswith("utf-16") else 1
    left += (start - left) % unit
    before = data[left:start].decode(codec, "ignore")
    core = data[start:end].decode(codec, "replace")
    after = data[end : end + (right - end) // unit * unit].decode(codec, "ignore")
    return before + core + after, len(before), len(before) + len(core)


def _read_jis(data: bytes, start: int, end: int) -> tuple[str, int, int]:
    """Seven-bit kanji from the escape sequence before them; nothing if there is none."""
    escape = data.rfind(b"\x1b", max(0, start - MARGIN), start)
    if escape < 0 or data[escape + 1 : escape + 2] != b"$":
        return "", 0, 0
    text = data[escape:end].decode(JIS, "replace")
    return text, 0, len(text)
