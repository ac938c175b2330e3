"""Bytes around something that was found in them, as the text that they may be."""

import re
from collections.abc import Iterator
from typing import NamedTuple

MARGIN = 32
_LETTER_OF_ANY_SCRIPT = "ƻ"  # a letter that has no case: beside one that has, it is no seam of camel case
_SAME_IN_ALL_SETS = {0xA0: "\xa0", 0xAD: "\xad"}  # no-break space, soft hyphen (ISO 8859)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_OF_NO_TEXT = (b"\xff\xff", b"\xfe\xff", b"\xff\xfe", b"\xfe\xfe")  # delimiters, and what fills binary values
_BIG_ENDIAN_LENGTH = re.compile(rb"(?:[A-Z]{2}\0|(?:O[BDFLVW]|S[QV]|U[CNRTV])\0{5})[^\0]$")
_WITHOUT_HIGH = bytes(byte if byte < 0x80 else 0x20 for byte in range(256))
_NEAR = 4  # bytes: a tag


class Around(NamedTuple):
    """A find and what stands beside it, as far as it matters."""

    before: bytes
    core: bytes
    after: bytes

    @property
    def is_wide(self) -> bool:
        """Whether it may be written in two bytes a character."""
        return self.core[1:2] == b"\0" and self.core.count(b"\0") * 2 >= len(self.core) - 1


class Reading(NamedTuple):
    """A text, and where in it the find stands."""

    text: str
    first: int
    last: int


def around(data: bytes, start: int, end: int) -> Around:
    """A find in its surroundings; nothing beyond a NUL, unless it is of two bytes a character: no name reaches over it."""
    one = Around(data[max(0, start - MARGIN) : start], data[start:end], data[end : end + MARGIN])
    if b"\0" in one.core:
        return one
    left = max(0, one.before.rfind(b"\0") - 7)  # a length of big endian, with its VR
    right = one.after.find(b"\0")
    return Around(one.before[left:], one.core, one.after[: right + _NEAR] if right >= 0 else one.after)


def narrow_readings(one: Around) -> Iterator[Reading]:
    """The texts that it may be in one byte a character, ASCII, or UTF-8: beside binary values also without their bytes."""
    before, after = _past_nul(_without_length(one.before)), _before_nul(_without_tag(one.after))
    yield _reading(*_read(before, one.core, after))
    binary_left, binary_right = _is_binary(one.before[-_NEAR:], last=True), _is_binary(one.after[:_NEAR], last=False)
    if binary_left or binary_right:
        before = before.translate(_WITHOUT_HIGH) if binary_left else before
        after = after.translate(_WITHOUT_HIGH) if binary_right else after
        yield _reading(*_read(before, one.core, after))


def wide_readings(one: Around) -> Iterator[Reading]:
    """UTF-16: in both byte orders that the bytes may be in, since beside the find they read differently."""
    length = (len(one.core) + 1) // 2
    if one.after[:1] in (b"\0", b""):
        yield _units(one.before, one.core + one.after, "utf-16-le", length)
    if one.before[-1:] == b"\0":
        yield _units(one.before[:-1], b"\0" + one.core + one.after, "utf-16-be", length)


def _units(before: bytes, after: bytes, codec: str, length: int) -> Reading:
    """Two-byte text on both sides of the place where a find begins."""
    odd, even = len(before) % 2, len(after) // 2 * 2
    left, right = before[odd:].decode(codec, "replace"), after[:even].decode(codec, "replace")
    return Reading(left + right, len(left), len(left) + length)


def _reading(left: str, middle: str, right: str) -> Reading:
    return Reading(left + middle + right, len(left), len(left) + len(middle))


def _without_length(before: bytes) -> bytes:
    """What stands before a value: the end of a length, or of an escape sequence, may look like a letter."""
    if before.endswith((b"\x1b(B", b"\x1b(J")) or _BIG_ENDIAN_LENGTH.search(before):
        return before[:-1] + b" "
    return before


def _without_tag(after: bytes) -> bytes:
    """What stands after a value: of the tag behind it the first byte may look like a letter."""
    return b" " + after[1:] if after[1:2] == b"\0" else after


def _past_nul(before: bytes) -> bytes:
    return before[before.rfind(b"\0") + 1 :] if before[-1:] != b"\0" else b"\0"


def _before_nul(after: bytes) -> bytes:
    return after[: after.find(b"\0")] if b"\0" in after else after


def _is_binary(near: bytes, *, last: bool) -> bool:
    """Whether bytes beside a find are no text: one that no text has stands there, and what is between is no UTF-8."""
    if near[-2:] in _OF_NO_TEXT if last else near[:2] in _OF_NO_TEXT:
        return True
    parts = _BINARY.split(near)
    beside = parts[-1] if last else parts[0]
    return len(parts) > 1 and not _is_utf_8(beside)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


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
    return "".join(chr(byte) if byte < 0x80 else _SAME_IN_ALL_SETS.get(byte, _LETTER_OF_ANY_SCRIPT) for byte in data)
