"""What becomes of each element of a patient's data sets: remembered, or made by its rule (PS3.15 E.1, E.3).

Most elements of a series are the same in every slice, so what was made of one is remembered: for this patient, this
IOD, path, private creator, character set and encoding alone.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from dicomconv.deid import icc
from dicomconv.deid.actions import (
    dummy,
    dummy_value,
    emptied,
    is_registered,
    is_vocabulary,
    looks_inside,
    replaced_uids,
)
from dicomconv.deid.claims import Claims, characteristics
from dicomconv.deid.made import Made, Scope
from dicomconv.deid.meanings import is_meaning
from dicomconv.deid.new_values import Values, plain_value
from dicomconv.deid.options import GRAPHICS, STRUCTURED
from dicomconv.deid.overlays import kept_overlays
from dicomconv.deid.private import Blocks
from dicomconv.deid.private_elements import made_private
from dicomconv.deid.profile import UNLESS_PATIENTS, Profile, Rule
from dicomconv.deid.structured import Removal, is_content_item, rule_of_item
from dicomconv.deid.terms import is_term
from dicomconv.deid.values import BINARY_VRS, is_valid
from dicomconv.elements import (
    LONG_VRS,
    UNDEFINED,
    Element,
    Encoding,
    inner_encoding,
    items,
    scan,
    scan_items,
    starts_with_item,
    vr_in_use,
)
from dicomconv.encode import encode, encode_item, encode_sequence
from dicomconv.header import Header
from dicomconv.model import Change
from dicomconv.standard import keyword_of, tag_of, vr_of

SPELT_IN_OLD_WAYS = frozenset({"AS", "DA", "DT", "TM"})  # so that they are none of their VR, and can be made so
REMEMBERED_BYTES, REMEMBERED_ELEMENTS = 1 << 16, 1 << 16
MADE_OF_ITEMS = frozenset({"ContentSequence", "GraphicAnnotationSequence"})  # not there rather than without items


@dataclass(slots=True)
class Maker:
    """Makes the elements of one patient; remembers, for that patient only, what was made of which element."""

    profile: Profile
    values: Values
    _memo: dict[Scope, dict[bytes, Made]] = field(default_factory=dict, repr=False)

    def scope_of(self, header: Header, scope: Scope) -> Scope:
        """The scope of the top level of a data set: with what the instance says of its private blocks and of its tree."""
        scope = scope._replace(claims=header.encoded(tag_of("PrivateDataElementCharacteristicsSequence")))
        if STRUCTURED in self.profile.options and _points_to_items(header.buffer, scope.encoding):
            return scope._replace(removal="dummy")
        return scope

    def dataset(self, buffer: bytes, elements: list[Element], scope: Scope, depth: int = 0) -> dict[int, Made]:
        """What becomes of the elements of a data set or item, by tag, in their order."""
        return self.some(buffer, elements, self.special(buffer, elements, scope, depth), scope, depth)

    def some(
        self, buffer: bytes, elements: Iterable[Element], special: dict[int, Made], scope: Scope, depth: int = 0
    ) -> dict[int, Made]:
        """What becomes of some elements of a data set; `special`: of those whose rule needs others of it."""
        memo = self._memo.setdefault(scope, {})
        made = {}
        for element in elements:
            known = special.get(element.tag) or memo.get(buffer[element.start : element.end])
            made[element.tag] = known or self._remembered(buffer, element, scope, depth)
        return made

    def is_special(self, tag: int) -> bool:
        """Whether the rule of an element may need others of its data set: then it is in `special`, if it may stay."""
        return bool(tag >> 16 & 1 and self.profile.looks_at_private) or _is_overlay(tag)

    def special(self, buffer: bytes, elements: list[Element], scope: Scope, depth: int = 0) -> dict[int, Made]:
        """Those elements whose rule needs others of their data set: private ones that may stay, overlays that may."""
        found: dict[int, Made] = {}
        if GRAPHICS in self.profile.options and any(_is_overlay(element.tag) for element in elements):
            tags = kept_overlays(Header(buffer, elements, scope.encoding), elements)
            found |= {one.tag: self._kept_overlay(buffer, one, scope) for one in elements if one.tag in tags}
        private = [element for element in elements if element.tag >> 16 & 1]
        if private and self.profile.looks_at_private:
            blocks = Blocks.of(Header(buffer, private, scope.encoding), self._claims_of(scope))
            rules = self.profile, self.values

            def look_inside(element: Element, scope: Scope) -> Made:
                return self._sequence(buffer, element, scope, "K", depth)

            found |= made_private(blocks, private, scope, rules, look_inside, self._memory)
        return found

    def _memory(self, scope: Scope) -> dict[bytes, Made]:
        return self._memo.setdefault(scope, {})

    def _kept_overlay(self, buffer: bytes, element: Element, scope: Scope) -> Made:
        return self._valued(buffer, element, scope, Rule("K", "")) or Made(b"")

    def _claims_of(self, scope: Scope) -> Claims:
        """What the instance says of its private blocks."""
        if not scope.claims:
            return {}
        elements = scan(scope.claims, 0, len(scope.claims), scope.encoding, 1).elements
        return characteristics(Header(scope.claims, elements, scope.encoding))

    def _remembered(self, buffer: bytes, element: Element, scope: Scope, depth: int) -> Made:
        made = _tidy(self._decide(buffer, element, scope, depth), scope.encoding)
        if element.end - element.start <= REMEMBERED_BYTES:
            memo = self._memo[scope]
            if len(memo) > REMEMBERED_ELEMENTS:
                memo.clear()
            memo[buffer[element.start : element.end]] = made
        return made

    def _decide(self, buffer: bytes, element: Element, scope: Scope, depth: int) -> Made:
        rule = self.profile.rule(element.tag, scope.iod, scope.path)
        told = dict(scope.codes).get(element.tag) if scope.codes else None
        if told:
            rule = Rule(told, "E.3.4-1", "", "D")  # type: ignore[arg-type]  # a code of structured.py
        return self._by_code(buffer, element, scope, rule, depth)

    def _by_code(self, buffer: bytes, element: Element, scope: Scope, rule: Rule, depth: int) -> Made:
        tag, code, encoding = element.tag, rule.code, scope.encoding
        keyword = keyword_of(tag)
        if code == "X":
            return Made(b"", () if tag & 0xFFFF == 0 else (Change(keyword, "X"),))
        if vr_of(tag) == "SQ" and (code in "KUIG" or (code == "D" and looks_inside(tag))):
            return self._sequence(buffer, element, scope, code, depth)
        if code == "Z":
            return Made(emptied(tag, encoding), (Change(keyword, "Z"),))
        if code == "V":
            return Made(_own(tag, rule.value, encoding), (Change(keyword, "V"),))
        if vr_of(tag) == "UI" and code in "DURPSC":
            return self._new_uids(buffer, element, scope, vocabulary=code == "R")
        if code == "D":
            return Made(dummy(tag, encoding), (Change(keyword, "D"),))
        return self._valued(buffer, element, scope, rule) or self._by_code(
            buffer, element, scope, rule._replace(code=rule.otherwise, otherwise="X"), depth
        )

    def _valued(self, buffer: bytes, element: Element, scope: Scope, rule: Rule) -> Made | None:
        """An element whose value is kept, cleaned, shifted or given a pseudonym; None if that cannot be."""
        tag, known_vr = element.tag, vr_of(element.tag) or "UN"
        if known_vr in SPELT_IN_OLD_WAYS or rule.code == "S":
            plain = None if known_vr in BINARY_VRS else buffer[element.value : element.end]
        else:
            plain = plain_value(buffer, element, known_vr)
        if plain is None:
            return None
        if rule.code == "C" and known_vr in ("OB", "UN"):
            new = icc.cleaned(plain) if keyword_of(tag) == "ICCProfile" else None
        elif is_term(keyword_of(tag), plain):
            new = plain
        else:
            code = "T" if rule.value == UNLESS_PATIENTS else rule.code
            new = self.values.made(code, known_vr if known_vr != "UN" else element.vr, plain, scope.charset)
        if rule.code == "T" and new != plain and is_meaning(tag, plain):
            new = self.values.made("K", known_vr, plain, scope.charset)
        if new is None:
            return self._nothing_left(element, scope) if rule.code == "K" else None
        if new is plain and plain == buffer[element.value : element.end]:
            return Made(buffer[element.start : element.end])
        action = rule.code if rule.code in "SP" else "C"
        return Made(encode(tag, element.vr, new, scope.encoding), (Change(keyword_of(tag), action),))

    def _nothing_left(self, element: Element, scope: Scope) -> Made:
        """A kept text of which nothing stays: a dummy, as it may be of Type 1; an age that is none goes."""
        keyword = keyword_of(element.tag)
        if vr_in_use(element) == "AS":
            return Made(b"", (Change(keyword, "X"),))
        return Made(dummy(element.tag, scope.encoding), (Change(keyword, "D"),))

    def _new_uids(self, buffer: bytes, element: Element, scope: Scope, vocabulary: bool) -> Made:
        spared = is_vocabulary if vocabulary else is_registered
        old = buffer[element.value : element.end]
        new = replaced_uids(old, self.values.pseudonyms.uid, spared)
        if new == old.rstrip(b" \0") and is_valid("UI", old):
            return Made(buffer[element.start : element.end])
        return Made(encode(element.tag, "UI", new, scope.encoding), (Change(keyword_of(element.tag), "U"),))

    def _sequence(self, buffer: bytes, element: Element, scope: Scope, code: str, depth: int) -> Made:
        """A kept sequence: its items looked into; the bytes it had if nothing in them changes."""
        keyword = keyword_of(element.tag)
        inner = inner_encoding(element, scope.encoding)
        if element.vr not in ("SQ", "UN") or not starts_with_item(buffer, element, inner):
            return Made(b"", (Change(keyword, "X"),))
        changes: list[Change] = []
        pieces: list[bytes] = []
        for index, (start, inside, outside) in enumerate(items(buffer, element, scope.encoding, depth)):
            made = self._item(buffer, inside, outside, scope.inside(keyword, inner), code, depth)
            if made is None:
                changes.append(Change(f"{keyword}[{index}]", "X"))
                continue
            undefined = buffer[start + 4 : start + 8] == UNDEFINED.to_bytes(4, "little")
            pieces.append(encode_item(made[0], inner, undefined))
            changes += (Change(f"{keyword}[{index}].{change.path}", change.action) for change in made[1])
        if not changes:
            return Made(buffer[element.start : element.end])
        if not pieces and keyword in MADE_OF_ITEMS:
            return Made(b"", (Change(keyword, "X"),))
        vr = "UN" if element.vr == "UN" else "SQ"
        content = b"".join(pieces)
        return Made(encode_sequence(element.tag, vr, content, scope.encoding, inner, element.undefined), tuple(changes))

    def _item(
        self, buffer: bytes, inside: int, outside: int, scope: Scope, code: str, depth: int
    ) -> tuple[bytes, list[Change]] | None:
        """The elements of an item and what was done to them; None if the item goes as a whole."""
        elements = scan_items(buffer, inside, outside, scope.encoding, depth + 1)
        for element in elements:
            if element.tag == tag_of("SpecificCharacterSet"):
                scope = scope._replace(charset=buffer[element.value : element.end])
        if code == "G" and tag_of("GraphicObjectSequence") not in {element.tag for element in elements}:
            return None
        if STRUCTURED in self.profile.options:
            codes = self._codes_of_content_item(Header(buffer, elements, scope.encoding), scope.removal)
            if codes is None:
                return None
            scope = scope._replace(codes=codes)
        made = self.dataset(buffer, elements, scope, depth + 1).values()
        changes = [change for one in made for change in one.changes]
        content = b"".join(one.content for one in made)
        if not changes and content != buffer[inside:outside]:
            changes.append(Change("group lengths or order", "X"))
        return content, changes

    def _codes_of_content_item(self, item: Header, removal: Removal) -> tuple[tuple[int, str], ...] | None:
        """The codes of an item's values by its concept, none if it is no content item; None if it goes as a whole."""
        if not is_content_item(item):
            return ()
        by_concept = rule_of_item(item, self.profile.options, removal)
        return None if by_concept.action == "drop" else tuple(sorted(by_concept.values.items()))


def _is_overlay(tag: int) -> bool:
    return 0x6000 <= tag >> 16 <= 0x601E


def _points_to_items(buffer: bytes, encoding: Encoding) -> bool:
    """Whether content items may be pointed to by their place in the tree (0040,DB73), so that none can go."""
    return struct.pack(encoding.order + "HH", 0x0040, 0xDB73) in buffer


def _own(tag: int, text: str, encoding: Encoding) -> bytes:
    """An element with a value of one's own."""
    vr = vr_of(tag) or "UN"
    return encode(tag, vr, dummy_value(vr, text, encoding), encoding)


def _tidy(made: Made, encoding: Encoding) -> Made:
    """The same without what stands in reserved bytes (PS3.5 7.1.2)."""
    is_long = encoding.explicit and made.content[4:6].decode("latin-1") in LONG_VRS
    if is_long and made.content[6:8].strip(b"\0"):
        return made._replace(content=made.content[:6] + bytes(2) + made.content[8:])
    return made
