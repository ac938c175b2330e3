"""Looks for what identifies a patient in what is about to leave: in text, and in bytes of any encoding (PS3.15 E.1.1)."""

import re
from dataclasses import dataclass

import numpy as np
from ahocorasick_rs import BytesAhoCorasick

from dicomconv.deid.text.charsets import encoded_names, read_around
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.dates import MONTHS
from dicomconv.deid.text.forms import matcher_of
from dicomconv.deid.text.match import Found, Kind

SHORTEST_IN_BYTES, SHORTEST_NUMBER_IN_BYTES = 4, 6
_MARGIN = 64
_COUNTS = bytes(byte for byte in range(128) if chr(byte).isalnum())
_DELETED = bytes(byte for byte in range(256) if byte not in _COUNTS)
_LOWER = bytes(ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256))
_KEPT = np.isin(np.arange(256), list(_COUNTS))
_LETTER_OF_ANY_SCRIPT = "ƻ"  # a letter that has no case: beside one that has, it is no seam of camel case
_UID_BYTES = bytes(byte if chr(byte) in "0123456789." else 0x20 for byte in range(256))
_UID_DIGITS = frozenset(bytes([byte]) for byte in b"0123456789.")
_SHORTEST_UID, _WIDE, _WIDE_POINT = 9, b"\0", b"\0.\0"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something that identifies the patient stands in what was searched: its kind and offset, never the value."""

    kind: Kind
    offset: int


class ResidualSearch:
    """Finds the identifying values of one patient, in every spelling, in texts and in bytes."""

    __slots__ = ("_automaton", "_exact", "_exact_automaton", "_matcher", "_uids")

    def __init__(self, identifiers: Identifiers) -> None:
        self._matcher = matcher_of(identifiers)
        letters = [form.encode() for form in self._matcher.letters if _is_for_bytes(form)]
        self._automaton = BytesAhoCorasick(letters) if letters else None
        self._exact = encoded_names(_words_beyond_ascii(identifiers))
        self._exact_automaton = BytesAhoCorasick(list(self._exact)) if self._exact else None
        self._uids = frozenset(uid.encode("latin-1", "replace") for uid in identifiers.uids)

    def in_text(self, text: str) -> list[Hit]:
        """What identifies the patient in a text."""
        return [Hit(found.kind, found.start) for found in self._matcher.find(text)]

    def in_bytes(self, data: bytes) -> list[Hit]:
        """What identifies the patient in bytes: ASCII, UTF-8, UTF-16, the character sets of DICOM; not compressed ones.

        Numbers of fewer than six digits are looked for in texts only: every header has such figures. Where the second
        byte of an ideograph looks like a separator, a name glued to it is a hit here and none in the decoded text.
        """
        hits = {*self._plain(data), *self._encoded(data), *self._uids_in(data)}
        return sorted(hits, key=lambda hit: (hit.offset, hit.kind))

    def _plain(self, data: bytes) -> list[Hit]:
        """Spellings in ASCII letters, one byte or two bytes each: found among letters and digits, checked in place."""
        if self._automaton is None:
            return []
        found = self._automaton.find_matches_as_indexes(data.translate(_LOWER, _DELETED), overlapping=True)
        if not found:
            return []
        places = np.flatnonzero(_KEPT[np.frombuffer(data, np.uint8)])
        spans = {(int(places[first]), int(places[last - 1]) + 1) for _, first, last in found}
        return [hit for start, end in spans for hit in self._verified(data, start, end)]

    def _verified(self, data: bytes, start: int, end: int) -> list[Hit]:
        """The hits in the surroundings of a candidate, read as one-byte text and as two-byte text."""
        before, core, after = data[max(0, start - _MARGIN) : start], data[start:end], data[end : end + _MARGIN]
        if core[1:2] == b"\0" and core.count(b"\0") * 2 >= len(core) - 1:
            return self._in_wide(before, core, after, start)
        if b"\0" in core:
            return []
        left, middle, right = _read(_without_binary_left(before), core, _without_binary_right(after))
        return self._hits(left + middle + right, len(left), len(left) + len(middle), start)

    def _in_wide(self, before: bytes, core: bytes, after: bytes, start: int) -> list[Hit]:
        """UTF-16: in both byte orders that the bytes may be in, since beside the candidate they read differently."""
        readings = []
        if after[:1] in (b"\0", b""):
            readings.append(_units(before, core + after, "utf-16-le"))
        if before[-1:] == b"\0":
            readings.append(_units(before[:-1], b"\0" + core + after, "utf-16-be"))
        length = (len(core) + 1) // 2
        hits = [self._hits(left + text, len(left), len(left) + length, start) for left, text in readings]
        return hits[0] if hits and all(hits) else []

    def _hits(self, text: str, first: int, last: int, offset: int) -> list[Hit]:
        found = self._matcher.find(text)
        return [Hit(one.kind, offset) for one in found if _covers(one, first, last)]

    def _encoded(self, data: bytes) -> list[Hit]:
        """Spellings beyond ASCII, as the bytes that they are in some character set."""
        if self._exact_automaton is None:
            return []
        patterns = list(self._exact)
        found = self._exact_automaton.find_matches_as_indexes(data, overlapping=True)
        return [
            hit
            for index, start, end in found
            for codec in self._exact[patterns[index]]
            for hit in self._hits(*read_around(data, start, end, codec), start)
        ]

    def _uids_in(self, data: bytes) -> list[Hit]:
        """Whole UIDs, one byte a digit or two."""
        if not self._uids:
            return []
        found = self._known_uids(data)
        if _WIDE_POINT in data:
            found |= {_WIDE.join(bytes([byte]) for byte in uid) for uid in self._known_uids(data.replace(_WIDE, b""))}
        return [Hit("uid", match.start()) for uid in found for match in re.finditer(re.escape(uid), data)]

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


def _units(before: bytes, after: bytes, codec: str) -> tuple[str, str]:
    """Two-byte text on both sides of the place where a candidate begins."""
    odd, even = len(before) % 2, len(after) // 2 * 2
    return before[odd:].decode(codec, "replace"), after[:even].decode(codec, "replace")


def _covers(found: Found, first: int, last: int) -> bool:
    return found.start < last and first < found.end


def _without_binary_left(before: bytes) -> bytes:
    """What stands before a value: the end of a length, or of an escape sequence, may look like a letter."""
    if before.endswith((b"\x1b(B", b"\x1b(J")):
        return before[:-1] + b" "
    return before[:-1] + b" " if before[-2:-1] == b"\0" else before


def _without_binary_right(after: bytes) -> bytes:
    """What stands after a value: of the tag behind it the first byte may look like a letter."""
    return b" " + after[1:] if after[1:2] == b"\0" else after


def _read(before: bytes, core: bytes, after: bytes) -> tuple[str, str, str]:
    """Bytes as text: UTF-8 if they are, else each byte beyond ASCII as some letter."""
    try:
        return before[_broken(before) :].decode(), core.decode(), after[: _whole(after)].decode()
    except UnicodeDecodeError:
        return _any_letters(before), _any_letters(core), _any_letters(after)


def _broken(data: bytes) -> int:
    """How many bytes at the start continue a character of UTF-8 that began before."""
    return next((i for i, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)


def _whole(data: bytes) -> int:
    """How many bytes there are up to the last whole character of UTF-8."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            return len(data) - back
    return len(data)


def _any_letters(data: bytes) -> str:
    return "".join(chr(byte) if byte < 0x80 else _LETTER_OF_ANY_SCRIPT for byte in data)
