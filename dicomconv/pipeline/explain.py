"""Every attribute with what is done to it and why, from the very rules that the engine uses."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dicomconv.deid.actions import dummies
from dicomconv.deid.options import FULL_DATES, MODIFIED_DATES, SAFE_PRIVATE, STRUCTURED, UIDS
from dicomconv.deid.own_rules import CODE_OF_ACTION
from dicomconv.deid.private import BY_LIST, safe_attributes
from dicomconv.deid.profile import Profile, Rule, iod_of, listed_tags
from dicomconv.deid.structured import VALUE_OF_TYPE, concept_rule, concepts
from dicomconv.errors import UsageError
from dicomconv.pipeline.profile_file import private_element
from dicomconv.standard import keyword_of, modules_of_iod, stricter, tag_of, uid_roles, vr_of
from dicomconv.standard.dictionary import attributes

CODES = {
    "K": "keep (a sequence: look inside)",
    "X": "remove",
    "Z": "empty",
    "D": "a dummy",
    "U": "a new UID",
    "R": "a new UID unless it is a registered one",
    "T": "a text of technique: without words that no list has",
    "C": "clean the text",
    "S": "shift the date",
    "P": "a keyed pseudonym",
    "I": "keep the content items that their concepts let stay",
    "G": "keep the drawings without the writing",
    "V": "a value of one's own",
}
_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?").fullmatch
_PATIENT = "keyed pseudonym"
# What stands in attributes of the top level that the engine writes itself, whatever their rule
_WRITTEN = {
    "PatientID": _PATIENT,
    "PatientName": _PATIENT,
    "PatientIdentityRemoved": "YES",
    "DeidentificationMethod": "what was there, and the tool, the profile and its options behind it",
    "DeidentificationMethodCodeSequence": "what was there, and the codes of profile and options behind it",
    "ContributingEquipmentSequence": "what is left of it, and this tool as De-identifying Equipment behind it",
    "BurnedInAnnotation": "YES where pixels are kept that may show text",
    "EncapsulatedDocument": "a blank document of its kind, or the instance is refused",
}
_BECOMES = {
    "T": "a dummy if nothing is left",
    "C": "its text without what identifies",
    "P": _PATIENT,
    "V": "a value of one's own",
}
_SHIFTED = "the date moved back by the patient's own number of weeks"


class Explained(NamedTuple):
    """One attribute: what is done to it (code), the rule that says so, and what it becomes, where that is not clear."""

    tag: str
    keyword: str
    vr: str
    code: str
    rule: str
    becomes: str = ""


def explain(asked: str | None, profile: Profile, *, sop_class: str = "", path: str = "") -> list[Explained]:
    """One attribute, or all that are not simply kept. UsageError for an attribute or SOP class that nobody knows.

    `asked`: a keyword, a tag, or `gggg,xxee,CREATOR` for a private element.
    """
    iod = _iod(sop_class)
    if asked and (private := private_element(asked)):
        return [_private(profile, *private)]
    if asked:
        return [_explained(profile, _tag_of(asked), iod, path)]
    own = [rule for rule in profile.own.rules if not rule.creator]
    texts = (tag for tag in attributes() if profile.rule(tag, iod, path).code == "T")
    tags = {*listed_tags(), *stricter(), *uid_roles(), *texts, *(rule.tag for rule in own)}
    found = [_explained(profile, tag, iod, path) for tag in sorted(tags) if tag >> 16 > 4]
    at_places = [_explained(profile, rule.tag, iod, rule.path) for rule in own if rule.path and not path]
    return found + at_places


def explain_private(profile: Profile) -> list[Explained]:
    """The private elements that may stay under a profile, and those with a rule of one's own."""
    listed = safe_attributes() if SAFE_PRIVATE in profile.options else {}
    names = {(creator, group << 16 | offset) for creator, group, offset in listed}
    names |= {(rule.creator, rule.tag) for rule in profile.own.rules if rule.creator}
    return [_private(profile, creator, tag) for creator, tag in sorted(names)]


