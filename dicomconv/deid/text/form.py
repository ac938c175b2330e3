"""One spelling of what identifies a patient: its letters and digits, and what may stand between and beside them."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["name", "number", "phrase", "date", "uid"]
Lacks = Literal["", "day", "year"]
ANYWHERE = frozenset({-1})
"""Cuts of a form that separators may stand in anywhere."""


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of an identifying value: its letters and digits, and where separators may or must stand.

    `cuts`: places in `letters` where separators may stand; `parted`: they must stand at all of them; `by`: one of these
    characters and no other; `breaks`: it may be broken once anywhere, by a hyphen or the end of a line.
    `whole`: neither letter nor digit beside it; `inside`: may stand within a longer word; `zeros`: after zeros too;
    `endings`: how many letters of an inflection may follow; `modality`: begins with a title that may be a modality;
    `lacks`: what of a date it has not, so that it belongs to it if it stands there.
    """

    letters: str = field(repr=False)
    kind: Kind
    cuts: frozenset[int] = field(default=frozenset(), repr=False)
    parted: bool = False
    whole: bool = False
    inside: bool = False
    zeros: bool = False
    modality: bool = False
    breaks: bool = False
    by: str = ""
    endings: int = 0
    lacks: Lacks = ""
