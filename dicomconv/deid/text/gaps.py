"""What stands between the letters and digits of a spelling: separators where it may have them, and no others."""

import re
from itertools import pairwise

from dicomconv.deid.text.fold import is_accent
from dicomconv.deid.text.form import ANYWHERE, Form

_WIDEST = 4
# No backslash: it parts values, so that "350\400" is two numbers (PS3.5 6.2)
_SEPARATORS = frozenset(" \t\r\n\xa0^_,.=-;:'’`´/&+()[]#@\"·・，、‐‑–—\u3000")
_BREAK = re.compile(r"[-‐‑] ?(?:\r\n?|\n)? ?|(?:\r\n?|\n) ?")


def gaps_fit(form: Form, text: str, places: list[int]) -> bool:
    """Whether what stands between these places of a text lets the letters there be this spelling."""
    gaps = _gaps(text, places)
    if not all(map(_is_separator, gaps.values())) or (form.parted and not form.cuts <= gaps.keys()):
        return False
    if form.by:
        return all(between in form.by for between in gaps.values())
    if form.letters.isdigit() and [*gaps.values()] == ["."]:
        return False  # a decimal: an identifier in groups has more of them, or other separators
    loose = gaps.keys() - form.cuts
    if not loose:
        return True
    return _groups_fit(text, places, [*gaps]) if form.cuts == ANYWHERE else form.breaks and _is_broken(gaps, loose)


def _gaps(text: str, places: list[int]) -> dict[int, str]:
    """What stands between the characters that count, accents aside, by the number of characters before it."""
    gaps = {}
    for i, (last, following) in enumerate(pairwise(places), start=1):
        if following - last > 1:
            between = "".join(character for character in text[last + 1 : following] if not is_accent(character))
            if between:
                gaps[i] = between
    return gaps


def _is_separator(between: str) -> bool:
    return len(between) <= _WIDEST and _SEPARATORS.issuperset(between)


def _is_broken(gaps: dict[int, str], loose: set[int]) -> bool:
    """Whether the one gap that does not belong there is a hyphen or the end of a line."""
    return len(loose) == 1 and all(_BREAK.fullmatch(gaps[i]) is not None for i in loose)


def _groups_fit(text: str, places: list[int], at: list[int]) -> bool:
    """Whether the digits of a number are in groups of two at least: "1 2 3 4 5 6" is a list and no number."""
    bounds = [0, *at, len(places)]
    sizes = [(end - start, text[places[start]].isdigit()) for start, end in pairwise(bounds)]
    return sum(size < 2 and digit for size, digit in sizes) <= 1
