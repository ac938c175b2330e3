"""Turn an original into the de-identified bytes of its file: a function of (bytes, profile, key, patient) (PS3.15 E.1.1).

What is kept stays as the bytes that were read; only what changes is encoded anew.
"""

from dataclasses import dataclass, field

from dicomconv.declared import as_declared
from dicomconv.deid import documents
from dicomconv.deid.actions import is_registered, replaced_uids
from dicomconv.deid.beside import Besides
from dicomconv.deid.burned_in.clean import Target
from dicomconv.deid.burned_in.treat import AS_IT_IS, BurnedIn, treated_pixels
from dicomconv.deid.complete import check_complete
from dicomconv.deid.file_meta import file_meta
from dicomconv.deid.made import Made, Scope
from dicomconv.deid.make import Maker
from dicomconv.deid.markers import marked
from dicomconv.deid.new_values import Values
from dicomconv.deid.options import FULL_DATES, UIDS
from dicomconv.deid.profile import Profile, iod_of, is_image
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.values import is_valid
from dicomconv.elements import Encoding
from dicomconv.encode import encode
from dicomconv.errors import Refused
from dicomconv.header import Header
from dicomconv.model import Change, Deidentified
from dicomconv.part10 import Parts
from dicomconv.source import Original
from dicomconv.standard import keyword_of, tag_of, vr_of

DOCUMENT, DOCUMENT_LENGTH = "EncapsulatedDocument", "EncapsulatedDocumentLength"


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
    """De-identifies the instances of one patient, who is known by what `scrubber` takes out of every text."""

    pseudonyms: Pseudonyms
    patient: Patient
    profile: Profile
    scrubber: Scrubber = field(repr=False)
    _maker: Maker = field(init=False, repr=False)
    _besides: Besides = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shift = self.pseudonyms.shift_days(self.patient.patient_id)
        self._maker = Maker(
            self.profile, Values(self.pseudonyms, self.scrubber, shift, FULL_DATES not in self.profile.options)
        )
        self._besides = Besides(self._maker)

    def __call__(self, original: Original, own_uid: str = "", burned_in: BurnedIn = AS_IT_IS) -> Deidentified:
        """The de-identified instance; `own_uid`: what its new SOP Instance UID is made of instead of the old one.

        Malformed if the data set cannot be read to its end; Refused for a document that cannot be blanked, or text in
        pixels that cannot be found or blanked.
        """
        parts = as_declared(original.parts)
        header = parts.header()
        sop_class_uid = header.text("SOPClassUID") or parts.meta.sop_class_uid
        if parts.trailing and parts.pixel_element is None:
            check_complete(parts, "Rows" in header or is_image(iod_of(sop_class_uid)))
        scope = Scope(iod_of(sop_class_uid), "", header.raw("SpecificCharacterSet"), parts.encoding)
        made, pixel = self._besides(parts, header, scope), parts.pixel_element
        after = self._after_pixels(parts, scope)
        target = Target(self._sop_instance_uid(header, parts, own_uid), sop_class_uid, burned_in.sampled)
        pixels = treated_pixels(parts, header, burned_in, target)
        changes = [change for one in (*made.values(), *after) for change in one.changes]
        changes += [Change("trailing bytes", "X")] * bool(parts.trailing) + list(pixels.value.changes)
        meta = file_meta(sop_class_uid, target.sop_instance_uid, pixels.transfer_syntax_uid)
        dataset = self._with_patient({tag: one.content for tag, one in made.items() if one.content}, parts.encoding)
        dataset.update({tag: content for tag, content in pixels.value.replaced.items() if tag in dataset or content})
        self._blank_document(dataset, header, scope.iod, parts.encoding)
        for keyword, uid in (("SOPClassUID", sop_class_uid), ("SOPInstanceUID", target.sop_instance_uid)):
            dataset[tag_of(keyword)] = encode(tag_of(keyword), "UI", uid.encode(), parts.encoding)
        return Deidentified(
            sop_class_uid=sop_class_uid,
            sop_instance_uid=target.sop_instance_uid,
            transfer_syntax_uid=pixels.transfer_syntax_uid,
            dataset_start=len(meta),
            pixel_keyword=keyword_of(pixel.tag) if pixel else "",
            encapsulated=pixels.encapsulated,
            head=b"".join((meta, *marked(dataset, parts.encoding, pixels.marks(self.profile)), pixels.value.header)),
            pixels=pixels.value.span,
            tail=b"".join((pixels.value.padding, *(one.content for one in after))),
            changes=tuple(changes),
            blanked=pixels.blanked,
        )

    def _after_pixels(self, parts: Parts, scope: Scope) -> list[Made]:
        """What becomes of the elements behind the pixel value."""
        if not parts.tail_elements:
            return []
        elements = list(parts.tail_elements)
        scope = self._maker.scope_of(Header(parts.tail, elements, parts.encoding), scope)
        return list(self._maker.dataset(parts.tail, elements, scope).values())

    def _sop_instance_uid(self, header: Header, parts: Parts, own_uid: str) -> str:
        """The SOP Instance UID of the de-identified instance."""
        old = header.text("SOPInstanceUID") or parts.meta.sop_instance_uid
        if UIDS in self.profile.options and not own_uid and is_valid("UI", old.encode() + b"\0" * (len(old) % 2)):
            return old
        return replaced_uids((own_uid or old).encode(), self.pseudonyms.uid, is_registered).decode()

    def _with_patient(self, dataset: dict[int, bytes], encoding: Encoding) -> dict[int, bytes]:
        """Patient's Name and Patient ID are Type 2 everywhere: they are there whether the original had them or not."""
        for tag, text in self.patient.own_values().items():
            if tag in dataset or tag in (tag_of("PatientName"), tag_of("PatientID")):
                dataset[tag] = encode(tag, vr_of(tag) or "LO", text.encode(), encoding)
        return dataset

    def _blank_document(self, dataset: dict[int, bytes], header: Header, iod: str, encoding: Encoding) -> None:
        """An encapsulated document says what it likes: a blank one of its kind takes its place, or it is refused.

        Where no object of its kind has one, it goes.
        """
        if DOCUMENT not in header:
            return
        if not iod.startswith("encapsulated"):
            dataset.pop(tag_of(DOCUMENT), None)
            return
        blank = documents.blank(header.text("MIMETypeOfEncapsulatedDocument"))
        if blank is None or self.profile.documents == "refuse":
            raise Refused(
                "it encapsulates a document, which may say anything; "
                + (
                    "`--documents blank` puts a blank one in its place"
                    if blank
                    else "no blank one of its kind is known"
                )
            )
        dataset[tag_of(DOCUMENT)] = encode(tag_of(DOCUMENT), "OB", blank, encoding)
        if DOCUMENT_LENGTH in header:
            length = len(blank).to_bytes(4, "little" if encoding.little else "big")
            dataset[tag_of(DOCUMENT_LENGTH)] = encode(tag_of(DOCUMENT_LENGTH), "UL", length, encoding)
