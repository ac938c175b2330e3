"""Which rule an element falls under: Table E.1-1 with its options, the Type of the attribute, the role of a UID.

What no table knows is removed; of a compound code without a known Type the strongest is taken. PS3.15 E.1 to E.3.
"""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from dicomconv.deid.dates import role_of_date
from dicomconv.deid.options import (
    FULL_DATES,
    GRAPHICS,
    MODIFIED_DATES,
    SAFE_PRIVATE,
    UIDS,
    optional_code,
)
from dicomconv.deid.own_rules import CODE_OF_ACTION, OwnRules
from dicomconv.standard import (
    OPTIONS,
    attribute_types,
    confidentiality,
    iod_of_sop_class,
    is_plain,
    keyword_of,
    maker_words,
    modules_of_iod,
    stricter,
    uid_roles,
    vr_of,
)

Code = Literal["K", "X", "Z", "D", "U", "R", "T", "C", "S", "P", "I", "G", "V"]
"""Keep (a sequence: look inside), remove, empty, dummy, replace UID, replace UID unless registered, text of technique
without words that no list has; of the options and a profile file: clean text, shift, pseudonym, items by concept,
graphics without text, a value of one's own."""

Documents = Literal["blank", "refuse"]

# Code by Type: what 1, 2, 3 and an unknown Type make of a compound code (PS3.15 Table E.1-1a)
COMPOUND: dict[str, dict[str, Code]] = {
    "X/Z": {"1": "Z", "2": "Z", "3": "X", "": "Z"},
    "X/D": {"1": "D", "2": "D", "3": "X", "": "D"},
    "Z/D": {"1": "D", "2": "Z", "3": "Z", "": "D"},
    "X/Z/D": {"1": "D", "2": "Z", "3": "X", "": "D"},
    "X/Z/U*": {"1": "U", "2": "Z", "3": "X", "": "U"},
}
SIMPLE: dict[str, Code] = {"K": "K", "X": "X", "Z": "Z", "D": "D", "U": "U", "C": "C"}
ROLES: dict[str, Code] = {
    "instance": "U", "organisation": "U", "registry": "R", "class": "K", "syntax": "K", "drop": "X", "own": "X",
}  # fmt: skip
UNLESS_PATIENTS = "unless it is one of the patient's"
TEXT_OBJECTS = 0x00700008
TEXTS = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})
WHOLE_GROUPS = {
    0x0000: "a command element has no place in a data set (PS3.7)",
    0x0002: "File Meta Information is built anew (PS3.10 7.1)",
    0x7FE0: "pixel data stands once, at the top level, as long as its frames (PS3.5 8)",
    0x0004: "a directory record has no place in an instance (PS3.3 F)",
}


class Rule(NamedTuple):
    """What is done to an attribute and which rule says so.

    `otherwise`: what is done where the code cannot be carried out, as when nothing is left of a cleaned text.
    """

    code: Code
    source: str
    value: str = ""
    otherwise: Code = "X"


def iod_of(sop_class_uid: str) -> str:
    """The IOD of a SOP class; empty when no table knows it."""
    return iod_of_sop_class().get(sop_class_uid, "")


def is_image(iod: str) -> bool:
    """Whether the instances of an IOD have pixel data; one that no table knows may have."""
    modules = modules_of_iod().get(iod)
    return modules is None or any(module.endswith("image-pixel") for module in modules)


def type_of(keyword: str, iod: str, path: str) -> str:
    """The Type (1, 2, 3; conditional ones count as 1 and 2) of an attribute in an IOD; the strictest of its modules.

    `path`: keywords of the sequences above, parted by dots. Empty when no table knows it. PS3.5 7.4.
    """
    modules = modules_of_iod().get(iod, frozenset())
    types = [kind[0] for module, kind in attribute_types().get((keyword, path), {}).items() if module in modules]
    return min(types, default="")


@lru_cache(maxsize=1 << 16)
def rule(tag: int, iod: str, path: str) -> Rule:
    """The rule for an attribute at a place in an IOD: IOD's short name, path as in `type_of`."""
    group = tag >> 16
    if group & 1:
        return Rule("X", "E.1-1: private attributes")
    if tag & 0xFFFF == 0:
        return Rule("X", "a group length is retired and would be wrong (PS3.5 7.2)")
    if group in WHOLE_GROUPS:
        return Rule("X", WHOLE_GROUPS[group])
    if group & 0xFF00 in (0x5000, 0x6000):
        return Rule("X", f"E.1-1: {'curves' if group < 0x6000 else 'overlays'} (the whole group)")
    listed = confidentiality().get(f"{tag:08X}")
    if listed:
        return _listed(listed.basic, listed.keyword, iod, path)
    return _unlisted(tag, iod, path)


def _listed(code: str, keyword: str, iod: str, path: str) -> Rule:
    if code in SIMPLE:
        return Rule(SIMPLE[code], f"E.1-1: {code}")
    kind = type_of(keyword, iod, path)
    why = f"Type {kind} in {iod}" if kind else "Type unknown here: the strongest"
    made = COMPOUND[code][kind]
    if code == "X/Z/U*" and made == "Z" and path:
        made, why = "U", f"{why}; references with new UIDs are the dummy that keeps a derivation whole"
    return Rule(made, f"E.1-1: {code}, {why}")


