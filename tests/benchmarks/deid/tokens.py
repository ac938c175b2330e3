"""Words of a text, as the scorer compares them. The list of words that mean nothing is frozen."""

import re
from functools import lru_cache

from tests.benchmarks.deid.tables import stop_words

WHOLE = r"\d+(?:[./:+-][\w]+)+|[\w.+-]+@[\w.-]+"  # dates, UIDs and addresses stay whole
TOKEN = re.compile(rf"{WHOLE}|\d+\.\d+|[^\W_]+", re.UNICODE)
SHORTEST_INSIDE = 5  # letters: shorter words are looked for as words, longer ones inside of others too


@lru_cache(maxsize=100_000)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without those that mean nothing and those of one letter."""
    found = (one.group().casefold() for one in TOKEN.finditer(text))
    return tuple(one for one in found if one not in stop_words() and (len(one) > 1 or one.isdigit()))


def as_number(token: str) -> float | None:
    """The number that a word is, if it is one."""
    try:
        return float(token)
    except ValueError:
        return None


def is_kept(token: str, text: str) -> bool:
    """Whether a word stands in a text; numbers are compared as numbers."""
    number = as_number(token)
    if number is None:
        return token in text.casefold()
    return any(as_number(one) == number for one in tokens(text)) or token in text


def is_left(token: str, text: str) -> bool:
    """Whether a word that had to go is still in a text: as a word, or inside of one if it is long."""
    inside = len(token) >= SHORTEST_INSIDE and token in text.casefold()
    return inside or token in tokens(text)
