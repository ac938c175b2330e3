"""Which private elements may stay: by creator and element offset, in any block (PS3.15 E.3.10, PS3.5 7.8.1).

Table E.3.10-1 and one's own list say which are safe. What the file says of itself in Private Data Element
Characteristics Sequence (PS3.3 C.12.1) is the word of whoever sent it. So it is followed wherever it takes something
away; where it lets something stay, only for what its VR, its value and its creator's name make harmless or cleanable.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from dicomconv.deid.claims import Claim, Claims
from dicomconv.deid.dates import looks_like_date
from dicomconv.deid.values import BINARY_VRS, STRING_VRS, is_valid, made_plain
from dicomconv.elements import IMPLICIT_LITTLE, Element, items, scan_items, starts_with_item
from dicomconv.errors import Malformed
from dicomconv.header import Header
from dicomconv.standard import rows

Code = Literal["K", "C", "S", "U", "D", "Z", "X"]
"""Keep (a sequence: look inside), clean text, shift, replace UID, dummy, empty, remove."""

LOWEST_BLOCK, FIRST_ELEMENT = 0x10, 0x1000
NO_PRIVATE_GROUPS = frozenset({0x0001, 0x0003, 0x0005, 0x0007, 0xFFFF})  # odd, but not for private use (PS3.5 7.1)
LONGEST_CREATOR = 64

NUMBER_BYTES = {"AT": 4, "FD": 8, "FL": 4, "SL": 4, "SS": 2, "SV": 8, "UL": 4, "US": 2, "UV": 8}
NUMBERS = frozenset({*NUMBER_BYTES, "DS", "IS"})
OPAQUE = BINARY_VRS - NUMBERS
PLAIN_TEXTS = frozenset({"CS", "LO", "LT", "SH", "ST", "UC", "UT"})
SINGLE_VALUED = frozenset({"LT", "ST", "UT", "UR"})
UNDUMMIED = OPAQUE | {"SQ", "UN"}  # for these there is no dummy that could be right
# What the sender's word alone lets stay, by VR; what is not here, such as names and pixels, does not
BY_CLAIM: dict[str, Code] = {**dict.fromkeys(NUMBERS, "K"), **dict.fromkeys(PLAIN_TEXTS, "C"),
                             "DA": "S", "DT": "S", "TM": "K", "UI": "U", "SQ": "K"}  # fmt: skip
BY_LIST: dict[str, Code] = {"DA": "S", "DT": "S", "UI": "U"}  # the list's own: all else is kept

_PRINTED = re.compile(rb"[\x20-\x7e]{8,}").fullmatch
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]").search


@dataclass(frozen=True, slots=True)
class SafeAttribute:
    """A private attribute without identity: creator, group, offset in its block, VR (empty: any; `OW/OB`: either), VM."""

    creator: str
    group: int
    offset: int
    vr: str
    vm: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SafeList:
    """The private attributes that may stay: those of Table E.3.10-1 and one's own, which come first."""

    extra: tuple[SafeAttribute, ...] = ()

    def row(self, creator: str, tag: int) -> SafeAttribute | None:
        """The row for a private element, in whatever block it stands; None if it is not on the list."""
        key = creator, tag >> 16, tag & 0xFF
        own = [one for one in self.extra if (one.creator, one.group, one.offset) == key]
        return own[0] if own else safe_attributes().get(key)


class Decision(NamedTuple):
    """What is done to a private element, which rule says so, and the VR to take its value by."""

    code: Code
    reason: str
    vr: str = "UN"


ORPHAN = Decision("X", "a private creator by itself, or an element whose block nobody reserved (PS3.5 7.8.1)")
UNLISTED = Decision("X", "E.3.10: not on the list of safe private attributes")
CALLED_UNSAFE = Decision("X", "(0008,0300): the file says that it may identify")


@dataclass(frozen=True, slots=True)
class Blocks:
    """The private blocks of one data set or item: items do not inherit those of what they stand in (PS3.5 7.8.1)."""

    creators: Mapping[tuple[int, int], str] = field(default_factory=dict, repr=False)
    buffer: bytes = field(default=b"", repr=False)
    claims: Claims = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, header: Header, claims: Claims | None = None) -> "Blocks":
        """The blocks of a data set; `claims`: the `characteristics` of the whole instance."""
        creators = {
            (one.tag >> 16, one.tag & 0xFF): _creator(header.buffer[one.value : one.end])
            for one in header
            if one.tag & 0x10000 and is_creator(one.tag)
        }
        return cls(creators, header.buffer, claims or {})

    def creator_of(self, tag: int) -> str:
        """The creator that reserved the block of a private element; empty if nobody did."""
        return self.creators.get((tag >> 16, tag >> 8 & 0xFF), "")