def _unlisted(tag: int, iod: str, path: str) -> Rule:
    own = stricter().get(tag)
    if own:
        code = SIMPLE.get(own.code) or COMPOUND[own.code][""]
        return Rule(code, f"beyond E.1-1: {own.reason}")
    vr = vr_of(tag)
    if vr is None:
        return Rule("X", "no edition of the standard that is known here has it")
    if vr == "UI":
        role = uid_roles().get(tag, "instance")
        return Rule(ROLES[role], f"PS3.15 E.1.1: UID, role {role}" if tag in uid_roles() else "UID of unknown role")
    if vr in TEXTS and keyword_of(tag) not in maker_words():
        return Rule("T", "beyond E.1-1: text that may say anything", "", "D")
    return Rule("K", "not in E.1-1", "", "Z")


@dataclass(frozen=True)
class Profile:
    """The Basic Profile with the options chosen (columns of Table E.1-1), and rules of one's own above both."""

    options: frozenset[str] = frozenset()
    own: OwnRules = field(default_factory=OwnRules)
    documents: Documents = "blank"

    def rule(self, tag: int, iod: str, path: str) -> Rule:
        """The rule for a standard attribute at a place in an IOD; private ones but their creators come out as removed."""
        return _rule_under(self.options, self.own, tag, iod, path)

    def protects(self, tag: int, path: str) -> bool:
        """Whether the value of an attribute is taken away or changed at this place, in some IOD at least.

        A UID of a vocabulary is not counted: it stays wherever everybody knows it.
        """
        return self.rule(tag, "", path).code not in "KRT"

    def takes_away(self, tag: int, path: str) -> bool:
        """Whether a sequence goes as a whole: one whose items are looked into keeps what they let stay."""
        return self.rule(tag, "", path).code not in "KRTIGU"

    def keeps_uid(self, tag: int, path: str) -> bool:
        """Whether the UID of an instance stays at this place: then it identifies nobody who is not in the open (E.3.9)."""
        return UIDS in self.options and self.rule(tag, "", path).code == "K"

    @property
    def looks_at_private(self) -> bool:
        """Whether some private elements may stay."""
        return SAFE_PRIVATE in self.options or self.own.has_private

    @property
    def dates(self) -> Literal["REMOVED", "MODIFIED", "UNMODIFIED"]:
        """Longitudinal Temporal Information Modified (0028,0303)."""
        if MODIFIED_DATES in self.options or any(rule.action == "shift" for rule in self.own.rules):
            return "MODIFIED"
        return "UNMODIFIED" if FULL_DATES in self.options else "REMOVED"


def fault_of_dates(profile: Profile) -> str:
    """Which of one's own rules would leave a date as it is beside shifted ones, which gives the shift away; or none."""
    if profile.dates != "MODIFIED":
        return ""
    for one in profile.own.rules:
        is_date = (one.vr or vr_of(one.tag)) in ("DA", "DT") and (one.creator or role_of_date(one.tag) == "shift")
        if one.action == "keep" and is_date:
            return (
                f"line {one.line}: a date that is kept beside shifted ones gives the shift away; shift it, or remove it"
            )
    if FULL_DATES in profile.options:
        shifting = next(one for one in profile.own.rules if one.action == "shift")
        return f"line {shifting.line}: dates cannot be shifted beside full dates, which would give the shift away"
    return ""


@lru_cache(maxsize=1 << 17)
def _rule_under(options: frozenset[str], own: OwnRules, tag: int, iod: str, path: str) -> Rule:
    basic = rule(tag, iod, path)
    if found := own.find(tag, path):
        code: Code = CODE_OF_ACTION[found.action]  # type: ignore[assignment]  # a dictionary of codes
        return Rule(code, found.where, found.value, basic.code if basic.code != "K" else "X")
    if GRAPHICS in options and tag == TEXT_OBJECTS and path.startswith("GraphicAnnotationSequence"):
        return Rule("X", "clean graphics: what is written in a picture")
    listed = confidentiality().get(f"{tag:08X}")
    chosen = optional_code(listed, OPTIONS, options) if listed else None
    if chosen and chosen[0] == "S" and (role := role_of_date(tag)) != "shift" and vr_of(tag) in ("DA", "DT"):
        source = f"a date that others know is never shifted: {role}"
        return Rule("D", source, "", basic.code) if role == "dummy" else Rule("K", source, UNLESS_PATIENTS, basic.code)
    if chosen:
        return Rule(chosen[0], f"E.1-1: {chosen[1].replace('_', ' ')}", "", basic.code)  # type: ignore[arg-type]
    if UIDS in options and basic.code == "U" and vr_of(tag) == "UI":
        return Rule("K", "beyond E.1-1: a reference to a UID that is kept")
    return basic


@cache
def listed_tags() -> tuple[int, ...]:
    """The plain tags of Table E.1-1, in order."""
    return tuple(int(tag, 16) for tag in sorted(confidentiality()) if is_plain(tag))


def describe(tag: int) -> str:
    """`(gggg,eeee) Keyword VR`, as `explain` prints it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {keyword_of(tag)} {vr_of(tag) or 'UN'}"
