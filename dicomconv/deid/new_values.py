"""What one patient's values become where they are not simply removed: kept, cleaned, shifted, given a pseudonym.

Every function gives an encoded value without padding, the same object where nothing changes, and None where the code
cannot be carried out, so that the attribute's other code counts (PS3.15 E.1.1, E.3.5, E.3.6).
"""

import re
from dataclasses import dataclass, field

from dicomconv.deid import strings
from dicomconv.deid.dates import capped_age, looks_like_date, shifted
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.terms import is_of_words
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.values import BINARY_VRS, fits, is_valid, made_plain
from dicomconv.elements import Element, vr_in_use

TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
TOKENS = frozenset({"AE", "CS", "UR"})  # meaningless in part: a value that holds what identifies goes as a whole
NUMBERS = frozenset({"DS", "IS"})
SHORTEST_NUMBER = 6  # digits: shorter ones are ordinary numbers of an image more often than somebody's
_TIMEZONE = re.compile(rb"[+-]\d{4} *").fullmatch
_SECONDS = range(10**9, 2 * 10**9)  # a ten-digit number that may count the seconds since 1970


def plain_value(buffer: bytes, element: Element, known_vr: str) -> bytes | None:
    """The value of an element as its VR lets it stand, made plain if need be; None: it cannot stay (PS3.5 6.2)."""
    vr = vr_in_use(element)
    raw = buffer[element.value : element.end]
    if element.undefined or vr == "SQ" or not fits(element.tag, vr, known_vr, len(raw)):
        return None
    check = vr if vr in BINARY_VRS else known_vr
    if is_valid(check, raw) and is_valid(vr, raw):
        return raw
    plain = made_plain(check, raw)
    return plain if plain is not None and is_valid(vr, plain) else None


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one patient: what identifies, the shift of the dates, the pseudonyms."""

    pseudonyms: Pseudonyms
    scrubber: Scrubber = field(repr=False)
    shift_days: int = field(repr=False)
    hides_dates: bool = True

    def made(self, code: str, vr: str, raw: bytes, charset: bytes) -> bytes | None:
        """The value that a code (K, T, C, S, P) makes of a plain one."""
        if not raw.strip(b" \0\\"):
            return raw
        if code == "S":
            return self._shifted(vr, raw)
        if code == "P":
            return self._pseudonym(vr, raw, charset)
        if code == "C":
            return self._texts(vr, raw, charset, self.scrubber.clean)
        if code == "T":
            return self._technical(vr, raw, charset)
        return self._kept(vr, raw, charset)

    def _kept(self, vr: str, raw: bytes, charset: bytes) -> bytes | None:
        if vr in TEXTS:
            new = strings.changed(raw, vr, charset, self.scrubber.echo)
        elif vr in TOKENS:
            new = strings.changed(raw, vr, charset, self._whole)
        elif vr in NUMBERS:
            new = strings.changed(raw, vr, charset, self._number)
        elif vr in ("DA", "DT", "TM"):
            new = shifted(vr, raw, 0)
        else:
            return capped_age(raw) if vr == "AS" else raw
        return _unless_empty(new)

    def _texts(self, vr: str, raw: bytes, charset: bytes, clean: strings.Change) -> bytes | None:
        if vr not in TEXTS:
            return None
        return _unless_empty(strings.changed(raw, vr, charset, clean))

    def _technical(self, vr: str, raw: bytes, charset: bytes) -> bytes | None:
        """A text of technique; a date that others know, unless it is one of the patient's."""
        if vr not in ("DA", "DT"):
            return self._texts(vr, raw, charset, self.scrubber.technical)
        text = raw.decode("latin-1")
        return shifted(vr, raw, 0) if self.scrubber.echo(text) == text else None

    def _shifted(self, vr: str, raw: bytes) -> bytes | None:
        if vr in ("DA", "DT", "TM"):
            return shifted(vr, raw, self.shift_days)
        return raw if _TIMEZONE(raw) else None

    def _pseudonym(self, vr: str, raw: bytes, charset: bytes) -> bytes | None:
        if vr not in TEXTS | TOKENS:
            return None
        return _unless_empty(strings.changed(raw, vr, charset, self._named))

    def _named(self, text: str) -> str:
        return self.pseudonyms.of_value(text) if text.strip() else text

    def _whole(self, text: str) -> str:
        if self.hides_dates and looks_like_date(text.encode("latin-1", "replace")):
            return ""
        return text if self.scrubber.echo(text) is text or is_of_words(text) else ""

    def _number(self, text: str) -> str:
        """A decimal number, unless its whole part is an ID or a date of the patient's."""
        try:
            whole = str(int(abs(float(text))))
        except (ValueError, OverflowError):
            return text
        if len(whole) < SHORTEST_NUMBER:
            return text
        is_time = self.hides_dates and int(whole) in _SECONDS and "." not in text
        return "" if is_time or not self._whole(whole) else text


def _unless_empty(new: bytes | None) -> bytes | None:
    return new if new and new.strip(b" \0\\^=") else None
