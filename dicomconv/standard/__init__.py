"""Tables of the standard as typed rows, and look-up by tag and keyword. Editions stand in each file's first line."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dicomconv.standard.dictionary import attributes, tags

EDITION = "PS3.15 2026d"
OPTIONS = (
    "retain_safe_private",
    "retain_uids",
    "retain_device_identity",
    "retain_institution_identity",
    "retain_patient_characteristics",
    "retain_longitudinal_full_dates",
    "retain_longitudinal_modified_dates",
    "clean_descriptors",
    "clean_structured_content",
    "clean_graphics",
)
AMBIGUOUS = {"US or SS": "US", "OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW", "NONE": "", "": "UN"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of Table E.1-1: `basic` is the code of the Basic Profile, `options` the codes of the ten columns."""

    tag: str
    keyword: str
    vr: str
    name: str
    basic: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stricter:
    """An attribute that Table E.1-1 leaves alone and this project does not: code and reason."""

    tag: int
    keyword: str
    code: str
    reason: str


def lines(name: str) -> list[str]:
    """The lines of one file, its first line (edition and source) left out."""
    return (files(__package__) / name).read_text(encoding="utf-8").splitlines()[1:]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one table file, its first line (edition and source) left out."""
    heading, *found = csv.reader(lines(name))
    return [dict(zip(heading, row, strict=True)) for row in found]


@cache
def confidentiality() -> dict[str, Attribute]:
    """Table E.1-1 by tag: eight hexadecimal digits, or a pattern (`50xxxxxx`, `60xx3000`, `private`)."""
    return {
        r["tag"]: Attribute(
            r["tag"], r["keyword"], r["vr"], r["name"], r["basic_profile"], tuple(r[option] for option in OPTIONS)
        )
        for r in rows("ps3.15_e.1-1.csv")
    }


@cache
def stricter() -> dict[int, Stricter]:
    """Attributes outside Table E.1-1 that are protected all the same, by tag number."""
    return {
        int(r["tag"], 16): Stricter(int(r["tag"], 16), r["keyword"], r["code"], r["reason"])
        for r in rows("beyond_e.1-1.csv")
    }


@cache
def maker_words() -> frozenset[str]:
    """Keywords of text attributes that hold words of makers, of software and of coding schemes."""
    return frozenset(r["keyword"] for r in rows("maker_words.csv"))


@cache
def defined_terms() -> dict[str, frozenset[str]]:
    """The terms, as far as they are listed, of attributes whose code strings say how an object is to be read."""
    return {r["keyword"]: frozenset(r["terms"].split("|")) - {""} for r in rows("defined_terms.csv")}


@cache
def uid_roles() -> dict[int, str]:
    """Role of each attribute of VR UI by tag number: instance, organisation, class, syntax, registry, own, drop."""
    return {int(r["tag"], 16): r["role"] for r in rows("ps3.6_uid_roles.csv")}


@cache
def patient_and_study() -> tuple[str, ...]:
    """The attributes that a patient and a study have, by keyword: equal in all objects of a study (PS3.3 C.7.1, C.7.2)."""
    return tuple(r["keyword"] for r in rows("ps3.3_c.7.1_c.7.2.csv"))


@cache
def iod_of_sop_class() -> dict[str, str]:
    """The IOD (short name) of each storage SOP class UID (PS3.4 B.5)."""
    return {r["sop_class_uid"]: r["iod"] for r in rows("ps3.4_sop_classes.csv")}


@cache
def modules_of_iod() -> dict[str, frozenset[str]]:
    """The modules that an IOD may hold, whatever their usage (PS3.3 A)."""
    modules: dict[str, set[str]] = {}
    for r in rows("ps3.3_iod_modules.csv"):
        modules.setdefault(r["iod"], set()).add(r["module"])
    return {iod: frozenset(names) for iod, names in modules.items()}


@cache
def attribute_types() -> dict[tuple[str, str], dict[str, str]]:
    """(keyword, sequence path) → {module: Type}, for the attributes that have a compound code."""
    types: dict[tuple[str, str], dict[str, str]] = {}
    for r in rows("ps3.3_attribute_types.csv"):
        of_module = types.setdefault((r["keyword"], r["sequence_path"]), {})
        known = of_module.get(r["module"])
        of_module[r["module"]] = r["type"] if known is None else min(known, r["type"])
    return types


@cache
def _own_vr() -> dict[int, tuple[str, str]]:
    """VR and keyword of the rows of Table E.1-1 with a plain tag: it knows attributes that pydicom does not yet."""
    return {int(tag, 16): (row.vr, row.keyword) for tag, row in confidentiality().items() if is_plain(tag)}


def is_plain(tag: str) -> bool:
    """Whether a tag of Table E.1-1 is one attribute's, not a pattern."""
    return len(tag) == 8 and "x" not in tag


@cache
def vr_of(tag: int) -> str | None:
    """The VR of a standard attribute, an ambiguous one resolved to its unsigned or word form; None: unknown."""
    if tag & 0xFFFF == 0:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else None
    entry = attributes().get(tag)
    vr = entry[0] if entry else _own_vr().get(tag, (None, ""))[0]
    return None if vr is None else AMBIGUOUS.get(vr, vr)


@cache
def most_values(tag: int) -> int | None:
    """The most values an attribute may have (VM); None if there is no limit or no table knows it."""
    entry = attributes().get(tag)
    last = entry[1].split("-")[-1] if entry else ""
    return int(last) if last.isdigit() else None


@cache
def is_signed_by_context(tag: int) -> bool:
    """Whether the VR is US or SS as Pixel Representation says (PS3.5 A.1)."""
    entry = attributes().get(tag)
    return entry is not None and entry[0].startswith("US or SS")


@cache
def keyword_of(tag: int) -> str:
    """The keyword of a standard attribute, or its tag as `(gggg,eeee)`."""
    entry = attributes().get(tag)
    if entry and entry[4]:
        return entry[4]
    return _own_vr().get(tag, ("", ""))[1] or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


@cache
def tag_of(keyword: str) -> int:
    """The tag number of a keyword; KeyError if no table knows it."""
    tag = tags().get(keyword)
    if tag is not None:
        return tag
    for number, (_, own) in _own_vr().items():
        if own == keyword:
            return number
    raise KeyError(keyword)


def tags_of(*keywords: str) -> tuple[int, ...]:
    """Their tag numbers in ascending order."""
    return tuple(sorted(map(tag_of, keywords)))
