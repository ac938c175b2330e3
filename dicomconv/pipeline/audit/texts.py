"""What is found in names, in texts of whatever format, and in bytes that are none."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from dicomconv.pipeline.audit.own_digests import picture_of_row, without_digests
from dicomconv.pipeline.audit.suspects import Suspects

PIECE, OVERLAP = 1 << 22, 1 << 10
SAMPLE = 1 << 16
MARKS_OF_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_RUN_ENDED = re.compile(rb'"ended": "[^"]*"')

Places = Counter[tuple[str, str]]
"""How often a kind was found at a place."""


def codec_of(sample: bytes) -> str:
    """The encoding of a text file from its start; empty if it is no text."""
    for mark, codec in MARKS_OF_UTF_16.items():
        if sample.startswith(mark):
            return codec
    if _CONTROLS.search(sample):
        return ""
    try:
        sample[: max(0, len(sample) - 4)].decode("utf-8")
    except UnicodeDecodeError as error:
        return "latin-1" if error.start < len(sample) - 8 else "utf-8"
    return "utf-8"


def in_text_file(path: Path, codec: str, suspects: Suspects, *, is_report: bool = False) -> Places:
    """What is found in a text file, by line; `is_report`: when a run ended is the time of the run, and nobody's."""
    found: Places = Counter()
    line = 1
    for piece in _pieces(path):
        data = _RUN_ENDED.sub(b'"ended": ""', piece) if is_report else piece
        lines = data.decode(codec, "replace").split("\n")
        for number, text in enumerate(lines, line):
            kinds = in_any_spelling(text, suspects)
            if kinds and (picture := picture_of_row(text, path.parent)):
                kinds = in_any_spelling(without_digests(text, picture), suspects)
            found.update((f"line {number}", kind) for kind in kinds)
        line += len(lines) - 1
    return found


def in_any_spelling(text: str, suspects: Suspects) -> set[str]:
    """The kinds found in a text as it stands, and with its escapes (JSON, HTML, URL) undone."""
    found = suspects.in_text(text)
    plain = text
    if "\\u" in plain:
        plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), plain)
    if "&" in plain:
        plain = html.unescape(plain)
    if "%" in plain:
        plain = unquote(plain)
    return found if plain == text else found | suspects.in_text(plain)


def in_binary_file(path: Path, suspects: Suspects) -> Places:
    """What is found among the bytes of a file that nobody here can read."""
    found: Places = Counter()
    before = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(("its bytes", kind) for kind in suspects.in_binary(before + piece))
            before = piece[-OVERLAP:]
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    """A text file in pieces that end where lines do, as far as lines are no longer than a piece."""
    rest = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            whole, newline, rest = (rest + piece).rpartition(b"\n")
            if newline:
                yield whole + newline
            elif len(rest) > 4 * PIECE:
                yield rest
                rest = rest[-OVERLAP:]
    if rest:
        yield rest
