"""JSON of which only one element at a time is in memory beside its text."""

import json
import re
from collections.abc import Generator, Iterator
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from dicomconv.annotations.checked import Unreadable

_SPACE = re.compile(r"[ \t\n\r]*")
_decode = json.JSONDecoder().raw_decode


def read_text(path: Path) -> str:
    """A text file as UTF-8, with or without a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeError:
        raise Unreadable("this is not text in UTF-8") from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({type(error).__name__})") from None


def value(text: str) -> Any:
    """The whole of it."""
    found, at = _value(text, _after_space(text, 0))
    _end(text, at)
    return found


def elements(text: str) -> Iterator[Any]:
    """The elements of a list, one by one; Unreadable if it is no list."""
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise Unreadable("this is not a list in JSON")
    _end(text, (yield from _list(text, at)))


def members(text: str) -> dict[str, int]:
    """The keys of an object, and where in the text the value of each begins; Unreadable if it is no object."""
    at = _after_space(text, 0)
    if text[at : at + 1] != "{":
        raise Unreadable("this is not an object in JSON")
    found: dict[str, int] = {}
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "}":
        key, at = _value(text, at)
        at = _after_space(text, at)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            raise _fault(text, at)
        at = found[key] = _after_space(text, at + 1)
        at = _after_space(text, _skip(text, at))
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
        elif text[at : at + 1] != "}":
            raise _fault(text, at)
    _end(text, at + 1)
    return found


def elements_at(text: str, at: int) -> Iterator[Any]:
    """The elements of the list that begins here; Unreadable if none does."""
    if text[at : at + 1] != "[":
        raise Unreadable("this is not a list", _line(text, at))
    yield from _list(text, at)


def value_at(text: str, at: int) -> Any:
    """The value that begins here."""
    return _value(text, at)[0]


def _list(text: str, at: int) -> Generator[Any, None, int]:
    at = _after_space(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        element, at = _value(text, at)
        yield element
        at = _after_space(text, at)
        if text[at : at + 1] == "]":
            return at + 1
        if text[at : at + 1] != ",":
            raise _fault(text, at)
        at = _after_space(text, at + 1)


def _skip(text: str, at: int) -> int:
    if text[at : at + 1] != "[":
        return _value(text, at)[1]
    passing = _list(text, at)
    while True:
        try:
            next(passing)
        except StopIteration as end:
            return int(end.value)


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _decode(text, at)
    except JSONDecodeError as error:
        raise _fault(text, error.pos) from None
    except (StopIteration, ValueError):  # the end of the text; a number of thousands of digits
        raise _fault(text, at) from None
    except RecursionError:
        raise Unreadable("lists and objects are nested too deep", _line(text, at)) from None


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _end(text: str, at: int) -> None:
    if _after_space(text, at) != len(text):
        raise _fault(text, at)


def _fault(text: str, at: int) -> Unreadable:
    return Unreadable("this is not JSON from here on; was the file cut short?", _line(text, at))


def _line(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
