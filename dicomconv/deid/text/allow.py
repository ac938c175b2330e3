"""Leaves of a text the words of imaging and plain figures: what is not known goes (PS3.15 E.3.5)."""

import re
from typing import NamedTuple

from dicomconv.deid.text.cut import without
from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.match import Found
from dicomconv.deid.text.words import is_word

_PIECE = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*|\d+(?:[.,]\d+)*")
_CAMEL = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+")
_KERNEL = re.compile(
    r"(?:[BDHIQTU]|Ab|Ag|Bf|Bl|Bm|Bn|Br|Bv|Gr|Hc|Hf|Hk|Hn|Hp|Hr|Hv|Hw|Qr|Sa|Sd|Sm|Sn|Sp|Tf|Tr|Ub|Uf|Ur|Us|FC)\d{2,3}[a-z]{0,2}"
)
_UNIT = re.compile(
    r"(?:[mcµuk]?m|mm[23²³]?|cm[23²³]?|ms|msec|s|sec|secs|min|mins|h|hr|hrs|kv|kvp|ma|mas|ml|cc|mg|g|kg|mgi|mgy|gy|cgy|msv"
    r"|hz|khz|mhz|t|tesla|hu|x|fps|bpm|deg|degrees|grad|fold|views?|phases?|slices?|vols?|volumes?|dirs?|directions?"
    r"|channels?|ch|bit|bits|frames?|beats?|mbq|mci|bq|kbq|d|st|nd|rd|th|pct|percent)",
    re.IGNORECASE,
)
_FIGURE_BEFORE = re.compile(r"\d ?$")
_SINGLE = frozenset("abcdefghilmnopqrstvwxyz")
_PLANES = re.compile(r"(?:ax|axi|axial|cor|coro|sag|sagi|tra|trans|obl)")
_AFTER_PLANE = frozenset(
    "t pd fs dwi adc flair tse fse stir gre mpr mip mprage thin bone lung soft obl swi fiesta spgr w c".split()  # noqa: SIM905 - a list of words reads as one
)
_LONGEST_FIGURE, _LONGEST_WITH_UNIT = 4, 6
_LONGEST_CODE_WORD, _LONGEST_CODE_FIGURE = 4, 7  # in an attribute of technique: letters, digits


class Piece(NamedTuple):
    """A run of letters or of digits in a text."""

    start: int
    end: int
    text: str

    @property
    def is_figure(self) -> bool:
        """Whether it is a number."""
        return self.text[0].isdigit()


def only_known(text: str) -> str:
    """The text without words that no list has and figures that may be identifiers; the same if it has none."""
    pieces = [Piece(*match.span(), match[0]) for match in _PIECE.finditer(text)]
    runs = _runs(pieces)
    unknown = [Found(*span, "phrase") for run in runs for span in _unknown(run, text)]
    return without(text, unknown) if unknown else text


def only_technical(text: str) -> str:
    """The text without long words that no list has and long figures; the same if it has none.

    For attributes that name techniques, devices and codes: what is short, or letters and digits mixed, may stay.
    """
    pieces = [Piece(*match.span(), match[0]) for match in _PIECE.finditer(text)]
    unknown = [Found(*span, "phrase") for run in _runs(pieces) for span in _untechnical(run, text)]
    return without(text, unknown) if unknown else text


def _untechnical(run: list[Piece], text: str) -> list[tuple[int, int]]:
    if is_word(folded(text[run[0].start : run[-1].end])):
        return []
    return [(piece.start, piece.end) for piece in run if not _is_technical(piece)]


def _is_technical(piece: Piece) -> bool:
    if piece.is_figure:
        return _whole_digits(piece.text) <= _LONGEST_CODE_FIGURE
    return len(folded(piece.text)) <= _LONGEST_CODE_WORD or _is_known(piece.text)


def _runs(pieces: list[Piece]) -> list[list[Piece]]:
    """Letters and digits that stand together without a separator, as one run each."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        if runs and runs[-1][-1].end == piece.start:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def _unknown(run: list[Piece], text: str) -> list[tuple[int, int]]:
    """The spans of a run that may not stay: all of it, or single unknown words beside known ones."""
    whole = text[run[0].start : run[-1].end]
    if is_word(folded(whole)) or _KERNEL.fullmatch(whole):
        return []
    if len(run) == 1:
        piece = run[0]
        return _unknown_figure(piece, text) if piece.is_figure else _unknown_letters(piece, text)
    if all(_may_stay(run, i) for i in range(len(run))):
        return []
    return [(run[0].start, run[-1].end)]


def _may_stay(run: list[Piece], i: int) -> bool:
    """Whether one piece of a run of letters and digits says nothing of anybody."""
    piece = run[i]
    if not piece.is_figure:
        digits = sum(len(other.text) for other in run if other.is_figure)
        return _is_known(piece.text) or _is_code(piece.text, digits)
    has_unit = i + 1 < len(run) and _UNIT.fullmatch(run[i + 1].text) is not None
    return _whole_digits(piece.text) <= (_LONGEST_WITH_UNIT if has_unit else _LONGEST_FIGURE)


def _is_code(letters: str, digits: int) -> bool:
    """Whether letters beside so many digits are too few to be somebody's: "p2", "b1000", "C5", "fl3d"."""
    if len(letters) == 1:
        return digits <= 3 or (letters in "bB" and digits <= 5)
    return len(letters) == 2 and digits <= 2


def _unknown_figure(piece: Piece, text: str) -> list[tuple[int, int]]:
    """A number that stands alone goes if it is longer than a measure is."""
    unit = _UNIT.match(text[piece.end :].lstrip(" "))
    followed = unit is not None and not text[piece.end :].lstrip(" ")[unit.end() : unit.end() + 1].isalnum()
    longest = _LONGEST_WITH_UNIT if followed else _LONGEST_FIGURE
    return [] if _whole_digits(piece.text) <= longest else [(piece.start, piece.end)]


def _whole_digits(figure: str) -> int:
    """How many digits a number has in front of its fraction; of several joined by points or commas the most."""
    parts = re.split("[.,]", figure)
    return len(parts[0]) if len(parts) == 2 and len(parts[1]) <= _LONGEST_WITH_UNIT else max(map(len, parts))


def _unknown_letters(piece: Piece, text: str) -> list[tuple[int, int]]:
    """The letters that go: all of them, or of words run together in camel case the unknown ones."""
    is_unit = _UNIT.fullmatch(piece.text) and _FIGURE_BEFORE.search(text, max(piece.start - 2, 0), piece.start)
    if is_unit or _is_known(piece.text):
        return []
    return [(piece.start, piece.end)]


def _is_known(letters: str) -> bool:
    """Whether letters are a known word, known words in camel case, or a plane with a sequence."""
    word = folded(letters)
    if len(word) <= 1:
        return word in _SINGLE or not word
    return is_word(word) or _is_known_in_camel_case(letters) or _is_plane_with_sequence(word)


def _is_known_in_camel_case(letters: str) -> bool:
    parts = [folded(part) for part in _CAMEL.findall(letters)]
    return len(parts) > 1 and "".join(parts) == folded(letters) and all(len(p) > 1 and is_word(p) for p in parts)


def _is_plane_with_sequence(word: str) -> bool:
    plane = _PLANES.match(word)
    return plane is not None and word[plane.end() :] in _AFTER_PLANE
