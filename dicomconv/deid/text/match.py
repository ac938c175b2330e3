"""Finds spellings in text: as literal strings among its letters and digits, then with a look at what stands between.

Scrub and search both stand on `Matcher.find`, so that what one finds the other does.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from dicomconv.deid.text.fold import fold, folded_character, is_accent, is_letter, is_unspaced
from dicomconv.deid.text.form import Form, Kind
from dicomconv.deid.text.gaps import gaps_fit

_TIME_AFTER = re.compile(r"(?:[ T]?(?:[01]\d|2[0-3]):?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?|(?:[01]\d|2[0-3]))(?![0-9])")
_MODALITY = re.compile(r"(?:MR|DR|MS|mr|dr|ms)(?!\.)(?![a-z])")
_UID = re.compile(r"(?<![0-9.])[0-9]+(?:\.[0-9]+){2,}(?![0-9])")
_ENDING = re.compile("[\u0400-\u04ff]*")
_DAY_BEFORE = re.compile(r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)?[ ./-]*$")
_YEAR_AFTER = re.compile(r"[ ,./-]{0,2}(?:19|20)\d\d(?!\d)")
_GROUP_BEFORE, _GROUP_AFTER = re.compile(r"\d[/.-]$"), re.compile(r"[/.-]\d")


class Found(NamedTuple):
    """Where an identifying value stands in a text, and of which kind it is."""

    start: int
    end: int
    kind: Kind


class Matcher:
    """Finds every spelling of a patient's identifying values in a text."""

    __slots__ = ("_automaton", "_forms", "_uids")

    def __init__(self, forms: Iterable[Form], uids: frozenset[str] = frozenset()) -> None:
        self._forms: dict[str, list[Form]] = {}
        for form in dict.fromkeys(forms):
            self._forms.setdefault(form.letters, []).append(form)
        self._automaton = AhoCorasick(list(self._forms), store_patterns=True) if self._forms else None
        self._uids = uids

    @property
    def letters(self) -> list[str]:
        """The letters and digits of every spelling."""
        return list(self._forms)

    def find(self, text: str) -> list[Found]:
        """The identifying values in a text, by where they start; they may overlap."""
        found = [*self._spellings(text), *self._uids_in(text)]
        return sorted(found) if len(found) > 1 else found

    def _spellings(self, text: str) -> list[Found]:
        if self._automaton is None:
            return []
        plain = fold(text)
        hits = self._automaton.find_matches_as_indexes(plain.text, overlapping=True)
        found = []
        for _, first, last in hits:
            for form in self._forms[plain.text[first:last]]:
                span = _span(form, text, plain.starts, first, last)
                if span:
                    found.append(Found(*span, form.kind))
        return found

    def _uids_in(self, text: str) -> list[Found]:
        if not self._uids or text.count(".") < 2:
            return []
        return [Found(*match.span(), "uid") for match in _UID.finditer(text) if match[0] in self._uids]

    def __repr__(self) -> str:
        return f"<Matcher of {len(self._forms)} spellings>"


def _span(form: Form, text: str, starts: list[int], first: int, last: int) -> tuple[int, int] | None:
    """Where a spelling stands in the text, if what stands in and beside it lets it be one."""
    if _splits_a_character(starts, first, last) or not gaps_fit(form, text, starts[first:last]):
        return None
    start, end = starts[first], starts[last - 1] + 1
    while end < len(text) and is_accent(text[end]):
        end += 1
    start, end = _before(form, text, start), _past(form, text, end)
    if (form.modality and _MODALITY.match(text, start)) or (form.by and not _is_day_or_month(form, text, start, end)):
        return None
    fits = form.inside or (_ends_before(form, text, start) and _ends_after(form, text, end))
    return (start, end) if fits else None


def _splits_a_character(starts: list[int], first: int, last: int) -> bool:
    before = first > 0 and starts[first - 1] == starts[first]
    return before or (last < len(starts) and starts[last] == starts[last - 1])


def _before(form: Form, text: str, start: int) -> int:
    """Before the zeros in front of a number, and before the day of a month."""
    while form.zeros and start and text[start - 1] == "0":
        start -= 1
    day = _DAY_BEFORE.search(text, max(0, start - 8), start) if form.lacks == "day" else None
    return day.start() if day else start


def _past(form: Form, text: str, end: int) -> int:
    """Past the time or the year behind a date, and past the ending of a name that is inflected."""
    if form.lacks == "year":
        year = _YEAR_AFTER.match(text, end)
        return year.end() if year else end
    if form.kind == "date" and text[end - 4 : end].isdigit():
        match = _TIME_AFTER.match(text, end)
        return match.end() if match else end
    if form.endings:
        match = _ENDING.match(text, end)
        return match.end() if match and match.end() - end <= form.endings else end
    return end


def _is_day_or_month(form: Form, text: str, start: int, end: int) -> bool:
    """Whether "03/11" is no part of a longer row, and "12.10." no decimal: the point behind it says so."""
    in_a_row = _GROUP_BEFORE.search(text, max(0, start - 2), start) or _GROUP_AFTER.match(text, end)
    return in_a_row is None and (form.by != "." or text[end : end + 1] == ".")


def _ends_before(form: Form, text: str, start: int) -> bool:
    """Whether a spelling that starts here is not the tail of something longer."""
    if start == 0:
        return True
    beside, edge = text[start - 1], text[start]
    while is_accent(beside) and start > 1:
        start -= 1
        beside = text[start - 1]
    if edge.isdigit() and beside in ".," and start > 1 and text[start - 2].isdigit():
        return False  # a fraction, or a component of a UID
    return _is_end(form, edge, beside) or (edge.isupper() and beside.islower() and not form.whole)


def _ends_after(form: Form, text: str, end: int) -> bool:
    """Whether a spelling that ends here is not the head of something longer."""
    if end == len(text):
        return True
    beside, edge = text[end], _last_letter(text, end)
    if edge.isdigit() and beside == "." and text[end + 1 : end + 2].isdigit() and len(form.letters) <= 6:
        return False  # a decimal, or a time with a fraction
    return _is_end(form, edge, beside) or (edge.islower() and beside.isupper() and not form.whole)


def _last_letter(text: str, end: int) -> str:
    return next(character for character in reversed(text[:end]) if folded_character(character))


def _is_end(form: Form, edge: str, beside: str) -> bool:
    if form.whole:
        return not beside.isalnum()
    if edge.isdigit():
        return not beside.isdigit()
    return is_unspaced(edge) or not is_letter(beside)
