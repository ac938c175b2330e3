"""Turn an original into the de-identified bytes of its file: a function of (bytes, key, patient) (PS3.15 E.1.1).

What is kept stays as the bytes that were read; only what changes is encoded anew. Most elements of a series are the
same in every slice, so what was made of one is remembered, for this patient, this IOD, path, character set and
encoding alone.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from dicomconv.declared import as_declared
from dicomconv.deid.actions import (
    dummy,
    emptied,
    is_registered,
    is_vocabulary,
    looks_inside,
    replaced_uids,
)
from dicomconv.deid.file_meta import file_meta
from dicomconv.deid.markers import marked
from dicomconv.deid.pixel_value import exact_pixel_value
from dicomconv.deid.profile import iod_of, is_image, rule
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.values import BINARY_VRS, fits, is_valid, made_plain
from dicomconv.elements import (
    LONG_VRS,
    UNDEFINED,
    Element,
    Encoding,
    inner_encoding,
    items,
    scan_items,
    starts_with_item,
    vr_in_use,
)
from dicomconv.encode import encode, encode_item, encode_sequence
from dicomconv.errors import Malformed
from dicomconv.model import Change, Deidentified
from dicomconv.part10 import Parts
from dicomconv.source import Original
from dicomconv.standard import keyword_of, tag_of, vr_of

REMEMBERED_BYTES, REMEMBERED_ELEMENTS = 1 << 16, 1 << 16


class Scope(NamedTuple):
    """Where an element stands: the same bytes may be treated differently elsewhere."""

    iod: str
    path: str
    charset: bytes
    encoding: Encoding


class Made(NamedTuple):
    """What became of an element: its new bytes (none: removed) and what was done, by path from here."""

    content: bytes
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Patient:
    """The de-identified patient: Patient ID and Patient's Name, and the Clinical Trial Subject ID if there is one."""

    patient_id: str
    subject_id: str = ""

    def own_values(self) -> dict[int, str]:
        """What stands in the attributes that name the patient, at the top level."""
        values = {tag_of("PatientName"): self.patient_id, tag_of("PatientID"): self.patient_id}
        return {**values, tag_of("ClinicalTrialSubjectID"): self.subject_id} if self.subject_id else values


