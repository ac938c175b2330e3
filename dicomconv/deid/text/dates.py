"""The ways in which a date is written."""

from collections.abc import Iterator
from itertools import product

from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.match import Form

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


def date_forms(date: str) -> Iterator[Form]:
    """Every spelling of a date that is given as eight digits: orders, separators, short years, names of months."""
    if (
        len(date) != 8
        or not date.isascii()
        or not date.isdigit()
        or not 1 <= int(date[4:6]) <= 12
        or date.endswith("00")
    ):
        return
    year, month, day = date[:4], date[4:6], date[6:]
    short = year[2:]
    for parts in ((year, month, day), (day, month, year), (month, day, year)):
        yield _form(parts, parted=False)
    days, months = {day, day.lstrip("0")}, {month, month.lstrip("0")}
    for d, m, y in product(days, months, (year, short)):
        yield from (_form(parts, parted=True) for parts in ((d, m, y), (m, d, y), (y, m, d)))
    for d, m, y in product(days, map(folded, MONTHS[int(month) - 1].split()), (year, short)):
        yield from (_form(parts, parted=False) for parts in ((d, m, y), (m, d, y), (y, m, d)))
        yield _form((d + "th", m, y), parted=False)
        yield _form((m, d + "th", y), parted=False)


def _form(parts: tuple[str, str, str], *, parted: bool) -> Form:
    first, second, _ = map(len, parts)
    return Form("".join(parts), "date", frozenset({first, first + second}), parted=parted)
