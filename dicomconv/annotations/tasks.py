"""What goes out to annotation tools: pictures, labels, and what is drawn already; records and what writers share."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.annotations.drawn import Drawn
from dicomconv.errors import UsageError
from dicomconv.shapes import rasterised

Files = Iterator[tuple[str, bytes]]  # names, with / between folders, and what is in them


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is to be drawn on. `name`: as it comes back; `path`: to it from where the files are written."""

    name: str
    rows: int
    columns: int
    path: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool and what it loads.

    `kinds`: what of a set it can show: kinds of shapes, "mask" and "tag". `hint`: how to load it, in a sentence.
    """

    title: str
    write: Callable[[Sequence[Picture], Sequence[Label], Mapping[str, list[Drawn]]], Files]
    kinds: frozenset[str]
    hint: str


def kind_of(one: Drawn) -> str:
    """A kind of shape, "mask" or "tag"; "seen" if nothing is drawn."""
    if one.is_seen_only:
        return "seen"
    return "mask" if one.mask is not None else one.kind or "tag"


def by_picture(drawn: Iterable[Drawn], kinds: frozenset[str]) -> dict[str, list[Drawn]]:
    """What of it is of some kinds, by the name of its picture."""
    found: dict[str, list[Drawn]] = {}
    for one in drawn:
        if one.picture is not None and kind_of(one) in kinds:
            found.setdefault(one.picture.name, []).append(one)
    return found


def label_of(one: Drawn, labels: Sequence[Label]) -> Label:
    """The label of what is drawn, by name or value; UsageError if it is none of these."""
    known = next((label for label in labels if one.label in (label.name, label.value)), None)
    if known is None:
        raise UsageError("something is drawn with a label that is not among those to be written; add it to labels.toml")
    return known


def pixels_of(one: Drawn, picture: Picture) -> tuple[NDArray[np.bool_], tuple[int, int]] | None:
    """A mask, or an outline that only a mask can hold, cut to its pixels, and the column and row of its first; None if empty.

    An outline can be written as one if it is a single ring; with holes or islands, its pixels are written.
    """
    (left, top), mask = one.offset, one.mask
    if mask is None:
        left, top, mask = 0, 0, rasterised(one.rings, picture.rows, picture.columns)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return part, (left + int(columns[0]), top + int(rows[0]))


def is_pixels(one: Drawn) -> bool:
    """Whether it is written as pixels: a mask, or an outline of several rings."""
    return one.mask is not None or (one.kind == "polygon" and len(one.rings) > 1)


def hex_color(label: Label) -> str:
    """The colour as #rrggbb."""
    return "#" + bytes(label.color).hex()


def as_json(content: Any) -> bytes:
    """Content as JSON, an element of the outermost lists a line."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def as_attribute(text: str) -> str:
    """A text between quotes as XML holds it; characters that XML has not are left out."""
    allowed = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#10;")):
        allowed = allowed.replace(character, entity)
    return f'"{allowed}"'


def number(value: float) -> float | int:
    """A number as short as it can be written without loss."""
    return int(value) if value == int(value) else float(value)
