"""Whether a message quotes an element's value: found by a scan of its own, which imports nothing of the package."""

import ast
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "dicomconv"
SHORTEST = 4
EXPLICIT = re.compile(rb"(?:AE|AS|CS|DA|DS|DT|IS|LO|LT|PN|SH|ST|TM|UI)(..)", re.DOTALL)
LONG = re.compile(rb"(?:UC|UR|UT)\0\0(....)", re.DOTALL)
IMPLICIT = re.compile(rb"(?=(?:[\x02\x08\x10\x18\x20\x28\x32\x38\x40\x88][\x00-\x03]..(.)(.)\0\0))", re.DOTALL)


@cache
def own_words() -> str:
    """Every text in the source of the package: what it says of itself quotes nobody."""
    texts = (
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    tables = (path.read_text(encoding="utf-8") for path in (PACKAGE / "standard").glob("*.csv"))
    return "\n".join((*texts, *tables)).casefold()


def values(data: bytes) -> Iterator[str]:
    """The parts of what look like texts of elements, explicit or implicit, that are long enough to tell something."""
    for match in EXPLICIT.finditer(data):
        yield from _parts(data[match.end() : match.end() + int.from_bytes(match[1], "little")])
    for match in LONG.finditer(data):
        yield from _parts(data[match.end() : match.end() + min(int.from_bytes(match[1], "little"), 1 << 16)])
    for match in IMPLICIT.finditer(data, 0, 1 << 14):
        yield from _parts(data[match.start() + 8 : match.start() + 8 + match[1][0] + 256 * match[2][0]])


def _parts(value: bytes) -> Iterator[str]:
    for part in re.split(rb"[\\^=\0]", value[:4096]):
        text = part.decode("latin-1").strip()
        if len(text) >= SHORTEST and text.isprintable():
            yield text


@cache
def _own_tokens() -> frozenset[str]:
    return frozenset(_tokens(own_words()))


def _tokens(text: str) -> list[str]:
    """Words as they stand between spaces and the signs of sentences."""
    return [word.strip(".") for word in re.split(r"[\s,;:()'\"`{}]+", text) if word.strip(".")]


@lru_cache(maxsize=1 << 16)
def _says_nothing_of_others(message: str) -> bool:
    """Whether a message is nothing but words of our own, tags, and short numbers."""
    words = _tokens(re.sub(r"\([0-9A-F]{4},[0-9A-F]{4}\)", "", message).casefold())
    return all(word in _own_tokens() or (word.isdigit() and len(word) <= 7) for word in words)


def quoted(message: str, data: bytes) -> str:
    """The value of an element that a message quotes; empty if it quotes none."""
    if _says_nothing_of_others(message):
        return ""
    folded = message.casefold()
    for value in values(data):
        told = value.casefold()
        if _whole(told).search(folded) and not _is_ours(told):
            return value
    return ""


def _whole(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


def _is_ours(text: str) -> bool:
    """Whether our own sentences say this, or it is a short number: an offset or length may be the same by chance."""
    return bool(_whole(text).search(own_words())) or text.startswith("1.2.840.10008.") or (text.isdigit() and len(text) <= 7)
