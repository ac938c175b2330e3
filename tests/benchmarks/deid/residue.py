"""Looks for secrets in what was written: in every encoding, whole numbers only, letters large and small alike."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from pydicom.charset import python_encoding

from tests.benchmarks.deid.artefacts import Piece
from tests.benchmarks.deid.records import Leak, Secret

PREFIX = 4
SHORTEST = 6  # bytes: shorter ones are found in random bytes by chance


class Residue:
    """A search for many secrets at once, by the first four bytes of each pattern."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self.patterns: dict[bytes, list[tuple[bytes, Secret]]] = defaultdict(list)
        for secret in secrets:
            for pattern in encodings(secret):
                self.patterns[pattern[:PREFIX]].append((pattern, secret))
        self.prefixes = np.array(sorted({int.from_bytes(one, "little") for one in self.patterns}), np.uint32)

    def leaks(self, pieces: Iterable[Piece]) -> Iterator[Leak]:
        """Every secret in every piece, once for each place."""
        for piece in pieces:
            seen = {secret.text: secret for secret in self.find(piece.content)}
            yield from (Leak(secret, piece.artefact, piece.place) for secret in seen.values())

    def find(self, content: bytes) -> Iterator[Secret]:
        """The secrets that stand in some bytes."""
        lowered = content.lower()
        for start in self._candidates(lowered):
            for pattern, secret in self.patterns[lowered[start : start + PREFIX]]:
                if lowered.startswith(pattern, start) and is_whole(lowered, start, pattern):
                    yield secret

    def _candidates(self, content: bytes) -> list[int]:
        if len(content) < SHORTEST or not len(self.prefixes):
            return []
        octets = np.frombuffer(content, np.uint8).astype(np.uint32)
        words = octets[:-3] | octets[1:-2] << 8 | octets[2:-1] << 16 | octets[3:] << 24
        places = np.searchsorted(self.prefixes, words)
        places[places == len(self.prefixes)] = 0
        return [int(one) for one in np.flatnonzero(self.prefixes[places] == words)]


def is_whole(content: bytes, start: int, pattern: bytes) -> bool:
    """Whether a number is not a part of a longer one; words count wherever they stand."""
    if b"\0" in pattern:  # UTF-16: what stands beside it is a zero
        return True
    before, after = content[max(start - 1, 0) : start], content[start + len(pattern) : start + len(pattern) + 1]
    cut_before = pattern[:1].isdigit() and (before.isdigit() or before == b".")
    cut_behind = pattern[-1:].isdigit() and after.isdigit()
    return not (cut_before or cut_behind)


def encodings(secret: Secret) -> set[bytes]:
    """The bytes of a secret in every character set that an output may have, in lower case where there is one."""
    found: set[bytes] = set()
    for text in spellings(secret.text):
        for encoding in ("utf-8", "latin-1", "utf-16-le", *python_names(secret.character_set)):
            found.add(_encode(text, encoding).lower())
    return {one for one in found if len(one) >= SHORTEST}


def spellings(text: str) -> set[str]:
    """A text composed and decomposed, large and small, and with its blanks as underscores."""
    forms = {text, text.lower(), text.upper(), text.title()}
    forms |= {re.sub(r"[ ^]", "_", one) for one in forms}
    return {unicodedata.normalize(form, one) for one in forms for form in ("NFC", "NFD")}


def python_names(character_set: str) -> list[str]:
    """Python's names of the encodings of a Specific Character Set."""
    return [python_encoding[one] for one in character_set.split("\\") if one in python_encoding and one]


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return b""
