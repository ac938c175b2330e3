"""The ways in which a person's name is written (PS3.5 6.2.1): order, initials, separators, umlauts."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

from dicomconv.deid.text.fold import folded, is_unspaced
from dicomconv.deid.text.form import Form
from dicomconv.deid.text.scripts import family_of, other_article, stems, with_honorifics
from dicomconv.deid.text.words import PLACEHOLDERS, clinical, is_common, is_within_a_word

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
_SEAM = re.compile("(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")
_JOINED_PARTICLES = tuple(
    """
    abd abu al ben bin d da de del della den der di dos du el fitz ibn la le mac mc o saint st ten ter van von zum zur
    """.split()  # noqa: SIM905 - a list of words reads as one
)

LONGEST_NAME = 96  # PS3.5 6.2 lets a group of components have 64; what is longer is damage, and its words stand alone
SHORTEST, SHORTEST_UNSPACED, SHORTEST_WITHIN, SHORTEST_CUT, LONGEST_CUT = 4, 2, 8, 12, 32


class Spelled(NamedTuple):
    """Folded letters, where words end in them, and where some write one word as two: "Mac Donald"."""

    letters: str
    cuts: frozenset[int] = frozenset()
    seams: frozenset[int] = frozenset()


def name_forms(name: str) -> Iterator[Form]:
    """Every spelling of a person's name, of each of its three component groups."""
    for group in name.split("="):
        written = _with_particles(_parts(group))
        parts = [spelled for part in written if (spelled := _spellings(part))]
        for part in parts:
            yield from _alone(part)
        if len(group) <= LONGEST_NAME:
            yield from _together(parts[:3])
        yield from _with_honorifics([*written, *([family_of(written[0])] if len(written) == 1 else [])])


def short_name_forms(name: str) -> Iterator[Form]:
    """The words of two or three letters of a name, where they stand alone and are no words of imaging."""
    for group in name.split("="):
        for part in _parts(group):
            for word in map(folded, _WORDS.findall(part)):
                if 1 < len(word) < SHORTEST and word.isalpha() and not (is_common(word) or word in _PARTICLES):
                    yield Form(word, "name", whole=True)


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


def _with_particles(parts: list[str]) -> list[str]:
    """The parts of a name, the particles that stand behind a given name moved to the family name that they belong to."""
    if len(parts) < 2:
        return parts
    family, *others = parts
    for i, other in enumerate(others):
        words = other.split()
        first = next((at for at, _ in enumerate(words) if _PARTICLES.issuperset(map(folded, words[at:]))), len(words))
        if 0 < first < len(words):
            return [" ".join([*words[first:], family]), *others[:i], " ".join(words[:first]), *others[i + 1 :]]
    return parts


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
    letters, cuts, seams = "", set[int](), set[int]()
    for word in words:
        cuts.add(len(letters))
        seams |= {len(letters) + seam for seam in _seams(word)}
        letters += folded(word)
    return Spelled(letters, frozenset(cuts - {0}), frozenset(seams))


def _seams(word: str) -> Iterator[int]:
    """Where a word may be written as two: at a capital within it, and behind particles that it begins with."""
    yield from (len(folded(word[: seam.start()])) for seam in _SEAM.finditer(word))
    yield from _behind_particles(folded(word))


def _behind_particles(letters: str) -> set[int]:
    """The ends of particles one behind another at the start of a word, however it is read: "van|de|n" and "van|den"."""
    found, starts = set[int](), {0}
    while starts:
        ends = {start + len(one) for start in starts for one in _JOINED_PARTICLES if letters.startswith(one, start)}
        starts = {end for end in ends - found if len(letters) >= end + SHORTEST}
        found |= starts
    return found


def _alone(part: list[Spelled]) -> Iterator[Form]:
    """A part of a name on its own, its words on their own; beside a title where it is too short or too common."""
    for spelled in part:
        for one in {spelled, *_single_words(spelled)}:
            if one.letters in PLACEHOLDERS:
                continue
            if is_long_enough(one.letters) and not is_common(one.letters):
                yield from _distinctive(one)
            elif len(one.letters) > 1:
                yield from _after_title(one.letters, one.cuts)


