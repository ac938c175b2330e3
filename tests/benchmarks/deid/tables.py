"""Facts and words that the planter draws from: tables of the standard, words of real headers, made-up people."""

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of Table E.1-1: the action code of the profile, and what each option makes of it."""

    tag: int
    keyword: str
    vr: str
    vm: str
    basic: str
    device: str
    patient: str
    full_dates: str
    modified_dates: str
    descriptors: str


@dataclass(frozen=True, slots=True)
class SafePrivate:
    """A row of Table E.3.10-1: a private attribute that is known to be safe."""

    group: int
    element: int
    creator: str
    vr: str
    vm: str = "1"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a real header."""

    file: str
    keyword: str
    text: str


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of this folder, whose first line says where it comes from."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        file.readline()
        return list(csv.DictReader(file))


@cache
def attributes() -> dict[str, Attribute]:
    """Table E.1-1 by keyword."""
    table: dict[str, Attribute] = {}
    for row in rows("attributes.csv"):
        facts: dict[str, Any] = {**row, "tag": int(row["tag"], 16)}
        table[row["keyword"]] = Attribute(**facts)
    return table


@cache
def safe_private() -> tuple[SafePrivate, ...]:
    """Private attributes that are known to be safe."""
    return tuple(
        SafePrivate(int(row["group"], 16), int(row["element"], 16), row["creator"], row["vr"], row["vm"])
        for row in rows("safe_private.csv")
    )


@cache
def phrases() -> tuple[Phrase, ...]:
    """Words of real headers, which are to be kept."""
    return tuple(Phrase(row["file"], row["keyword"], row["text"]) for row in rows("phrases.csv"))


@cache
def people() -> dict[str, Any]:
    """The lists that made-up people are drawn from."""
    return tomllib.loads((FOLDER / "personas.toml").read_text(encoding="utf-8"))


@cache
def stop_words() -> frozenset[str]:
    """Words that mean nothing on their own. The list is frozen: scores of different years stay comparable."""
    return frozenset((FOLDER / "stop_words.txt").read_text(encoding="utf-8").split())
