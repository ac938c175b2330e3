"""The ways in which numbers, addresses and names of institutions are written."""

import re
from collections.abc import Iterator

from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.form import ANYWHERE, Form
from dicomconv.deid.text.spellings import is_long_enough
from dicomconv.deid.text.words import GENERIC, MAKERS, PLACEHOLDERS, is_common

_DIGITS = re.compile(r"[0-9]+")
_WORD = re.compile(r"[^\W_]+")
_SEGMENT = re.compile(r"[,;\r\n^|]+")
_EMAIL = re.compile(r"([\w.+-]+)@([\w-]+)((?:\.[\w-]+)+)")
_PHONE = re.compile(r"\+[\d\s()./-]{7,}|\(\d+\)[\d\s./-]{6,}|\d{2,5}[\s./-]\d{3,5}[\s./-]\d{3,5}|0[\d\s/-]{6,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
SHORTEST_NUMBER, SHORTEST_GROUP, SAFE_NUMBER = 4, 5, 6


def number_forms(number: str) -> Iterator[Form]:
    """Every spelling of an identifier: separators other or none, zeros in front, the digits without their prefix."""
    if _PHONE.fullmatch(number.strip()):
        yield from _phone_forms(number)
    letters = folded(number)
    if len(letters) < SHORTEST_NUMBER or len(set(letters)) == 1 or letters in PLACEHOLDERS:
        return
    if letters.isdigit():
        yield from _digit_forms(letters)
    elif is_common(letters) or not any(map(str.isdigit, letters)):
        yield from () if is_common(letters) else (Form(letters, "number", ANYWHERE),)
    else:
        yield Form(letters, "number", ANYWHERE, whole=len(letters) < SAFE_NUMBER)
        yield from _digits_of(number, letters)


def _digits_of(number: str, letters: str) -> Iterator[Form]:
    """The longest digits of an identifier without the letters before them: "48213-7" and "48213" of "MR-48213-7"."""
    for text in {number, letters}:
        longest = max(_DIGITS.finditer(text), key=lambda match: len(match[0]), default=None)
        if longest is None:
            continue
        digits, tail = longest[0], folded(text[longest.start() :])
        if len(digits.lstrip("0")) >= SHORTEST_GROUP:
            yield from _digit_forms(digits)
            yield Form(tail, "number", ANYWHERE, whole=len(tail) < SAFE_NUMBER or not tail.isdigit())


def _digit_forms(digits: str) -> Iterator[Form]:
    plain = digits.lstrip("0")
    if len(plain) >= SAFE_NUMBER:
        yield Form(plain, "number", ANYWHERE, zeros=True)
    elif len(digits) >= SAFE_NUMBER:
        yield Form(digits, "number", ANYWHERE)
    if SHORTEST_NUMBER <= len(plain) < SAFE_NUMBER and not _may_be_measure(plain):
        yield Form(plain, "number", whole=True, zeros=True)


def _may_be_measure(digits: str) -> bool:
    """Whether a short number may as well be a year, or a round figure such as a b-value or a time in ms."""
    return _YEAR.fullmatch(digits) is not None or digits.endswith("0" if len(digits) == SHORTEST_NUMBER else "00")


def _phone_forms(number: str) -> Iterator[Form]:
    """A phone number by its digits, with and without what stands before the local part."""
    digits = "".join(_DIGITS.findall(folded(number)))
    local = digits.lstrip("0")
    if len(local) >= SAFE_NUMBER and len(set(local)) > 1:
        yield Form(local, "number", ANYWHERE, zeros=True)
    ending = local[-10:].lstrip("0")
    if len(local) >= SAFE_NUMBER + 4 and len(ending) >= SAFE_NUMBER and len(set(local[-7:])) > 1:
        yield Form(ending, "number", ANYWHERE, zeros=True)
        yield Form(local[-7:], "number", ANYWHERE)


def phrase_forms(phrase: str) -> Iterator[Form]:
    """An institution, station or address: whole, line by line, by its distinctive words, by house number and street."""
    for user, domain, _ in _EMAIL.findall(phrase):
        yield from (_word_form(folded(part)) for part in (user, domain) if _is_distinctive(folded(part)))
    for segment in {phrase, *_SEGMENT.split(phrase)}:
        words = [letters for word in _WORD.findall(segment) if (letters := folded(word))]
        if _says_something(words):
            yield Form("".join(words), "phrase", ANYWHERE)
        yield from (_word_form(word) for word in words if _is_distinctive(word))
        yield from _streets(words)


def _says_something(words: list[str]) -> bool:
    """Whether the words together point at one place: not "CT", not "Head CT", but "General Hospital"."""
    if not words or not is_long_enough("".join(words)) or "".join(words).isdigit():
        return False
    if any(not is_common(word) for word in words):
        return True
    return len(words) > 1 and any(word in GENERIC for word in words) and not any(word in MAKERS for word in words)


def _is_distinctive(word: str) -> bool:
    return bool(word) and not is_common(word) and is_long_enough(word) and not (word.isdigit() and len(word) < 5)


def _word_form(word: str) -> Form:
    return Form(word, "phrase", whole=any(map(str.isdigit, word)))


def _streets(words: list[str]) -> Iterator[Form]:
    """House number and street, in either order, the street in full or its first word."""
    for i, number in enumerate(words):
        for street in (words[i + 1 :], words[i + 1 : i + 2], words[:i], words[i - 1 : i] if i else []):
            letters = "".join(street)
            if number.isdigit() and len(letters) > 2 and not all(map(is_common, street)) and not letters.isdigit():
                yield Form(number + letters, "phrase", ANYWHERE)
                yield Form(letters + number, "phrase", ANYWHERE)
