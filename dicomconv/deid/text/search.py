"""Looks for what identifies a patient in what is about to leave: in text, and in bytes of any encoding (PS3.15 E.1.1)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from ahocorasick_rs import BytesAhoCorasick

from dicomconv.deid.text.charsets import MARGIN as MARGIN_ENCODED
from dicomconv.deid.text.charsets import encoded_names, read_around
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.dates import MONTHS
from dicomconv.deid.text.form import Kind
from dicomconv.deid.text.forms import matcher_of
from dicomconv.deid.text.reading import Around, Reading, around, narrow_readings, wide_readings

Kinds = frozenset[Kind]

SHORTEST_IN_BYTES, SHORTEST_NUMBER_IN_BYTES = 4, 6
_REMEMBERED = 1 << 14
_COUNTS = bytes(byte for byte in range(128) if chr(byte).isalnum())
_DELETED = bytes(byte for byte in range(256) if byte not in _COUNTS)
_LOWER = bytes(ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256))
_KEPT = np.isin(np.arange(256), list(_COUNTS))
_UID_BYTES = bytes(byte if chr(byte) in "0123456789." else 0x20 for byte in range(256))
_UID_DIGITS = frozenset(bytes([byte]) for byte in b"0123456789.")
_SHORTEST_UID, _WIDE, _WIDE_POINT = 9, b"\0", b"\0.\0"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something that identifies the patient stands in what was searched, and its kind; never the value.

    `offset` and `length` in characters of a text, in bytes of bytes.
    """

    kind: Kind
    offset: int
    length: int


