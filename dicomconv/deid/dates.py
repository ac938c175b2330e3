"""Dates moved back by whole weeks, intervals kept; ages over 89 years as one (PS3.15 E.3.6, E.3.7; PS3.5 6.2).

Values come and go as encoded bytes, several of them parted by backslashes. What is returned has no padding. Nothing here
raises: real files hold dates that are none.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Literal

from dicomconv.standard import rows

Role = Literal["shift", "dummy", "keep"]

FEWEST_WEEKS, MOST_WEEKS = 52, 520
DUMMY_DATE, DUMMY_TIME = b"19000101", b"000000"
MONTHS_OF_YEAR, DAYS_OF_YEAR = 12, 365.2425
CAPPED_AGE = b"090Y"
AGE_90 = {b"D": 32872, b"W": 4696, b"M": 1080, b"Y": 90}  # 90 years of 365.25 days, rounded down
LONGEST_AGE = 999  # in any unit: three digits

_CLOCK = rb"(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?"
_MORE_DIGITS = rb"(?:(?<=\.\d{6})\d+)?"  # of a fraction that is finer than its VR allows
_DATE = re.compile(rb"(\d{4})([.\-/]?)(\d\d)\2(\d\d)").fullmatch
_DATE_TIME = re.compile(
    rb"(?:(\d{8})(" + _CLOCK + rb")?" + _MORE_DIGITS + rb"|(\d{4})(\d\d)?)([+-](?:0\d|1[0-4])[0-5]\d)?"
).fullmatch
_TIME = re.compile(rb"(" + _CLOCK + rb")" + _MORE_DIGITS).fullmatch
_OLD_TIME = re.compile(rb"\d\d:\d\d(?::\d\d(?:\.\d+)?)?").fullmatch
_AGE = re.compile(rb"(\d{1,5}) ?([DWMY])").fullmatch

_AFTER = r"(?:[ T_,]*\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?)?(?: ?(?:Z|AM|PM|[+-]\d\d:?\d\d))?"
_YEAR_FIRST = re.compile(r"((?:19|20)\d\d)([-./ ]?)(\d\d)\2(\d\d)" + _AFTER).fullmatch
_YEAR_LAST = re.compile(r"(\d{1,2})([-./ ])(\d{1,2})\2((?:19|20)\d\d)" + _AFTER).fullmatch
_SHORT_YEAR = re.compile(r"(\d\d?)([-/])(\d\d?)\2\d\d|(\d\d)\.(\d\d)\.\d\d").fullmatch
_DAY_NAMED = re.compile(r"(\d{1,2})[-., /]*([A-Z]{3,9})[-., /]*(?:\d{4}|'?\d\d)" + _AFTER).fullmatch
_NAMED_DAY = re.compile(r"([A-Z]{3,9})[-., /]*(\d{1,2})[-., /]+(?:\d{4}|'?\d\d)" + _AFTER).fullmatch
_MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER",
)  # fmt: skip


def shift_of(key_digest: bytes) -> int:
    """How many days all dates of a patient move, from a keyed digest: 52 to 520 weeks back, so weekdays stay."""
    weeks = FEWEST_WEEKS + int.from_bytes(key_digest) % (MOST_WEEKS - FEWEST_WEEKS + 1)
    return -7 * weeks


def shifted(vr: str, value: bytes, days: int) -> bytes | None:
    """The dates of a value, each moved by so many days; the same object if nothing changes; None: no date is in it.

    Of several, those that are no dates become empty. A time of day is not moved by whole days. A DT of a year or month
    alone moves by the nearest number of whole years or months, so that order and intervals among those stay too.
    PS3.5 6.2; ranges, which are for queries only, are no dates.
    """
    move = _MOVES.get(vr)
    return _each(value, lambda part: move(part, days)) if move else None


def capped_age(value: bytes) -> bytes | None:
    """The ages of a value, those over 89 years as 090Y; the same object if nothing changes; None: no age is in it."""
    return _each(value, _age)


def is_device_or_vocabulary(tag: int) -> bool:
    """Whether a date belongs to a device, a protocol or a vocabulary, so that it is never shifted."""
    return role_of_date(tag) != "shift"


def role_of_date(tag: int) -> Role:
    """What is done to a date where dates are shifted: others know some, and one of those shifted tells the shift.

    A private date is shifted. A standard attribute that the table does not have gets a dummy.
    """
    return "shift" if tag >> 16 & 1 else _roles().get(tag, "dummy")


def looks_like_date(value: bytes) -> bool:
    """Whether one of the values is a whole date, in a spelling of files or of people, with or without a time of day."""
    text = value.split(b"\0", 1)[0].decode("latin-1").upper()
    return any(_is_date(part.strip()) for part in text.split("\\"))


def _each(value: bytes, make: Callable[[bytes], bytes]) -> bytes | None:
    """The values made anew one by one, without padding and what stands behind a NUL; None if nothing is left of any."""
    parts = [part.strip(b" ") for part in value.split(b"\0", 1)[0].split(b"\\")]
    made = [make(part) if part else b"" for part in parts]
    if any(parts) and not any(made):
        return None
    joined = b"\\".join(made)
    return value if joined == value.removesuffix(b" ") else joined


def _moved_date(part: bytes, days: int) -> bytes:
    found = _DATE(part)
    return _moved_day(found[1] + found[3] + found[4], days) if found else b""


def _moved_date_time(part: bytes, days: int) -> bytes:
    found = _DATE_TIME(part) or _DATE_TIME(_without_clock(part))
    if not found:
        return b""
    day, clock, year, month, zone = (group or b"" for group in found.groups())
    if not day:
        period = _moved_period(year + month, days)
        return period + zone if period else b""
    if day.decode() in _placeholders():
        return DUMMY_DATE + (DUMMY_TIME if clock else b"")
    moved = _moved_day(day, days)
    return moved + clock + zone if moved else b""


def _without_clock(part: bytes) -> bytes:
    """The day alone where what follows it is no time of day."""
    return part[:8] if part.isdigit() and len(part) in (10, 12, 14) else part


def _time(part: bytes, days: int) -> bytes:
    """A time of day as it is, without the colons of old files (PS3.5 6.2, TM)."""
    found = _TIME(part.replace(b":", b"") if _OLD_TIME(part) else part)
    return found[1] if found else b""


def _moved_day(digits: bytes, days: int) -> bytes:
    """Eight digits moved; nothing if they are no day of the calendar, or the result is before the year 1."""
    text = digits.decode()
    if text in _placeholders():
        return DUMMY_DATE
    try:
        moved = date(int(text[:4]), int(text[4:6]), int(text[6:])) + timedelta(days)
    except (ValueError, OverflowError):
        return b""
    return moved.isoformat().replace("-", "").encode()


def _moved_period(digits: bytes, days: int) -> bytes:
    """A year, or a year and a month, moved by the nearest number of those."""
    if any(one.startswith(digits.decode()) for one in _placeholders()):
        return DUMMY_DATE[: len(digits)]
    year, month = int(digits[:4]), int(digits[4:] or b"1")
    if len(digits) == 4:
        year += round(days / DAYS_OF_YEAR)
        return b"%04d" % year if _is_year(year) else b""
    if not 1 <= month <= MONTHS_OF_YEAR:
        return b""
    moved = year * MONTHS_OF_YEAR + month - 1 + round(days / DAYS_OF_YEAR * MONTHS_OF_YEAR)
    year, month = divmod(moved, MONTHS_OF_YEAR)
    return b"%04d%02d" % (year, month + 1) if _is_year(year) else b""


def _is_year(year: int) -> bool:
    return date.min.year <= year <= date.max.year


_MOVES: dict[str, Callable[[bytes, int], bytes]] = {"DA": _moved_date, "DT": _moved_date_time, "TM": _time}


def _age(part: bytes) -> bytes:
    """An age string with three digits; more of them, or fewer, are in real files."""
    found = _AGE(part.upper())
    if not found:
        return b""
    number, unit = int(found[1]), found[2]
    if number >= AGE_90[unit]:
        return CAPPED_AGE
    if number > LONGEST_AGE:
        number, unit = number * AGE_90[b"Y"] // AGE_90[unit], b"Y"
    return b"%03d%s" % (number, unit)


@cache
def _roles() -> dict[int, Role]:
    """The roles by tag number, as `standard/date_roles.csv` has them."""
    roles: dict[str, Role] = {"shift": "shift", "dummy": "dummy", "keep": "keep"}
    return {int(row["tag"], 16): roles[row["role"]] for row in rows("date_roles.csv")}


@cache
def _placeholders() -> frozenset[str]:
    """Dates that software writes where it knows none."""
    return frozenset(row["date"] for row in rows("placeholder_dates.csv"))


def _is_date(text: str) -> bool:
    if found := _YEAR_FIRST(text):
        return _is_day_of_month(int(found[3]), int(found[4]))
    if found := _YEAR_LAST(text):
        return _is_either_order(found[1], found[3])
    if found := _SHORT_YEAR(text):
        return _is_either_order(found[1] or found[4], found[3] or found[5])
    if found := _DAY_NAMED(text):
        return _is_month(found[2]) and 1 <= int(found[1]) <= 31
    found = _NAMED_DAY(text)
    return found is not None and _is_month(found[1]) and 1 <= int(found[2]) <= 31


def _is_month(name: str) -> bool:
    """Whether a word of three letters or more is a month in English, shortened or not."""
    return any(month.startswith(name) for month in _MONTHS)


def _is_day_of_month(month: int, day: int) -> bool:
    return 1 <= month <= MONTHS_OF_YEAR and 1 <= day <= 31


def _is_either_order(one: str, other: str) -> bool:
    """Whether two numbers are a day and a month, whichever comes first."""
    return _is_day_of_month(int(one), int(other)) or _is_day_of_month(int(other), int(one))