@cache
def safe_attributes() -> dict[tuple[str, int, int], SafeAttribute]:
    """Table E.3.10-1 by creator, group and offset."""
    found = {}
    for row in rows("ps3.15_e.3.10-1.csv"):
        creator, group, offset = row["private_creator"], int(row["group"], 16), int(row["element"][2:], 16)
        found[creator, group, offset] = SafeAttribute(creator, group, offset, row["vr"], row["vm"], row["meaning"])
    return found


def is_creator(tag: int) -> bool:
    """Whether an element reserves a private block."""
    group = tag >> 16
    return bool(group & 1) and LOWEST_BLOCK <= tag & 0xFFFF <= 0xFF and group not in NO_PRIVATE_GROUPS


def needed_creators(kept: Iterable[int]) -> set[int]:
    """The tags of the private creators that kept private elements need: others go with their block."""
    return {tag & 0xFFFF0000 | tag >> 8 & 0xFF for tag in kept if tag >> 16 & 1 and tag & 0xFFFF >= FIRST_ELEMENT}


def decide(blocks: Blocks, element: Element, safe_list: SafeList) -> Decision:
    """What is done to a private element. A creator itself gets X: it stays exactly when `needed_creators` has it.

    What the file says comes before the list where it takes away, and after it where it lets stay.
    """
    creator, offset = blocks.creator_of(element.tag), element.tag & 0xFF
    if not creator:
        return ORPHAN
    claim = blocks.claims.get((element.tag >> 16, creator)) if blocks.claims else None
    row = safe_list.row(creator, element.tag)
    if claim and offset in claim.actions:
        return _as_told(claim, element, row)
    if claim and not claim.lets_stay(offset):
        return CALLED_UNSAFE
    if row:
        return _listed(row, element, blocks.buffer)
    return _claimed(claim, creator, element, blocks.buffer) if claim else UNLISTED


def _as_told(claim: Claim, element: Element, row: SafeAttribute | None) -> Decision:
    """The action that the file asks for (0008,0307), where the VR allows it; else the element goes."""
    offset = element.tag & 0xFF
    code, vr = claim.actions[offset], _vr(element, row.vr if row else claim.vrs.get(offset, ""))
    allowed = {"X": True, "Z": vr != "UN", "U": vr == "UI", "D": vr not in UNDUMMIED}
    return Decision(code if allowed.get(code) else "X", "(0008,0307): as the file asks", vr)


def _listed(row: SafeAttribute, element: Element, buffer: bytes) -> Decision:
    """An element that the list calls safe stays if its value is one of its VR."""
    reason = "E.3.10-1: " + (row.meaning or "safe private attribute")
    value, vr = buffer[element.value : element.end], _vr(element, row.vr)
    if vr == row.vr == "SQ":
        return _sequence(element, value, reason)
    if not _agree(row.vr, vr) or element.undefined or not sane(vr, row.vm, value):
        return Decision("X", f"{reason}: but its value is none of its VR or VM", vr)
    if row.vr in STRING_VRS and vr in STRING_VRS and not sane(row.vr, row.vm, value):
        return Decision("X", f"{reason}: but its value is none of its VR or VM", vr)
    return Decision(BY_LIST.get(vr, "K"), reason, vr)


def _claimed(claim: Claim, creator: str, element: Element, buffer: bytes) -> Decision:
    """An element that only the file itself calls safe."""
    reason = f"(0008,0303): {claim.status}"
    value, vr = buffer[element.value : element.end], _vr(element, claim.vrs.get(element.tag & 0xFF, ""))
    vr = "SQ" if vr == "UN" and parsed_un(value) else vr
    if not _is_plain_creator(creator):
        return Decision("X", f"{reason}: but its creator is no plain name", vr)
    if vr == "SQ":
        return _sequence(element, value, reason)
    code = BY_CLAIM.get(vr)
    if code is None or element.undefined or not sane(vr, "0-n", value):
        return Decision("X", f"{reason}: but nobody else says what a value of this VR holds", vr)
    return Decision(code, reason, vr)


