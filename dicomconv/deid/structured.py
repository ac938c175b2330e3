"""What becomes of a content item, by its concept and its Value Type: Clean Structured Content (PS3.15 E.3.4).

Table E.3.4-1 says it for concepts by their codes. A concept that it does not have is treated by its Value Type: a name is
a name whatever it is called. Not only Content Sequence is made of such items: so are Acquisition Context and others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from dicomconv.deid.dates import AGE_90
from dicomconv.deid.options import DESCRIPTORS, FULL_DATES, MODIFIED_DATES, UIDS
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.standard import OPTIONS, rows, tag_of

Code = Literal["K", "C", "S", "U", "D", "Z", "X"]
"""Keep (a sequence: look inside), clean text, shift, replace UID, dummy, empty, remove: an attribute or the whole item."""
Removal = Literal["drop", "dummy"]

SUBJECT_AGE = "121033"
UNITS_OF_AGE = {"a": b"Y", "mo": b"M", "wk": b"W", "d": b"D"}  # UCUM, by the unit of an AS (CID 7456)
RETIRED_SCHEMES = frozenset({"srt", "snm3", "99sdm"})

# The attribute that holds the value, by Value Type (PS3.3 C.17.3, C.18)
VALUE_OF_TYPE = {
    "TEXT": "TextValue", "PNAME": "PersonName", "UIDREF": "UID", "DATE": "Date", "TIME": "Time", "DATETIME": "DateTime",
    "NUM": "MeasuredValueSequence", "NUMERIC": "NumericValue", "CODE": "ConceptCodeSequence",
    "IMAGE": "ReferencedSOPSequence", "COMPOSITE": "ReferencedSOPSequence", "WAVEFORM": "ReferencedSOPSequence",
    "CONTAINER": "ContentSequence",
}  # fmt: skip
WITHOUT_VALUE = frozenset({"SCOORD", "SCOORD3D", "TCOORD", "TABLE"})  # theirs are coordinates and cells
DATED = frozenset({"DATE", "TIME", "DATETIME"})
REFERENCES = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM"})
DUMMIED = frozenset({"TEXT", "PNAME", *DATED})
# Values of one Value Type only: where they stand under another, nobody expects them
OWN_VALUES = ("TextValue", "PersonName", "UID", "Date", "Time", "DateTime")
# What takes the place of an item's value where the item cannot go; the children of a container go
INSTEAD: dict[str, Code] = {**dict.fromkeys(DUMMIED, "D"), "UIDREF": "U", **dict.fromkeys(REFERENCES, "K"),
                            "NUM": "Z", "NUMERIC": "D", "CODE": "D", "CONTAINER": "X"}  # fmt: skip


class Concept(NamedTuple):
    """One row of Table E.3.4-1: `basic` is the code of the Basic Profile, `options` what an option makes of it."""

    meaning: str
    basic: str
    options: Mapping[str, str]

    @property
    def identifies(self) -> bool:
        """Whether it names or numbers somebody or something, so that no cleaning makes it fit to stay."""
        return not {DESCRIPTORS, UIDS, FULL_DATES, MODIFIED_DATES} & self.options.keys()


@dataclass(frozen=True, slots=True)
class ItemRule:
    """What becomes of a content item: dropped, or kept with codes for some of its attributes, by tag; and why."""

    action: Literal["drop", "keep"]
    values: Mapping[int, Code] = field(default_factory=dict)
    source: str = ""


def is_content_item(item: Header) -> bool:
    """Whether an item is a content item, of whatever sequence (PS3.3 10.2, C.17.3)."""
    return "ValueType" in item or ("ConceptNameCodeSequence" in item and any(name in item for name in OWN_VALUES))


def rule_of_item(item: Header, options: frozenset[str], removal: Removal = "drop") -> ItemRule:
    """What becomes of a content item with all that stands below it, under a set of options.

    `removal`: "dummy" where items cannot go, since others point to places in the tree (0040,DB73).
    """
    kind, (code_value, scheme) = _kind(item), _concept_name(item)
    listed = _row(code_value, scheme, kind)
    source = f"E.3.4-1: {listed.meaning}" if listed else f"E.3.4: Value Type {kind or 'not known'}"
    code = concept_rule(code_value, scheme, kind, options)
    if code == "K" and (_is_over_89(item) or (code_value == SUBJECT_AGE and not _is_age_under_90(item))):
        code, source = "X", f"{source}, over 89 years or of no known unit"
    others: dict[int, Code] = {
        tag_of(name): "X" for name in OWN_VALUES if name in item and name != VALUE_OF_TYPE.get(kind)
    }
    if code != "X":
        return ItemRule("keep", {**others, **_value(kind, code)}, source)
    if removal == "drop":
        return ItemRule("drop", source=source)
    below: dict[int, Code] = {tag_of("ContentSequence"): "X"} if "ContentSequence" in item else {}
    return ItemRule("keep", {**others, **below, **_value(kind, INSTEAD.get(kind, "X"))}, source)


def concept_rule(code_value: str, scheme: str, value_type: str, options: frozenset[str]) -> Code:
    """The code for a concept under a Value Type: X is for the whole item, any other for its value.

    A concept that identifies is removed under any Value Type; where a dummy is asked for that a Value Type does not
    have, the item goes.
    """
    row = _row(code_value, scheme, value_type)
    return _listed(row, value_type, options) if row else _unlisted(value_type, options)


def _listed(row: Concept, value_type: str, options: frozenset[str]) -> Code:
    said = {row.options[option] for option in options if option in row.options}
    if "C" in said:  # cleaning before keeping: what two options speak of is not more than the stricter lets stay
        return "S" if value_type in DATED else "C" if value_type == "TEXT" else "K"
    if "K" in said:
        return "K"
    if row.basic == "X":
        return "X"
    if value_type == "UIDREF":
        return "U"
    if value_type in REFERENCES:
        return "K"  # its UIDs are replaced: a reference to what nobody has is the dummy of a reference
    return "D" if value_type in DUMMIED else "X"


def _unlisted(value_type: str, options: frozenset[str]) -> Code:
    if value_type in DATED:
        return "S" if MODIFIED_DATES in options else "K" if FULL_DATES in options else "D"
    if value_type == "TEXT":
        return "C" if DESCRIPTORS in options else "D"
    if value_type == "UIDREF":
        return "K" if UIDS in options else "U"
    return "D" if value_type == "PNAME" else "K"


def _row(code_value: str, scheme: str, value_type: str) -> Concept | None:
    """The row for a concept: of its Value Type, or of another one if it identifies under that."""
    of_type = concepts().get(_current(code_value.strip(), scheme.strip().casefold()), {})
    same = of_type.get(value_type)
    return same or next((row for row in of_type.values() if row.identifies), None)


def _current(code_value: str, scheme: str) -> tuple[str, str]:
    """A concept's code as the table has it: retired SNOMED codes as those of today (PS3.16 Annex O)."""
    if scheme in RETIRED_SCHEMES:
        return _retired().get(code_value, code_value), "sct"
    return code_value, "ncdr" if scheme.startswith("ncdr") else scheme


