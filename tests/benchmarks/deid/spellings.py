"""The ways in which people write a name, a number or a date."""

import unicodedata
from datetime import date

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
LONG_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
               "December")  # fmt: skip


def dates(day: date) -> tuple[str, ...]:
    """A date in eight spellings; the first is DICOM's."""
    month = MONTHS[day.month - 1]
    return (
        day.strftime("%Y%m%d"),
        day.strftime("%Y-%m-%d"),
        f"{day.day:02}-{month}-{day.year}",
        day.strftime("%m/%d/%y"),
        day.strftime("%d.%m.%Y"),
        day.strftime("%m/%d/%Y"),
        f"{LONG_MONTHS[day.month - 1]} {day.day}, {day.year}",
        f"{day.day} {month.title()} {day.year}",
    )


def names(family: str, given: str) -> tuple[str, ...]:
    """A name in eight spellings; the first is DICOM's."""
    return (
        f"{family}^{given}",
        f"{given} {family}",
        f"{family.upper()}, {given.upper()}",
        f"{given[0]}. {family}",
        f"{given[0]}{family}".lower(),
        f"{family.lower()} {given.lower()}",
        f"{given}_{family}",
        f"{family.upper()}{given.upper()}",
    )


def numbers(number: str) -> tuple[str, ...]:
    """A number as it is, and without the zeros in front."""
    return (number, number.lstrip("0") or number)


def plain(text: str) -> str:
    """A text in ASCII, as folders are named: without accents, and with nothing but letters and digits."""
    bare = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()
    return "".join(letter if letter.isalnum() else "_" for letter in bare)
