"""Takes spans out of a text and leaves it tidy: no doubled spaces, no separators with nothing to part."""

import re
import string
from collections.abc import Iterable

from dicomconv.deid.text.match import Found

_TITLES_BEFORE = re.compile(
    r"(?:(?<![^\W_])(?i:dr|prof|mr|mrs|miss|herr|frau|mme|dott|doctor|professor|med)(?:\.[ ,]*|[ ,]+|[_^]))+$"
)
_HONOURS_AFTER = re.compile(r"(?:['’]s(?![^\W_])|[ ,^_]+(?i:m\.?d\.?|ph\.?d\.?|jr\.?|sr\.|esq\.?)(?![^\W_]))+")
_COUNTRY_CODE = re.compile(r"(?:\+\d{0,3}[ .-]?\(?|\()$")
_SEPARATORS = string.whitespace + "\xa0\u3000,;:^_=/|@#-"
_RIGHT = re.compile(r"[\s,;:^_=/|@-]+|\.(?=\s|$|_|\^)[\s,;:^_=/|@-]*")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}|<\s*>|\"\s*\"")
_DOUBLED = re.compile(r" {2,}")
_DANGLING = re.compile(r"(?:(?<=\s)|^)[,;:^=|_@#-]+(?=\s|$)")
_PADDED_BRACKETS = re.compile(r"(?<=[(\[{]) +| +(?=[)\]}])")


def without(text: str, found: Iterable[Found]) -> str:
    """The text without these spans, without titles before names, and joined where they stood."""
    for start, end in reversed(_merged(text, found)):
        text = _joined(text[:start], text[end:])
    return tidy(text)


def _merged(text: str, found: Iterable[Found]) -> list[tuple[int, int]]:
    """The spans, names with their titles, those that overlap or touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(_with_titles(text, one) for one in found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _with_titles(text: str, found: Found) -> tuple[int, int]:
    if found.kind == "number":
        country = _COUNTRY_CODE.search(text, max(0, found.start - 8), found.start)
        return country.start() if country else found.start, found.end
    if found.kind != "name":
        return found.start, found.end
    before = _TITLES_BEFORE.search(text, max(0, found.start - 40), found.start)
    after = _HONOURS_AFTER.match(text, found.end)
    return before.start() if before else found.start, after.end() if after else found.end


def _joined(left: str, right: str) -> str:
    """Two rests of a text with one separator between them: the one that stood before the gap, a space if it did."""
    kept_left, after = _without_separators(left), _RIGHT.match(right)
    kept_right = right[after.end() :] if after else right
    if not kept_left or not kept_right:
        return kept_left + kept_right
    return kept_left + _separator(left[len(kept_left) :], after[0] if after else "") + kept_right


def _without_separators(left: str) -> str:
    """A rest without separators at its end, and without a point that stands behind one."""
    kept = left.rstrip(_SEPARATORS)
    if kept == left and left.endswith("."):
        before_point = left[:-1].rstrip(_SEPARATORS)
        return before_point if before_point != left[:-1] else left
    return kept


def _separator(before: str, after: str) -> str:
    for character in before + after:
        if character in "\r\n":
            return "\n"
    marks = before + after
    return " " if " " in marks or not marks else marks[0]


def tidy(text: str) -> str:
    """A text from which something was taken out, without what that left behind."""
    previous = None
    while text != previous:
        previous = text
        text = _PADDED_BRACKETS.sub("", _EMPTY_BRACKETS.sub("", text))
        text = _DOUBLED.sub(" ", _DANGLING.sub("", text)).strip(" ,;:^=|_@#-")
    return text
