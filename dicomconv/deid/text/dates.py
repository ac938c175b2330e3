"""The ways in which a date is written, with its year."""

from collections.abc import Iterator
from itertools import product

from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.form import Form, Lacks

MONTHS = (
    "Jan January Januar Jän Jänner Janvier Janv Ene Enero Gen Gennaio Januari Janeiro",
    "Feb February Februar Février Févr Fév Febrero Febbraio Februari Fevereiro Fev",
    "Mar March März Mär Mrz Mars Marzo Maart Mrt Março",
    "Apr April Avril Avr Abr Abril Aprile",
    "May Mai Mayo Mag Maggio Mei Maio",
    "Jun June Juni Juin Junio Giu Giugno Junho",
    "Jul July Juli Juillet Juil Julio Lug Luglio Julho",
    "Aug August Août Aou Ago Agosto Augustus",
    "Sep Sept September Septembre Septiembre Set Settembre Setembro",
    "Oct October Okt Oktober Octobre Octubre Ott Ottobre Out Outubro",
    "Nov November Novembre Noviembre Novembro",
    "Dec December Dez Dezember Déc Décembre Dic Diciembre Dicembre Dezembro",
)


_ENGLISH = 2  # the first words of each line
_WITH_SUFFIX = {"1": "st", "2": "nd", "3": "rd", "21": "st", "22": "nd", "23": "rd", "31": "st"}
SIGNS = (("年", "月", "日"), ("년", "월", "일"))
"""Behind year, month and day in Chinese and Japanese, and in Korean."""


def is_date(date: str) -> bool:
    """Whether these are the eight digits of a day."""
    return len(date) == 8 and date.isascii() and date.isdigit() and 1 <= int(date[4:6]) <= 12 and date[6:] != "00"


def date_forms(date: str) -> Iterator[Form]:
    """Every spelling of a date that is given as eight digits: orders, separators, short years, names of months."""
    if not is_date(date):
        return
    year, month, day = date[:4], date[4:6], date[6:]
    for parts in ((year, month, day), (day, month, year), (month, day, year)):
        yield date_form(parts)
    days, months, years = {day, day.lstrip("0")}, {month, month.lstrip("0")}, (year, year[2:])
    for d, m, y in product(days, months, years):
        yield from (date_form(parts, parted=True) for parts in ((d, m, y), (m, d, y), (y, m, d)))
        yield from (date_form((y, signs[0], m, signs[1], d, signs[2])) for signs in SIGNS)
    for words, y in product(days_in_words(month, day), years):
        yield date_form((*words, y), parted=words[-1].isdigit() and len(y) == 2)  # "Apr 2017" is no 20 April 17
    for d, m, y in product(days, map(folded, names_of(month)), years):
        yield date_form((y, m, d))


def date_form(
    parts: tuple[str, ...], *, parted: bool = False, whole: bool = False, by: str = "", lacks: Lacks = ""
) -> Form:
    """Parts of a date side by side, with separators between them or, unless they must be parted, none."""
    letters, cuts = "", set[int]()
    for part in parts:
        cuts.add(len(letters))
        letters += folded(part)
    return Form(letters, "date", frozenset(cuts - {0}), parted=parted, whole=whole, by=by, lacks=lacks)


def names_of(month: str) -> list[str]:
    """The names of a month that is given by its number."""
    return MONTHS[int(month) - 1].split()


def days_in_words(month: str, day: str) -> Iterator[tuple[str, ...]]:
    """Day and month by its name, in both orders: "3 November", "3rd of November", "November the 3rd"."""
    plain = day.lstrip("0")
    names, ordinals = names_of(month), {plain + "th", plain + _WITH_SUFFIX.get(plain, "th")}
    for name, d in product(names, {day, plain}):
        yield from ((d, name), (name, d), (d, "of", name), (d, "de", name))
    for name, ordinal in product(names[:_ENGLISH], ordinals):
        yield from ((ordinal, name), (ordinal, "of", name), (name, ordinal), (name, "the", ordinal))
    if plain == "1":
        yield from ((first, *link, name) for first, link, name in product(("1er", "1o"), ((), ("de",)), names))