def _distinctive(spelled: Spelled) -> Iterator[Form]:
    """A name that says enough alone; a long one within words too, broken at the end of a line, and cut short."""
    letters, cuts = spelled.letters, spelled.cuts | spelled.seams
    long = _is_long(letters)
    yield Form(letters, "name", cuts, whole=letters[0].isdigit(), inside=long, breaks=long)
    yield from (Form(stem, "name", cuts, endings=endings) for stem, endings in stems(letters))
    yield from (Form(other, "name", inside=_is_long(other)) for other in other_article(letters))
    yield from _cut_short(spelled, SHORTEST_CUT)


def _is_long(letters: str) -> bool:
    """Whether these letters are a name wherever they stand, within a longer word too."""
    return len(letters) >= SHORTEST_WITHIN and not is_common(letters) and not is_within_a_word(letters)


def _cut_short(spelled: Spelled, shortest: int) -> Iterator[Form]:
    """A long name without its end, as devices with little room for names have it."""
    for length in range(shortest, min(len(spelled.letters), LONGEST_CUT)):
        letters = spelled.letters[:length]
        cuts = frozenset(cut for cut in spelled.cuts | spelled.seams if cut < length)
        if not is_common(letters[max(cuts, default=0) :]) and not is_within_a_word(letters):
            yield Form(letters, "name", cuts)


def _with_honorifics(names: list[str]) -> Iterator[Form]:
    """Names of few characters before the titles of their language."""
    for name in names:
        for word, honorific in with_honorifics(name):
            first = folded(word)
            yield Form(first + folded(honorific), "name", frozenset({len(first)}))


def _single_words(spelled: Spelled) -> Iterator[Spelled]:
    """The words of a part of several words, "Smith" and "Jones" of "Smith-Jones"; "la Cruz" and "Cruz" of "de la Cruz"."""
    bounds = [0, *sorted(spelled.cuts), len(spelled.letters)]
    words = [spelled.letters[start:end] for start, end in pairwise(bounds)]
    yield from (Spelled(word) for word in words if 1 < len(word) < len(spelled.letters) and word not in _PARTICLES)
    for first in range(1, len(words) - 1):
        if _PARTICLES.issuperset(words[: first + 1]):
            yield _joined(words[first:])


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
    for order in ([parts[0], parts[1]], [parts[1], parts[0]]):
        yield from _cut_names(order)
    for order in ([first, family], [family, first], [first, second, family], [family, first, second],
                  [given, second, family], [family, given, second]):  # fmt: skip
        yield from _combined(order, in_full=False)


def _initials(part: list[Spelled]) -> list[Spelled]:
    return list({Spelled(spelled.letters[0]) for spelled in part})


def _combined(order: list[list[Spelled]], in_full: bool) -> Iterator[Form]:
    for spelled in product(*order):
        joined = _side_by_side(spelled)
        if not is_long_enough(joined.letters) or all(one.letters in PLACEHOLDERS for one in spelled):
            continue
        if not in_full and not _initials_say_enough(spelled):
            continue
        common, initial_at_end = is_common(joined.letters), 1 in (len(spelled[0].letters), len(spelled[-1].letters))
        within = in_full and _is_long(joined.letters) and not initial_at_end
        cuts = joined.cuts if common else joined.cuts | joined.seams
        yield Form(joined.letters, "name", cuts, parted=common, inside=within, whole=initial_at_end, breaks=within)


def _cut_names(order: list[list[Spelled]]) -> Iterator[Form]:
    """Two parts of a name side by side, the second cut short."""
    for first, second in product(*order):
        if not (is_common(first.letters) and is_common(second.letters)) and 1 not in map(
            len, (first.letters, second.letters)
        ):
            yield from _cut_short(_side_by_side((first, second)), max(SHORTEST_CUT, len(first.letters) + 2))


def _side_by_side(spelled: tuple[Spelled, ...]) -> Spelled:
    letters, cuts, seams = "", set[int](), set[int]()
    for one in spelled:
        cuts |= {len(letters), *(len(letters) + cut for cut in one.cuts)}
        seams |= {len(letters) + seam for seam in one.seams}
        letters += one.letters
    return Spelled(letters, frozenset(cuts - {0}), frozenset(seams))


def _initials_say_enough(spelled: tuple[Spelled, ...]) -> bool:
    """Whether initials beside this name mean it: "T Spine" and "Head R" are no persons."""
    longest = max((one.letters for one in spelled), key=len)
    initials = {one.letters for one in spelled if len(one.letters) == 1}
    return longest not in PLACEHOLDERS and (longest not in clinical() or not initials & set("aclprst"))
