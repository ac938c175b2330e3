"""The ways in which a part of a date is written: beside a shifted date it would say by how much it was shifted."""

import datetime
from collections.abc import Iterator
from itertools import product

from dicomconv.deid.text.dates import MONTHS, SIGNS, date_form, days_in_words, is_date, names_of
from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.form import Form
from dicomconv.deid.text.words import is_word

_WEEKS = ("w", "wk", "week", "kw", "woche", "semaine", "sem", "semana", "settimana")
_ENGLISH_MONTHS = frozenset(folded(name) for line in MONTHS for name in line.split()[:2])


def part_date_forms(date: str) -> Iterator[Form]:
    """A date without its year, without its day, in six digits, by its week or its day of the year."""
    if not is_date(date):
        return
    year, month, day = date[:4], date[4:6], date[6:]
    yield from _without_year(month, day)
    yield from _without_day(year, month)
    for parts in ((year[2:], month, day), (day, month, year[2:])):
        yield date_form(("".join(parts),), whole=True)
    yield from _in_the_year(date)


def _without_year(month: str, day: str) -> Iterator[Form]:
    for first, second in ((day, month), (month, day)):
        # "03.11" is no decimal as those have no zero in front; "12.10." none as it ends with a point
        yield date_form((first, second), parted=True, whole=True, by="/." if first[0] == "0" else "/")
        yield date_form((first, second), parted=True, whole=True, by=".")
    for words in days_in_words(month, day):
        if all(map(_says_a_month, {*words} & {*names_of(month)})):
            yield date_form(words, lacks="year")
    for m, d, (_, of_month, of_day) in product({month, month.lstrip("0")}, {day, day.lstrip("0")}, SIGNS):
        yield date_form((m, of_month, d, of_day))


def _says_a_month(name: str) -> bool:
    """Whether a name of a month is no other word: "MRT" and "set" are."""
    return folded(name) in _ENGLISH_MONTHS or not is_word(folded(name))


def _without_day(year: str, month: str) -> Iterator[Form]:
    for m in {month, month.lstrip("0")}:
        yield date_form((m, year), parted=True, whole=True, by="/-")
        yield date_form((year, m), parted=True, whole=True, by="/-")
        yield from (date_form((year, of_year, m, of_month)) for of_year, of_month, _ in SIGNS)
    for name in names_of(month):
        yield from (date_form((name, year), lacks="day"), date_form((year, name)))


def _in_the_year(date: str) -> Iterator[Form]:
    """A day by the week that it is in (ISO 8601), and by its number in the year."""
    try:
        day = datetime.date(int(date[:4]), int(date[4:6]), int(date[6:]))
    except ValueError:
        return
    iso_year, week, _ = day.isocalendar()
    for word, number in product(_WEEKS, {f"{week}", f"{week:02}"}):
        yield date_form((word, number, f"{iso_year}"))
        yield date_form((f"{iso_year}", word, number))
    number_of_day = f"{day.timetuple().tm_yday:03}"
    yield date_form((date[:4], number_of_day), parted=True, whole=True, by="-/")
    yield date_form((date[:4] + number_of_day,), whole=True)