class ResidualSearch:
    """Finds the identifying values of one patient, in every spelling, in texts and in bytes."""

    __slots__ = ("_automaton", "_encoded_kinds", "_exact", "_exact_automaton", "_matcher", "_plain_kinds", "_uids")

    def __init__(self, identifiers: Identifiers) -> None:
        self._matcher = matcher_of(identifiers)
        letters = [form.encode() for form in self._matcher.letters if _is_for_bytes(form)]
        self._automaton = BytesAhoCorasick(letters) if letters else None
        self._exact = encoded_names(_words_beyond_ascii(identifiers))
        self._exact_automaton = BytesAhoCorasick(list(self._exact)) if self._exact else None
        self._plain_kinds: dict[Around, Kinds] = {}
        self._encoded_kinds: dict[Around, Kinds] = {}
        self._uids = frozenset(uid.encode("latin-1", "replace") for uid in identifiers.uids)

    def in_text(self, text: str) -> list[Hit]:
        """What identifies the patient in a text."""
        return [Hit(found.kind, found.start, found.end - found.start) for found in self._matcher.find(text)]

    def in_bytes(self, data: bytes) -> list[Hit]:
        """What identifies the patient in bytes: ASCII, UTF-8, UTF-16, the character sets of DICOM; not compressed ones.

        Numbers of fewer than six digits are looked for in texts only: every header has such figures. Where the second
        byte of an ideograph looks like a separator, a name glued to it is a hit here and none in the decoded text.
        """
        hits = {*self._plain(data), *self._encoded(data), *self._uids_in(data)}
        return sorted(hits, key=lambda hit: (hit.offset, hit.kind, hit.length))

    def _plain(self, data: bytes) -> Iterator[Hit]:
        """Spellings in ASCII letters, one byte or two bytes each: found among letters and digits, checked in place."""
        if self._automaton is None:
            return
        found = self._automaton.find_matches_as_indexes(data.translate(_LOWER, _DELETED), overlapping=True)
        if not found:
            return
        places = np.flatnonzero(_KEPT[np.frombuffer(data, np.uint8)])
        for start, end in {(int(places[first]), int(places[last - 1]) + 1) for _, first, last in found}:
            kinds = _remembered(self._plain_kinds, around(data, start, end), made_by=self._kinds_of)
            yield from (Hit(kind, start, end - start) for kind in kinds)

    def _encoded(self, data: bytes) -> Iterator[Hit]:
        """Spellings beyond ASCII, as the bytes that they are in some character set."""
        if self._exact_automaton is None:
            return
        for _, start, end in self._exact_automaton.find_matches_as_indexes(data, overlapping=True):
            one = Around(
                data[max(0, start - MARGIN_ENCODED) : start], data[start:end], data[end : end + MARGIN_ENCODED]
            )
            kinds = _remembered(self._encoded_kinds, one, made_by=self._kinds_of_encoded)
            yield from (Hit(kind, start, end - start) for kind in kinds)

    def _kinds_of(self, one: Around) -> Kinds:
        """The kinds of what a candidate is, read as one-byte text or as two-byte text in every order it may be in."""
        if one.is_wide:
            found = [self._kinds_in(reading) for reading in wide_readings(one)]
            return found[0] if found and all(found) else frozenset()
        if b"\0" in one.core:
            return frozenset()
        return frozenset().union(*map(self._kinds_in, narrow_readings(one)))

    def _kinds_of_encoded(self, one: Around) -> Kinds:
        data, start = b"".join(one), len(one.before)
        end = start + len(one.core)
        readings = (Reading(*read_around(data, start, end, codec)) for codec in self._exact[one.core])
        return frozenset().union(*map(self._kinds_in, readings))

    def _kinds_in(self, reading: Reading) -> Kinds:
        found = self._matcher.find(reading.text)
        return frozenset(one.kind for one in found if one.start < reading.last and reading.first < one.end)

    def _uids_in(self, data: bytes) -> list[Hit]:
        """Whole UIDs, one byte a digit or two."""
        if not self._uids:
            return []
        found = self._known_uids(data)
        if _WIDE_POINT in data:
            found |= {_WIDE.join(bytes([byte]) for byte in uid) for uid in self._known_uids(data.replace(_WIDE, b""))}
        return [Hit("uid", match.start(), len(uid)) for uid in found for match in re.finditer(re.escape(uid), data)]

    def _known_uids(self, data: bytes) -> set[bytes]:
        """The UIDs among the runs of digits and points; a length before or a tag behind one may look like a digit."""
        tokens = [token for token in data.translate(_UID_BYTES).split() if len(token) >= _SHORTEST_UID]
        variants = [cut for token in tokens for cut in (token, token[1:], token[:-1], token[1:-1]) if cut in self._uids]
        return {uid for uid in variants if any(_stands_alone(data, uid, at) for at in _places(data, uid))}

    def __repr__(self) -> str:
        return f"<ResidualSearch with {self._matcher!r}, {len(self._uids)} UIDs>"


def _places(data: bytes, part: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(part), data)]


def _stands_alone(data: bytes, uid: bytes, at: int) -> bool:
    """Whether a UID is no part of a longer one: nothing beside it, or a byte of a length or a tag, next to a NUL."""
    end = at + len(uid)
    before, after = data[max(0, at - 1) : at], data[end : end + 1]
    left = before not in _UID_DIGITS or data[max(0, at - 2) : at - 1] == b"\0"
    return left and (after not in _UID_DIGITS or data[end + 1 : end + 2] in (b"\0", b""))


def _words_beyond_ascii(identifiers: Identifiers) -> frozenset[str]:
    """Names and places, and the months that dates may be written with."""
    return identifiers.names | identifiers.phrases | frozenset(MONTHS if identifiers.dates else ())


def _is_for_bytes(letters: str) -> bool:
    shortest = SHORTEST_NUMBER_IN_BYTES if letters.isdigit() else SHORTEST_IN_BYTES
    return letters.isascii() and len(letters) >= shortest


def _remembered(memory: dict[Around, Kinds], one: Around, *, made_by: Callable[[Around], Kinds]) -> Kinds:
    """What stands in these surroundings: the same ones come back in every slice."""
    kinds = memory.get(one)
    if kinds is None:
        if len(memory) >= _REMEMBERED:
            memory.clear()
        kinds = memory[one] = made_by(one)
    return kinds
