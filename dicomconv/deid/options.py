"""The options of the profile (PS3.15 E.3.3 to E.3.12): names, codes, presets, and what each makes of an attribute."""

from collections.abc import Iterable
from typing import NamedTuple

from dicomconv.errors import UsageError
from dicomconv.standard import Attribute

SAFE_PRIVATE, UIDS, DEVICE = "retain_safe_private", "retain_uids", "retain_device_identity"
INSTITUTION, CHARACTERISTICS = "retain_institution_identity", "retain_patient_characteristics"
FULL_DATES, MODIFIED_DATES = "retain_longitudinal_full_dates", "retain_longitudinal_modified_dates"
DESCRIPTORS, STRUCTURED, GRAPHICS = "clean_descriptors", "clean_structured_content", "clean_graphics"


class Option(NamedTuple):
    """One option: its column of Table E.1-1, its name on the command line, its code of CID 7050 and what that means."""

    column: str
    name: str
    code: str
    meaning: str


OPTIONS = (
    Option(SAFE_PRIVATE, "retain-safe-private", "113111", "Retain Safe Private Option"),
    Option(UIDS, "retain-uids", "113110", "Retain UIDs Option"),
    Option(DEVICE, "retain-device-identity", "113109", "Retain Device Identity Option"),
    Option(INSTITUTION, "retain-institution-identity", "113112", "Retain Institution Identity Option"),
    Option(CHARACTERISTICS, "retain-patient-characteristics", "113108", "Retain Patient Characteristics Option"),
    Option(FULL_DATES, "retain-full-dates", "113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    Option(
        MODIFIED_DATES,
        "retain-modified-dates",
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
    ),
    Option(DESCRIPTORS, "clean-descriptors", "113105", "Clean Descriptors Option"),
    Option(STRUCTURED, "clean-structured-content", "113104", "Clean Structured Content Option"),
    Option(GRAPHICS, "clean-graphics", "113103", "Clean Graphics Option"),
)
BY_NAME = {option.name: option for option in OPTIONS}
PRESETS = {
    "basic": frozenset[str](),
    "research": frozenset({DESCRIPTORS, MODIFIED_DATES, CHARACTERISTICS, DEVICE, SAFE_PRIVATE}),
    "limited-dataset": frozenset({FULL_DATES, CHARACTERISTICS}),
}

# What code C of an option's column means for an attribute, by its VR; a VR that is not here keeps its basic code
_CLEANED = {
    MODIFIED_DATES: dict.fromkeys(("DA", "DT", "TM", "SH"), "S"),
    DESCRIPTORS: {**dict.fromkeys(("LO", "LT", "SH", "ST", "UC", "UT"), "C"), "SQ": "K"},
    CHARACTERISTICS: dict.fromkeys(("LO", "LT", "SH", "ST", "UC", "UT"), "C"),
    DEVICE: {"AE": "P"},
    STRUCTURED: {"SQ": "I"},
    GRAPHICS: {"SQ": "G"},
}
# Where two options speak of one attribute, the first of these counts: a date that device identity would keep unshifted
# beside shifted ones would give the shift away
_PRECEDENCE = (
    MODIFIED_DATES,
    FULL_DATES,
    UIDS,
    DEVICE,
    INSTITUTION,
    CHARACTERISTICS,
    DESCRIPTORS,
    STRUCTURED,
    GRAPHICS,
)


def options_of(names: Iterable[str], preset: str = "basic") -> frozenset[str]:
    """The columns of the options that a preset and single names stand for. UsageError for what does not go together."""
    unknown = next((name for name in names if name not in BY_NAME), None)
    if unknown is not None:
        raise UsageError(f"there is no option {unknown}; the options are {', '.join(BY_NAME)}")
    if preset not in PRESETS:
        raise UsageError(f"there is no preset {preset}; the presets are {', '.join(PRESETS)}")
    chosen = PRESETS[preset] | {BY_NAME[name].column for name in names}
    if {FULL_DATES, MODIFIED_DATES} <= chosen:
        raise UsageError(
            "full dates and modified dates cannot both be retained: dates are kept, or they are shifted; leave one out"
        )
    return chosen


def names_of(options: frozenset[str]) -> list[str]:
    """The names on the command line of a set of options, in the order of the standard's columns."""
    return [option.name for option in OPTIONS if option.column in options]


def optional_code(attribute: Attribute, columns: tuple[str, ...], options: frozenset[str]) -> tuple[str, str] | None:
    """What the options make of an attribute, and which of them: None if none of them speaks of it.

    `columns`: the names of `attribute.options`. Codes: K keep, C clean text, S shift, P pseudonym, I items by concept,
    G graphics without text.
    """
    said = dict(zip(columns, attribute.options, strict=True))
    for option in _PRECEDENCE:
        if option in options and said[option]:
            code = "K" if said[option] == "K" else _CLEANED[option].get(attribute.vr, "")
            if code:
                return code, option
    return None