def _sequence(element: Element, value: bytes, reason: str) -> Decision:
    """A private sequence is looked into, also where the file says UN; what cannot be looked into goes."""
    if element.vr == "SQ" or element.undefined or parsed_un(value):
        return Decision("K", reason, "SQ")
    return Decision("X", f"{reason}: but it is no sequence that can be looked into", "SQ")


def _vr(element: Element, known: str) -> str:
    """The VR to take a value by: the file's, or where that is UN the one that is known of the attribute."""
    return known.split("/")[0] or "UN" if element.vr == "UN" else element.vr


def _agree(listed: str, vr: str) -> bool:
    """Whether an attribute listed with one VR may stand under another: numbers as numbers, and numbers as texts."""
    if vr in listed.split("/") or not listed:
        return vr != "UN"
    if vr in NUMBERS:
        return listed in NUMBERS | PLAIN_TEXTS
    both = {listed, vr}
    return both <= PLAIN_TEXTS | {"DS", "IS"} or both <= OPAQUE


def sane(vr: str, vm: str, value: bytes) -> bool:
    """Whether a private value is nothing but values of its VR, as many as its VM allows, and no whole date or words.

    A VM is written as in PS3.6: `1`, `2-n`, `0-1`. Dates and times of a VR of their own may be dates.
    """
    plain = _plain(vr, value)
    if plain is None or not _in_range(_count(vr, plain), vm):
        return False
    if vr in NUMBER_BYTES:
        return _PRINTED(plain) is None  # letters in the bytes of numbers: eight of them, where numbers have zeros
    return vr in OPAQUE or vr in ("DA", "DT") or not looks_like_date(plain)


def _plain(vr: str, value: bytes) -> bytes | None:
    """The value as its VR lets it stand; None if it cannot, or has control characters before its padding."""
    if vr not in BINARY_VRS | STRING_VRS or (vr in STRING_VRS and _CONTROLS(value.rstrip(b" \0"))):
        return None
    return value if is_valid(vr, value) else made_plain(vr, value)


def _count(vr: str, value: bytes) -> int:
    """How many values there are; a value of opaque bytes is one."""
    if vr in NUMBER_BYTES:
        return len(value) // NUMBER_BYTES[vr]
    if not value.strip(b" \0"):
        return 0
    return 1 if vr in OPAQUE | SINGLE_VALUED else value.count(b"\\") + 1


def _in_range(count: int, vm: str) -> bool:
    """Whether so many values are as many as a VM allows; none are always allowed: the value is not known."""
    least, _, most = vm.partition("-")
    if not count or not least.isdigit():
        return True
    if most.isdigit() or not most:
        return int(least) <= count <= int(most or least)
    return count >= int(least)


def parsed_un(value: bytes) -> bool:
    """Whether a value of VR UN is a sequence of implicit little endian items from its first to its last byte.

    PS3.5 6.2.2 note 2. Items of known sequences within must hold too.
    """
    whole = Element(LOWEST_BLOCK, "UN", 0, 0, len(value), False)
    try:
        return value != b"" and starts_with_item(value, whole, IMPLICIT_LITTLE) and _items_hold(value, whole, 0)
    except Malformed:
        return False


def _items_hold(buffer: bytes, sequence: Element, depth: int) -> bool:
    for _, inside, outside in items(buffer, sequence, IMPLICIT_LITTLE, depth):
        for element in scan_items(buffer, inside, outside, IMPLICIT_LITTLE, depth + 1):
            if element.vr == "SQ" and not _items_hold(buffer, element, depth + 1):
                return False
    return True


def _creator(value: bytes) -> str:
    """A private creator as it is compared: case counts, padding does not (PS3.5 6.2, LO)."""
    return value.decode("latin-1").strip(" \0")


def _is_plain_creator(creator: str) -> bool:
    """Whether a creator that no list knows may stay as it is: it is text of the sender's like any other."""
    text = creator.encode("latin-1", "replace")
    plain = len(text) <= LONGEST_CREATOR and all(0x20 <= byte < 0x7F and byte not in b"\\^=" for byte in text)
    return plain and not looks_like_date(text)