def explain_concept(asked: str, profile: Profile) -> list[Explained]:
    """What is done to content items of a concept, `CODE,SCHEME`: under its own Value Type, or under each if none has it.

    PS3.15 E.3.4. UsageError if it is no such pair.
    """
    code_value, comma, scheme = (part.strip() for part in asked.partition(","))
    if not comma or not code_value or not scheme:
        raise UsageError(f"{asked} is no concept: give code and scheme, as in 121022,DCM")
    by_type = concepts().get((code_value, scheme.casefold()), {})
    return [_concept(profile, code_value, scheme, kind) for kind in sorted(by_type or VALUE_OF_TYPE)]


def _iod(sop_class: str) -> str:
    iod = iod_of(sop_class) or (sop_class if sop_class in modules_of_iod() else "")
    if sop_class and not iod:
        raise UsageError(f"no table knows the SOP class or IOD {sop_class}")
    return iod


def _tag_of(attribute: str) -> int:
    found = _TAG(attribute)
    if found:
        return int(found[1] + found[2], 16)
    try:
        return tag_of(attribute)
    except KeyError:
        raise UsageError(
            f"no table knows an attribute {attribute}; give a keyword, a tag such as 0010,0010, "
            "or a private element as 0019,xx0C,CREATOR"
        ) from None


def _explained(profile: Profile, tag: int, iod: str, path: str) -> Explained:
    rule, vr, keyword = profile.rule(tag, iod, path), vr_of(tag) or "UN", keyword_of(tag)
    becomes = _becomes(rule, vr, keyword)
    if not path:
        written = {**_WRITTEN, "LongitudinalTemporalInformationModified": profile.dates}
        becomes = written.get(keyword, becomes)
    name = f"{path}.{keyword}" if path else keyword
    return Explained(f"({tag >> 16:04X},{tag & 0xFFFF:04X})", name, vr, rule.code, rule.source, becomes)


def _becomes(rule: Rule, vr: str, keyword: str) -> str:
    if rule.code == "D":
        return "new UID" if vr == "UI" else dummies().get(keyword, dummies()[vr]) or "one dummy item"
    if rule.code == "S":
        return _SHIFTED if vr in ("DA", "DT") else "as it is: dates move by whole days"
    if rule.code == "K" and vr == "AS":
        return "over 89 years: 090Y"
    return rule.value or _BECOMES.get(rule.code, "")


def _private(profile: Profile, creator: str, tag: int) -> Explained:
    """A private element by the rule that comes first: one's own, the list of safe ones, removal (PS3.15 E.3.10)."""
    own = profile.own.find_private(creator, tag)
    row = safe_attributes().get((creator, tag >> 16, tag & 0xFF))
    vr = own.vr if own else row.vr if row else ""
    code, source = "X", "E.3.10: not on the list of safe private attributes"
    if own:
        code, source = CODE_OF_ACTION[own.action], own.where
    elif SAFE_PRIVATE not in profile.options:
        source = "E.1-1: private attributes"
    elif row:
        code, source = "K", f"E.3.10-1: {row.meaning or 'safe private attribute'}"
    code = _of_kept(vr, profile.options) if code == "K" else code
    becomes = "removed if its value is none of its VR" if code != "X" else ""
    return Explained(f"({tag >> 16:04X},xx{tag & 0xFF:02X})", creator, vr or "UN", code, source, becomes)


def _of_kept(vr: str, options: frozenset[str]) -> str:
    """What is done to a private element that stays: dates and UIDs go the way of all others."""
    code = BY_LIST.get(vr, "K")
    if code == "S" and MODIFIED_DATES not in options:
        return "K" if FULL_DATES in options else "X"
    return "K" if code == "U" and UIDS in options else code


def _concept(profile: Profile, code_value: str, scheme: str, kind: str) -> Explained:
    row = concepts().get((code_value, scheme.casefold()), {}).get(kind)
    tag, name = f"({code_value},{scheme})", row.meaning if row else ""
    if STRUCTURED not in profile.options:
        return Explained(tag, name, kind, "D", "E.1-1: ContentSequence", "one dummy item for all content")
    source = "E.3.4-1: clean structured content" if row else f"E.3.4: Value Type {kind}"
    return Explained(tag, name, kind, concept_rule(code_value, scheme, kind, profile.options), source)


def lines(rows: list[Explained]) -> Iterator[str]:
    """The rows as `explain` prints them."""
    for row in rows:
        becomes = f" → {row.becomes}" if row.becomes else ""
        yield f"{row.tag} {row.vr:<2} {row.code:<2} {row.keyword:<56} {row.rule}{becomes}"
