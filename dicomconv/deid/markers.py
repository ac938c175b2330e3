"""What a de-identified instance says of itself (PS3.15 E.1.1 items 6 and 7, CID 7050; PS3.3 C.12.1.1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dicomconv.deid.options import OPTIONS, names_of
from dicomconv.deid.profile import Profile
from dicomconv.elements import Element, Encoding, inner_encoding, scan
from dicomconv.encode import encode, encode_item, encode_sequence
from dicomconv.header import Header
from dicomconv.standard import EDITION, tag_of, vr_of

CLEAN_PIXELS = ("113101", "Clean Pixel Data Option")
BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")
DEIDENTIFYING_EQUIPMENT = ("109104", "De-identifying Equipment")  # CID 7005
NAME = "dicomconv"
SAID_BY_EARLIER_HANDS = (
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "ContributingEquipmentSequence",
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What there is to say: the profile that ran; what Burned In Annotation says, empty for what it said before.

    `cleaned`: text was looked for in the pixels, and blanked if there was any (PS3.15 E.3.1).
    """

    profile: Profile
    burned_in: str = ""
    cleaned: bool = False


def methods(profile: Profile) -> list[str]:
    """De-identification Method: the tool, the edition and the profile, then the options, then one's own rules."""
    options = names_of(profile.options)
    own = ["with rules of a profile file"] if profile.own else []
    return [f"{NAME}; {EDITION} Basic Profile", *(f"with {name}" for name in options), *own]


def codes(profile: Profile) -> list[tuple[str, str]]:
    """The codes of CID 7050 for what ran; the Basic Profile's only if no rule of one's own lets more through."""
    basic = [BASIC_PROFILE] if profile.own.is_strict else []
    return basic + [(option.code, option.meaning) for option in OPTIONS if option.column in profile.options]


def marked(dataset: dict[int, bytes], encoding: Encoding, marks: Marks) -> Iterator[bytes]:
    """The encoded elements in tag order, with the markers set; method, codes and equipment behind those of earlier hands.

    Where text may be burned in, Burned In Annotation says YES, where it was cleaned, NO, whatever the sender said.
    """
    before = tuple(dataset.get(tag) for tag in map(tag_of, SAID_BY_EARLIER_HANDS))
    dataset = {**dataset, **_markers(before, encoding, marks)}
    return map(dataset.__getitem__, sorted(dataset))


@lru_cache(maxsize=64)
def _markers(before: tuple[bytes | None, ...], encoding: Encoding, marks: Marks) -> dict[int, bytes]:
    """The markers by tag, encoded; the same in all slices of a series."""
    profile = marks.profile
    texts = {"PatientIdentityRemoved": "YES", "LongitudinalTemporalInformationModified": profile.dates}
    if marks.burned_in:
        texts["BurnedInAnnotation"] = marks.burned_in
    made = {tag_of(keyword): _text(keyword, text, encoding) for keyword, text in texts.items()}
    method, claims, equipment = map(tag_of, SAID_BY_EARLIER_HANDS)
    made[method] = _method(before[0], marks, encoding)
    made[claims] = _appended(before[1], claims, _claims(profile, marks.cleaned), encoding)
    made[equipment] = _appended(before[2], equipment, (EQUIPMENT,), encoding)
    return made


def _text(keyword: str, text: str, encoding: Encoding) -> bytes:
    return encode(tag_of(keyword), vr_of(tag_of(keyword)) or "LO", text.encode(), encoding)


class _Item:
    """An item of texts, encoded however its sequence is; equal items encode equally."""

    def __init__(self, texts: dict[str, str], below: "dict[str, _Item] | None" = None):
        self.texts, self.below = texts, below or {}

    def encoded(self, encoding: Encoding) -> bytes:
        elements = {tag_of(keyword): _text(keyword, text, encoding) for keyword, text in self.texts.items()}
        for keyword, item in self.below.items():
            content = encode_item(item.encoded(encoding), encoding)
            elements[tag_of(keyword)] = encode(tag_of(keyword), "SQ", content, encoding)
        return b"".join(elements[tag] for tag in sorted(elements))


def _code(code: tuple[str, str]) -> _Item:
    return _Item({"CodeValue": code[0], "CodingSchemeDesignator": "DCM", "CodeMeaning": code[1]})


EQUIPMENT = _Item(
    {"Manufacturer": NAME},
    {"PurposeOfReferenceCodeSequence": _code(DEIDENTIFYING_EQUIPMENT)},
)


@lru_cache(maxsize=64)
def _claims(profile: Profile, cleaned: bool) -> tuple[_Item, ...]:
    return tuple(map(_code, codes(profile) + [CLEAN_PIXELS] * cleaned))


@lru_cache(maxsize=1024)
def _encoded(item: _Item, encoding: Encoding) -> bytes:
    return encode_item(item.encoded(encoding), encoding)


def _method(before: bytes | None, marks: Marks, encoding: Encoding) -> bytes:
    """The methods that were there as their bytes were, whatever their character set, and ours behind them."""
    said = b""
    if before:
        header, element = _header(before, encoding)
        said = header.buffer[element.value : element.end].rstrip(b" ")
    ours = "\\".join(methods(marks.profile) + ["with clean-pixel-data"] * marks.cleaned).encode()
    value = said if said.endswith(ours) else b"\\".join(part for part in (said, ours) if part)
    return encode(tag_of("DeidentificationMethod"), "LO", value, encoding)


def _header(encoded: bytes, encoding: Encoding) -> tuple[Header, Element]:
    elements = scan(encoded, 0, len(encoded), encoding, 1).elements
    return Header(encoded, elements, encoding), elements[0]


def _appended(before: bytes | None, tag: int, ours: Iterable[_Item], encoding: Encoding) -> bytes:
    """The items that were there, and behind them those of ours that are not among them."""
    content, vr, inner = b"", "SQ", encoding
    if before:
        _, element = _header(before, encoding)
        vr, inner = element.vr, inner_encoding(element, encoding)
        content = before[element.value : element.end - 8 if element.undefined else element.end]
    added = b"".join(one for item in ours if (one := _encoded(item, inner)) not in content)
    if before and not added:
        return before
    return encode_sequence(tag, vr, content + added, encoding, inner, undefined=False)