@dataclass(slots=True)
class Deidentifier:
    """De-identifies the instances of one patient; remembers, for that patient only, what was made of which element."""

    pseudonyms: Pseudonyms
    patient: Patient
    _memo: dict[Scope, dict[bytes, Made]] = field(default_factory=dict, repr=False)

    def __call__(self, original: Original, own_uid: str = "", uncleaned: str = "") -> Deidentified:
        """The de-identified instance; `own_uid`: what its new SOP Instance UID is made of instead of the old one.

        `uncleaned`: why text may be burned in, if its pixels are kept all the same: Burned In Annotation becomes YES.
        Malformed if the data set cannot be read to its end.
        """
        parts = as_declared(original.parts)
        header = parts.header()
        sop_class_uid = header.text("SOPClassUID") or parts.meta.sop_class_uid
        if parts.trailing and parts.pixel_element is None:
            _check_complete(parts, "Rows" in header or is_image(iod_of(sop_class_uid)))
        scope = Scope(iod_of(sop_class_uid), "", header.raw("SpecificCharacterSet"), parts.encoding)
        pixel = parts.pixel_element
        body = [element for element in parts.elements if element is not pixel]
        made = [(element.tag, self._made(parts.head, element, scope)) for element in body]
        after = [(element.tag, self._made(parts.tail, element, scope)) for element in parts.tail_elements]
        value = exact_pixel_value(parts, header)
        changes = [change for _, one in (*made, *after) for change in one.changes]
        changes += [Change("trailing bytes", "X")] * bool(parts.trailing) + list(value.changes)
        old_uid = own_uid or header.text("SOPInstanceUID") or parts.meta.sop_instance_uid
        sop_instance_uid = replaced_uids(old_uid.encode(), self.pseudonyms.uid, is_registered).decode()
        meta = file_meta(sop_class_uid, sop_instance_uid, parts.transfer_syntax_uid)
        dataset = self._with_patient({tag: one.content for tag, one in made if one.content}, parts.encoding)
        for keyword, uid in (("SOPClassUID", sop_class_uid), ("SOPInstanceUID", sop_instance_uid)):
            dataset[tag_of(keyword)] = encode(tag_of(keyword), "UI", uid.encode(), parts.encoding)
        return Deidentified(
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=parts.transfer_syntax_uid,
            dataset_start=len(meta),
            pixel_keyword=keyword_of(pixel.tag) if pixel else "",
            encapsulated=pixel is not None and pixel.undefined,
            head=b"".join((meta, *marked(dataset, parts.encoding, uncleaned=bool(uncleaned)), value.header)),
            pixels=value.span,
            tail=b"".join((value.padding, *(one.content for _, one in after))),
            changes=tuple(changes),
        )

    def _with_patient(self, dataset: dict[int, bytes], encoding: Encoding) -> dict[int, bytes]:
        """Patient's Name and Patient ID are Type 2 everywhere: they are there whether the original had them or not."""
        for tag, text in self.patient.own_values().items():
            if tag in dataset or tag in (tag_of("PatientName"), tag_of("PatientID")):
                dataset[tag] = encode(tag, vr_of(tag) or "LO", text.encode(), encoding)
        return dataset

    def _made(self, buffer: bytes, element: Element, scope: Scope, depth: int = 0) -> Made:
        """What becomes of an element, remembered or made."""
        raw = buffer[element.start : element.end]
        if len(raw) > REMEMBERED_BYTES:
            return self._make(buffer, element, scope, depth)
        memo = self._memo.setdefault(scope, {})
        known = memo.get(raw)
        if known is None:
            if len(memo) > REMEMBERED_ELEMENTS:
                memo.clear()
            known = memo[raw] = self._make(buffer, element, scope, depth)
        return known

    def _make(self, buffer: bytes, element: Element, scope: Scope, depth: int) -> Made:
        """What becomes of an element; where it stays as it is, without what stands in reserved bytes."""
        made = self._decide(buffer, element, scope, depth)
        is_long = scope.encoding.explicit and made.content[4:6].decode("latin-1") in LONG_VRS
        if is_long and made.content[6:8].strip(b"\0"):
            return made._replace(content=made.content[:6] + bytes(2) + made.content[8:])
        return made

    def _decide(self, buffer: bytes, element: Element, scope: Scope, depth: int) -> Made:
        tag, encoding = element.tag, scope.encoding
        code = rule(tag, scope.iod, scope.path).code
        keyword = keyword_of(tag)
        if code == "X":
            return Made(b"", () if tag & 0xFFFF == 0 else (Change(keyword, "X"),))
        if vr_of(tag) == "SQ" and (code in "KU" or (code == "D" and looks_inside(tag))):
            return self._sequence(buffer, element, scope, depth)
        if code == "Z":
            return Made(emptied(tag, encoding), (Change(keyword, "Z"),))
        if code == "D" and vr_of(tag) != "UI":
            return Made(dummy(tag, encoding), (Change(keyword, "D"),))
        if code in "DUR":
            return self._new_uids(buffer, element, scope, vocabulary=code == "R")
        return _kept(buffer, element, encoding)

    def _new_uids(self, buffer: bytes, element: Element, scope: Scope, vocabulary: bool) -> Made:
        spared = is_vocabulary if vocabulary else is_registered
        old = buffer[element.value : element.end]
        new = replaced_uids(old, self.pseudonyms.uid, spared)
        if new == old.rstrip(b" \0") and is_valid("UI", old):
            return Made(buffer[element.start : element.end])
        return Made(encode(element.tag, "UI", new, scope.encoding), (Change(keyword_of(element.tag), "U"),))

    def _sequence(self, buffer: bytes, element: Element, scope: Scope, depth: int) -> Made:
        """A kept sequence: its items looked into; the bytes it had if nothing in them changes."""
        keyword = keyword_of(element.tag)
        inner = inner_encoding(element, scope.encoding)
        if element.vr not in ("SQ", "UN") or not starts_with_item(buffer, element, inner):
            return Made(b"", (Change(keyword, "X"),))
        path = f"{scope.path}.{keyword}" if scope.path else keyword
        changes: list[Change] = []
        pieces: list[bytes] = []
        for index, (start, inside, outside) in enumerate(items(buffer, element, scope.encoding, depth)):
            content, below = self._item(buffer, inside, outside, Scope(scope.iod, path, scope.charset, inner), depth)
            undefined = buffer[start + 4 : start + 8] == UNDEFINED.to_bytes(4, "little")
            pieces.append(encode_item(content, inner, undefined))
            changes += (Change(f"{keyword}[{index}].{change.path}", change.action) for change in below)
        if not changes:
            return Made(buffer[element.start : element.end])
        vr = "UN" if element.vr == "UN" else "SQ"
        content = b"".join(pieces)
        return Made(encode_sequence(element.tag, vr, content, scope.encoding, inner, element.undefined), tuple(changes))

    def _item(self, buffer: bytes, inside: int, outside: int, scope: Scope, depth: int) -> tuple[bytes, list[Change]]:
        elements = scan_items(buffer, inside, outside, scope.encoding, depth + 1)
        for element in elements:
            if element.tag == tag_of("SpecificCharacterSet"):
                scope = scope._replace(charset=buffer[element.value : element.end])
        made = [self._made(buffer, element, scope, depth + 1) for element in elements]
        changes = [change for one in made for change in one.changes]
        content = b"".join(one.content for one in made)
        if not changes and content != buffer[inside:outside]:
            changes.append(Change("group lengths or order", "X"))
        return content, changes


def _kept(buffer: bytes, element: Element, encoding: Encoding) -> Made:
    """A kept value: as the bytes it had if it is nothing but a value of its VR, else made plain or removed."""
    keyword, raw = keyword_of(element.tag), buffer[element.start : element.end]
    vr, known_vr = vr_in_use(element), vr_of(element.tag) or "UN"
    value = buffer[element.value : element.end]
    if element.undefined or vr == "SQ" or not fits(element.tag, vr, known_vr, len(value)):
        return Made(b"", (Change(keyword, "X"),))
    check = vr if vr in BINARY_VRS else known_vr
    if is_valid(check, value) and is_valid(vr, value):
        return Made(raw)
    plain = made_plain(check, value)
    if plain is None or not is_valid(vr, plain):
        return Made(b"", (Change(keyword, "X"),))
    return Made(encode(element.tag, element.vr, plain, encoding), (Change(keyword, "C"),))


def _check_complete(parts: Parts, is_image: bool) -> None:
    """What is no data element ends a data set that is complete; before the pixel data it is damage. Malformed then."""
    rest = parts.tail if parts.tail else b""
    if is_image:
        raise Malformed("something that is no data element stands before the pixel data", "the data set")
    if not parts.encoding.explicit and rest.strip(b"\0"):
        raise Malformed("something stands behind the last element that may be one", f"offset {len(parts.head)}")
