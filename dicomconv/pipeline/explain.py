"""Every attribute with what is done to it and why, from the very rules that the engine uses."""

import re
from typing import NamedTuple

from dicomconv.deid.actions import dummies
from dicomconv.deid.profile import iod_of, listed_tags, rule
from dicomconv.errors import UsageError
from dicomconv.standard import keyword_of, modules_of_iod, stricter, tag_of, uid_roles, vr_of

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?").fullmatch


class Explained(NamedTuple):
    """One attribute: what is done to it (code), what it becomes, and the rule."""

    tag: str
    keyword: str
    vr: str
    code: str
    rule: str


def explain(attribute: str | None, sop_class: str = "", path: str = "") -> list[Explained]:
    """One attribute, or all that are not simply kept. UsageError for an attribute or SOP class that nobody knows."""
    iod = _iod(sop_class)
    if attribute:
        return [_explained(_tag_of(attribute), iod, path)]
    tags = {*listed_tags(), *stricter(), *uid_roles()}
    return [_explained(tag, iod, path) for tag in sorted(tags) if tag >> 16 > 4]


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
            f"no table knows an attribute {attribute}; give a keyword or a tag such as 0010,0010"
        ) from None


def _explained(tag: int, iod: str, path: str) -> Explained:
    found, vr, keyword = rule(tag, iod, path), vr_of(tag) or "UN", keyword_of(tag)
    becomes = ""
    if found.code == "D":
        becomes = f" → {dummies().get(keyword, dummies()[vr]) or 'one dummy item'}" if vr != "UI" else " → new UID"
    if keyword in ("PatientID", "PatientName") and not path:
        becomes = " → keyed pseudonym"
    return Explained(f"({tag >> 16:04X},{tag & 0xFFFF:04X})", keyword, vr, found.code, found.source + becomes)
