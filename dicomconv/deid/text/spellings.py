"""The ways in which a person's name is written (PS3.5 6.2.1): order, initials, separators, umlauts."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

from dicomconv.deid.text.fold import folded, is_unspaced
from dicomconv.deid.text.match import Form
from dicomconv.deid.text.words import PLACEHOLDERS, clinical, is_common

TITLES = (
    "dr",
    "drmed",
    "prof",
    "profdr",
    "doctor",
    "professor",
    "mr",
    "mrs",
    "miss",
    "ms",
    "herr",
    "frau",
    "mme",
    "dott",
)
_HONOURS = frozenset({*TITLES, "md", "phd", "jr", "sr", "ii", "iii", "iv", "rn", "rt", "do", "esq", "med", "mrn"})
_PARTICLES = frozenset("van der den von de la le del di da dos das du el al bin ibn ben st ter ten zu zur".split())  # noqa: SIM905
_WORDS = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe"}
)
_CONTRACTED = re.compile("(?i)([aou])e")

SHORTEST, SHORTEST_UNSPACED, SHORTEST_WITHIN = 4, 2, 8


class Spelled(NamedTuple):
    """Folded letters, and where separators may stand between them."""

    letters: str
    cuts: frozenset[int]


def name_forms(name: str) -> Iterator[Form]:
    """Every spelling of a person's name, of each of its three component groups."""
    for group in name.split("="):
        parts = [spelled for part in _parts(group) if (spelled := _spellings(part))]
        for part in parts:
            yield from _alone(part)
        yield from _together(parts[:3])


def _parts(group: str) -> list[str]:
    """Family, given and middle name; of a name without carets the last word and the words before it."""
    components = [part.strip() for part in group.split("^")[:3]]
    components = [_without_honours(part) for part in components]
    named = [part for part in components if part]
    if len(named) != 1:
        return named
    family, comma, given = named[0].partition(",")
    if comma:
        return [family, *given.split()[:2]]
    *before, last = named[0].split() or [""]
    return [last, *before[:2]] if len(before) <= 2 else named


def _without_honours(part: str) -> str:
    kept = [word for word in part.split() if folded(word) not in _HONOURS]
    return " ".join(kept)


def _spellings(part: str) -> list[Spelled]:
    """One part of a name in letters, umlauts in their three ways: ü, u, ue."""
    part = unicodedata.normalize("NFC", part)
    ways = [part, part.translate(_UMLAUTS)]
    if len(folded(part)) >= SHORTEST + 2:
        ways.append(_CONTRACTED.sub(r"\1", part))
    return list(dict.fromkeys(spelled for way in ways if (spelled := _joined(_WORDS.findall(way))).letters))


def _joined(words: list[str]) -> Spelled:
    letters, cuts = "", set()
    for word in words:
        cuts.add(len(letters))
        letters += folded(word)
    return Spelled(letters, frozenset(cuts - {0}))


def _alone(part: list[Spelled]) -> Iterator[Form]:
    """A part of a name on its own, its words on their own; beside a title where it is too short or too common."""
    for spelled in part:
        for letters, cuts in {spelled, *_single_words(spelled)}:
            if letters in PLACEHOLDERS:
                continue
            if is_long_enough(letters) and not is_common(letters):
                yield Form(letters, "name", cuts, whole=letters[0].isdigit())
            elif len(letters) > 1:
                yield from _after_title(letters, cuts)


def _single_words(spelled: Spelled) -> Iterator[Spelled]:
    """The words of a part of several words: "Smith" and "Jones" of "Smith-Jones"."""
    bounds = [0, *sorted(spelled.cuts), len(spelled.letters)]
    words = [spelled.letters[start:end] for start, end in pairwise(bounds)]
    return (
        Spelled(word, frozenset()) for word in words if 1 < len(word) < len(spelled.letters) and word not in _PARTICLES
    )


def _with_single_words(part: list[Spelled]) -> list[Spelled]:
    return list(dict.fromkeys([*part, *(word for spelled in part for word in _single_words(spelled))]))


def _after_title(letters: str, cuts: frozenset[int]) -> Iterator[Form]:
    for title in TITLES:
        within = frozenset(cut + len(title) for cut in (0, *cuts))
        inner = {2, 4} & set(range(1, len(title)))
        if is_long_enough(title + letters):
            yield Form(title + letters, "name", within | inner, parted=False, modality=_may_be_modality(title, letters))


def _may_be_modality(title: str, letters: str) -> bool:
    """Whether title and name may as well be a modality and a body part: "MR Head", "DR Hand"."""
    return title in ("mr", "dr", "ms") and letters in clinical()


def is_long_enough(letters: str) -> bool:
    """Whether this many letters say something: four; of a script without spaces two."""
    return len(letters) >= (SHORTEST_UNSPACED if is_unspaced(letters[0]) else SHORTEST)


def _together(parts: list[list[Spelled]]) -> Iterator[Form]:
    """Parts of a name side by side, in the orders that are in use, given names in full or as initials."""
    if len(parts) < 2:
        return
    family, given, middle = map(_with_single_words, (*parts, [])[:3])
    first, second = _initials(given), _initials(middle)
    for order in ([family, given], [given, family], [family, given, middle], [given, middle, family],
                  [given, family, middle], [family, middle, given], [family, middle], [middle, family],
                  [given, middle]):  # fmt: skip
        yield from _combined(order, in_full=True)
    for order in ([first, family], [family, first], [first, second, family], [family, first, second],
                  [given, second, family], [family, given, second]):  # fmt: skip
        yield from _combined(order, in_full=False)


def _initials(part: list[Spelled]) -> list[Spelled]:
    return list({Spelled(spelled.letters[0], frozenset()) for spelled in part})


def _combined(order: list[list[Spelled]], in_full: bool) -> Iterator[Form]:
    for spelled in product(*order):
        joined = _side_by_side(spelled)
        if not is_long_enough(joined.letters) or all(one.letters in PLACEHOLDERS for one in spelled):
            continue
        if not in_full and not _initials_say_enough(spelled):
            continue
        common, initial_at_end = is_common(joined.letters), 1 in (len(spelled[0].letters), len(spelled[-1].letters))
        within = in_full and len(joined.letters) >= SHORTEST_WITHIN and not common and not initial_at_end
        yield Form(joined.letters, "name", joined.cuts, parted=common, inside=within, whole=initial_at_end)


def _side_by_side(spelled: tuple[Spelled, ...]) -> Spelled:
    letters, cuts = "", set[int]()
    for one in spelled:
        cuts |= {len(letters), *(len(letters) + cut for cut in one.cuts)}
        letters += one.letters
    return Spelled(letters, frozenset(cuts - {0}))


def _initials_say_enough(spelled: tuple[Spelled, ...]) -> bool:
    """Whether initials beside this name mean it: "T Spine" and "Head R" are no persons."""
    longest = max((one.letters for one in spelled), key=len)
    initials = {one.letters for one in spelled if len(one.letters) == 1}
    return longest not in PLACEHOLDERS and (longest not in clinical() or not initials & set("aclprst"))
