"""What a file says of its own private elements: which hold no identity, and what to do with the others (PS3.3 C.12.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dicomconv.errors import Malformed
from dicomconv.header import Header

Action = Literal["D", "Z", "X", "U"]
ACTIONS: dict[str, Action] = {"D": "D", "Z": "Z", "X": "X", "U": "U"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says of one private block: status, offsets without identity, actions and VRs by offset."""

    status: str
    nonidentifying: frozenset[int] = frozenset()
    actions: Mapping[int, Action] = field(default_factory=dict)
    vrs: Mapping[int, str] = field(default_factory=dict)

    def lets_stay(self, offset: int) -> bool:
        """Whether an element of the block is said to hold no identity."""
        return self.status == "SAFE" or (self.status == "MIXED" and offset in self.nonidentifying)


UNSAFE = Claim("UNSAFE")
Claims = Mapping[tuple[int, str], Claim]
"""By group and creator: a claim holds for the whole instance, items included (PS3.3 C.12.1)."""


def characteristics(header: Header) -> Claims:
    """What an instance says of its private blocks, by group and creator; a block spoken of twice counts as unsafe."""
    claims: dict[tuple[int, str], Claim] = {}
    for item in _items(header, "PrivateDataElementCharacteristicsSequence"):
        key = int(item.number("PrivateGroupReference") or 0), item.text("PrivateCreatorReference").strip(" \0")
        claims[key] = UNSAFE if key in claims else _claim(item)
    return claims


def _items(header: Header, keyword: str) -> list[Header]:
    try:
        return header.items(keyword)
    except Malformed:
        return []


def _claim(item: Header) -> Claim:
    status = item.text("BlockIdentifyingInformationStatus")
    actions: dict[int, Action] = {}
    try:
        asked = item.items("DeidentificationActionSequence")
    except Malformed:
        return UNSAFE
    for one in asked:
        code = ACTIONS.get(one.text("DeidentificationAction"), "X")
        for offset in _offsets(one, "IdentifyingPrivateElements"):
            actions[offset] = code if actions.get(offset, code) == code else "X"
    return Claim(
        status if status in ("SAFE", "MIXED") else "UNSAFE",
        frozenset(_offsets(item, "NonidentifyingPrivateElements")),
        actions,
        _defined_vrs(item),
    )


def _defined_vrs(item: Header) -> dict[int, str]:
    """The VRs that a file defines for its private elements: without them an implicit VR says nothing of a value."""
    return {
        offset: one.text("PrivateDataElementValueRepresentation")[:2]
        for one in _items(item, "PrivateDataElementDefinitionSequence")
        for offset in _offsets(one, "PrivateDataElement")
    }


def _offsets(item: Header, keyword: str) -> list[int]:
    return [int(number) for number in item.numbers(keyword) if 0 <= number <= 0xFF]
