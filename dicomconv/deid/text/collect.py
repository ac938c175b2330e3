"""What identifies a patient, collected from headers: names, numbers, places, dates, UIDs (PS3.15 E.1.1, E.3.5)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, Protocol

from dicomconv.alike import Likeness
from dicomconv.deid.actions import is_vocabulary
from dicomconv.elements import Element, inner_encoding, items, scan_items, starts_with_item, vr_in_use
from dicomconv.errors import Malformed, Truncated
from dicomconv.header import Header
from dicomconv.standard import keyword_of, rows, tag_of

CHARSET = 0x00080005
DUMMY_DATE = "19000101"
_REMEMBERED = 1 << 15
_LONGEST = 1 << 12
LONGEST_TEXT = 1 << 13  # of names and places in one element: a length that is damaged makes them of pixels
MOST_NAMES = 32  # of one element: in what has more of them a length is damaged, and each is looked for as it stands
_KIND_OF_VR = {"PN": "name", "UI": "uid", "DA": "date", "DT": "date", "SQ": "items"}
_DATE = re.compile(r"((?:18|19|20)\d\d)[-./]?(0[1-9]|1[0-2])[-./]?(0[1-9]|[12]\d|3[01])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d")


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What identifies a patient, value by value: to be taken out of all text, and looked for in all output."""

    names: frozenset[str] = field(default=frozenset(), repr=False)
    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    phrases: frozenset[str] = field(default=frozenset(), repr=False)
    dates: frozenset[str] = field(default=frozenset(), repr=False)
    uids: frozenset[str] = field(default=frozenset(), repr=False)

    def __or__(self, other: "Identifiers") -> "Identifiers":
        return Identifiers(
            self.names | other.names,
            self.numbers | other.numbers,
            self.phrases | other.phrases,
            self.dates | other.dates,
            self.uids | other.uids,
        )


class Protection(Protocol):
    """What a profile says of an attribute, by its tag and path."""

    def protects(self, tag: int, path: str) -> bool: ...
    def takes_away(self, tag: int, path: str) -> bool: ...
    def keeps_uid(self, tag: int, path: str) -> bool: ...


class _Place(NamedTuple):
    """Where in a data set: keywords of the sequences above, whether one of them is taken away whole, how deep."""

    path: str
    removed: bool
    depth: int