@cache
def concepts() -> dict[tuple[str, str], dict[str, Concept]]:
    """Table E.3.4-1: (code value, scheme) → {Value Type: row}; schemes in lower case, NCDR's without its version."""
    found: dict[tuple[str, str], dict[str, Concept]] = {}
    for row in rows("ps3.15_e.3.4-1.csv"):
        scheme = row["coding_scheme_designator"].casefold()
        options = {option: row[option] for option in OPTIONS if row.get(option)}
        key = row["code_value"], "ncdr" if scheme.startswith("ncdr") else scheme
        found.setdefault(key, {})[row["value_type"]] = Concept(row["code_meaning"], row["basic_profile"], options)
    return found


@cache
def _retired() -> dict[str, str]:
    return {row["retired_code_value"]: row["code_value"] for row in rows("ps3.16_o.csv")}


def _concept_name(item: Header) -> tuple[str, str]:
    """Code value and scheme of the concept name; empty where they cannot be read."""
    name = _first(item, "ConceptNameCodeSequence")
    if name is None:
        return "", ""
    code = name.text("CodeValue") or name.text("LongCodeValue") or name.text("URNCodeValue")
    return code, name.text("CodingSchemeDesignator")


def _first(item: Header, keyword: str) -> Header | None:
    try:
        return next(iter(item.items(keyword)), None)
    except Malformed:
        return None


def _value(kind: str, code: Code) -> dict[int, Code]:
    return {tag_of(VALUE_OF_TYPE[kind]): code} if kind in VALUE_OF_TYPE else {}


def _kind(item: Header) -> str:
    """The Value Type of an item; if that is missing or unknown, the one of the first value it holds."""
    said = item.text("ValueType").strip(" \0").upper()
    if said in VALUE_OF_TYPE or said in WITHOUT_VALUE:
        return said
    return next((kind for kind, keyword in VALUE_OF_TYPE.items() if keyword in item), "")


def _is_age_under_90(item: Header) -> bool:
    """Whether the measured age is one that does not single somebody out: at most 89 years (PS3.15 E.3.7)."""
    number, limit = _time_span(item)
    return number is not None and limit is not None and 0 <= number < limit


def _is_over_89(item: Header) -> bool:
    """Whether a number is of years, months, weeks or days, and as long as only the age of somebody very old is."""
    number, limit = _time_span(item)
    return number is not None and limit is not None and number >= limit


def _time_span(item: Header) -> tuple[float | None, int | None]:
    """A measured number, and how many of its unit make 90 years; None where there is none, or of another unit."""
    measured = _first(item, "MeasuredValueSequence") or item
    units = _first(measured, "MeasurementUnitsCodeSequence")
    unit = UNITS_OF_AGE.get(units.text("CodeValue")) if units else None
    return measured.number("NumericValue"), AGE_90[unit] if unit else None
