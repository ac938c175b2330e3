"""What becomes of the private elements of a data set, where some may stay (PS3.15 E.3.10, PS3.5 7.8.1)."""

from collections.abc import Callable, Mapping
from functools import cache

from dicomconv.deid.actions import dummies, dummy_value, is_registered, replaced_uids
from dicomconv.deid.made import Made, Scope
from dicomconv.deid.new_values import TEXTS, Values
from dicomconv.deid.options import FULL_DATES, MODIFIED_DATES, SAFE_PRIVATE, UIDS
from dicomconv.deid.own_rules import CODE_OF_ACTION
from dicomconv.deid.private import (
    Blocks,
    Decision,
    SafeAttribute,
    SafeList,
    decide,
    is_creator,
    needed_creators,
    safe_attributes,
)
from dicomconv.deid.profile import Profile
from dicomconv.deid.values import BINARY_VRS, STRING_VRS, is_valid, made_plain
from dicomconv.elements import Element, Encoding
from dicomconv.encode import encode
from dicomconv.model import Change
from dicomconv.standard import keyword_of

LookInside = Callable[[Element, Scope], Made]


def made_private(
    blocks: Blocks,
    elements: list[Element],
    scope: Scope,
    rules: tuple[Profile, Values],
    look_inside: LookInside,
    memo: Callable[[Scope], dict[bytes, Made]],
) -> Mapping[int, Made]:
    """What becomes of each private element, by tag; a creator stays exactly when something of its block does."""
    profile, values = rules
    made: dict[int, Made] = {}
    for element in elements:
        if is_creator(element.tag):
            continue
        raw = blocks.buffer[element.start : element.end]
        place = scope._replace(creator=blocks.creator_of(element.tag) or "?")
        remembered = memo(place)
        known = remembered.get(raw)
        if known is None:
            decision = _decision(profile, blocks, element)
            known = _made(decision, blocks.buffer, element, values, scope, look_inside)
            remembered[raw] = known
        made[element.tag] = known
    _drop_named_blocks(blocks, made, values, scope)
    needed = needed_creators(tag for tag, one in made.items() if one.content)
    for element in elements:
        if is_creator(element.tag):
            made[element.tag] = _creator(blocks.buffer, element, scope.encoding, element.tag in needed)
    return made


def _drop_named_blocks(blocks: Blocks, made: dict[int, Made], values: Values, scope: Scope) -> None:
    """A block whose creator itself would be scrubbed goes as a whole: its name is the sender's text like any other.

    One that no list has, and the file alone calls safe, may say anything.
    """
    for tag, one in made.items():
        creator = blocks.creator_of(tag)
        scrubbed = values.scrubber.echo if creator in known_creators() else values.scrubber.technical
        if one.content and scrubbed(creator) != creator:
            made[tag] = Made(b"", (Change(keyword_of(tag), "X"),))


@cache
def known_creators() -> frozenset[str]:
    """The creators of Table E.3.10-1."""
    return frozenset(creator for creator, _, _ in safe_attributes())


def _decision(profile: Profile, blocks: Blocks, element: Element) -> Decision:
    """A rule of one's own first, then the list and the file's own word, if the option says so."""
    creator = blocks.creator_of(element.tag)
    own = profile.own.find_private(creator, element.tag) if creator else None
    if own is None:
        if SAFE_PRIVATE in profile.options:
            return _under_options(decide(blocks, element, SafeList()), profile.options)
        return Decision("X", "E.1-1: private attributes")
    if own.action == "remove":
        return Decision("X", own.where)
    row = SafeAttribute(creator, element.tag >> 16, element.tag & 0xFF, own.vr, "", own.where)
    found = decide(blocks, element, SafeList((row,)))
    if found.code == "X" or own.action == "keep":
        return _under_options(found, profile.options)
    return found._replace(code=CODE_OF_ACTION[own.action])  # type: ignore[arg-type]  # clean and shift have codes


def _under_options(found: Decision, options: frozenset[str]) -> Decision:
    """Private dates and UIDs go the way of all others: shifted, kept or removed; replaced or kept."""
    if found.code == "S" and MODIFIED_DATES not in options:
        return found._replace(code="K" if FULL_DATES in options else "X")
    return found._replace(code="K") if found.code == "U" and UIDS in options else found


def _made(
    decision: Decision, buffer: bytes, element: Element, values: Values, scope: Scope, look_inside: LookInside
) -> Made:
    tag, raw = element.tag, buffer[element.value : element.end]
    if decision.vr == "SQ" and decision.code == "K":
        return look_inside(element, scope)
    new = _new_value(decision, raw, values, scope)
    if new is None:
        return Made(b"", (Change(keyword_of(tag), "X"),))
    if new == raw:
        return Made(buffer[element.start : element.end])
    return Made(encode(tag, element.vr, new, scope.encoding), (Change(keyword_of(tag), decision.code),))


def _new_value(decision: Decision, raw: bytes, values: Values, scope: Scope) -> bytes | None:
    """The value that a decision makes; None: the element goes."""
    code, vr = decision.code, decision.vr
    if code == "X":
        return None
    if code == "Z":
        return b""
    if code == "D":
        return dummy_value(vr, dummies()[vr], scope.encoding)
    if code == "U":
        return replaced_uids(raw, values.pseudonyms.uid, is_registered)
    if code == "S":
        return values.made("S", vr, raw, scope.charset)
    plain = raw if is_valid(vr, raw) else made_plain(vr, raw) if vr in BINARY_VRS | STRING_VRS else None
    if plain is None:
        return None
    return values.made("T" if code == "K" and vr in TEXTS else code, vr, plain, scope.charset)


def _creator(buffer: bytes, element: Element, encoding: Encoding, is_needed: bool) -> Made:
    if not is_needed:
        return Made(b"", (Change(keyword_of(element.tag), "X"),))
    raw = buffer[element.value : element.end]
    plain = raw if is_valid("LO", raw) else made_plain("LO", raw)
    if plain == raw:
        return Made(buffer[element.start : element.end])
    return Made(
        encode(element.tag, "LO", plain or raw.strip(b" \0"), encoding), (Change(keyword_of(element.tag), "C"),)
    )