class Collector:
    """Gathers what identifies a patient from the headers of all the patient's files."""

    __slots__ = ("_found", "_keeps_uid", "_kinds", "_protects", "_seen", "_takes_away")

    def __init__(self, profile: "Protection") -> None:
        """`profile`: what it takes away or changes, and what of UIDs it keeps, by tag and path."""
        self._protects, self._keeps_uid, self._takes_away = profile.protects, profile.keeps_uid, profile.takes_away
        self._found: dict[str, set[str]] = {kind: set() for kind in ("name", "number", "phrase", "date", "uid", "kept")}
        self._kinds: dict[tuple[int, str, _Place], str] = {}
        self._seen: set[bytes] = set()

    def add(self, header: Header, likeness: Likeness | None = None) -> None:
        """Take in what identifies somebody in a data set, sequences at every depth included.

        `likeness`: to a data set that was taken in before; what is the same there is passed over.
        """
        is_told = likeness is not None and not likeness.touches(CHARSET)
        fresh = (header.element(tag) for tag in likeness.fresh) if likeness and is_told else header
        self._add(header, _Place("", removed=False, depth=0), filter(None, fresh))

    def add_value(self, kind: str, text: str) -> None:
        """Take in one value from elsewhere than a data set.

        `kind`: "name", "number", "phrase", "date" or "uid", or "free" for a text that holds addresses and numbers.
        """
        for of_kind, part in _identifying_parts(kind, text.strip(" \0")):
            self._found[of_kind].add(part)

    def identifiers(self) -> Identifiers:
        """Everything collected so far."""
        names, numbers, phrases, dates, uids, kept = map(frozenset, self._found.values())
        return Identifiers(names, numbers, phrases, dates, uids - kept)

    def _add(self, header: Header, where: _Place, elements: Iterable[Element]) -> None:
        kinds, charset = self._kinds, header.raw("SpecificCharacterSet")
        for element in elements:
            key = (element.tag, element.vr, where)
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = self._kind(element, where)
            if kind and (where.path or self._is_new(header.buffer[element.start : element.end] + charset)):
                self._take(header, element, where, kind)

    def _is_new(self, raw: bytes) -> bool:
        """Whether an element of the data set itself was not seen before: most are the same in every slice."""
        if raw in self._seen:
            return False
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        if len(raw) <= _LONGEST:
            self._seen.add(raw)
        return True

    def _kind(self, element: Element, where: _Place) -> str:
        """What the values of an element are to be looked for as; empty: not at all."""
        vr = "SQ" if element.undefined else vr_in_use(element)
        sequence = where.path.rpartition(".")[2]
        kind = (
            identifying().get((sequence, element.tag))
            or identifying().get(("", element.tag))
            or _KIND_OF_VR.get(vr, "")
        )
        if kind in ("", "items"):
            return kind
        if where.removed or self._protects(element.tag, where.path):
            return kind
        return "kept" if kind == "uid" and self._keeps_uid(element.tag, where.path) else ""

    def _take(self, header: Header, element: Element, where: _Place, kind: str) -> None:
        if kind == "items":
            self._add_items(header, element, where)
            return
        text = header.decode(element)
        if kind in ("name", "phrase"):
            text = text[:LONGEST_TEXT]
        for number, value in enumerate(text.split("\\")):
            self.add_value("phrase" if kind == "name" and number >= MOST_NAMES else kind, value)

    def _add_items(self, header: Header, element: Element, where: _Place) -> None:
        inner = inner_encoding(element, header.encoding)
        if not starts_with_item(header.buffer, element, inner):
            return
        keyword = keyword_of(element.tag)
        below = _Place(
            f"{where.path}.{keyword}" if where.path else keyword,
            where.removed or self._takes_away(element.tag, where.path),
            where.depth + 1,
        )
        try:
            for _, inside, outside in items(header.buffer, element, header.encoding, where.depth):
                found = scan_items(header.buffer, inside, outside, inner, below.depth)
                self._add(Header(header.buffer, found, inner, header), below, found)
        except (Malformed, Truncated):
            return  # the stage that changes the file says so; what was read before it counts

    def __repr__(self) -> str:
        return f"<Collector of {sum(map(len, self._found.values()))} values>"


@cache
def identifying() -> dict[tuple[str, int], str]:
    """The kind of value by tag, and by the sequence it must stand in if any, as `standard/identifying.csv` has it."""
    places = ((row["keyword"].rpartition("."), row["kind"]) for row in rows("identifying.csv"))
    return {(sequence, tag_of(keyword)): kind for (sequence, _, keyword), kind in places}


def _identifying_parts(kind: str, value: str) -> Iterable[tuple[str, str]]:
    """The kind and text of what is to be looked for of one value."""
    if not value.strip("^=- "):
        return ()
    if kind == "date":
        match = _DATE.match(value)
        return () if match is None or "".join(match.groups()) == DUMMY_DATE else (("date", "".join(match.groups())),)
    if kind in ("uid", "kept"):
        return ((kind, value),) if _names_an_instance(value) else ()
    if kind in ("free", "phrase"):
        return [*_in_free_text(value), *([("phrase", value)] if kind == "phrase" else [])]
    return ((kind, value),)


def _in_free_text(value: str) -> list[tuple[str, str]]:
    """The e-mail addresses and phone numbers of a text."""
    found = [("phrase", match[0]) for match in _EMAIL.finditer(value)]
    return found + [("number", match[0]) for match in _PHONE.finditer(value)]


def _names_an_instance(uid: str) -> bool:
    """Whether a UID is one of somebody's own: not registered, and too long for a version number."""
    return (len(uid) >= 14 or uid.count(".") >= 4) and not is_vocabulary(uid.rstrip("."))
