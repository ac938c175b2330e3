"""What the profile would still change in an instance that is said to be de-identified (PS3.15 E.1.1).

The engine itself is run over it, with pseudonyms that leave alone what may be one already and dates that do not move:
what comes out differently should not have been there.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from dicomconv.container.rebuild import header_of
from dicomconv.deid.actions import DUMMY_UID, dummies, is_registered
from dicomconv.deid.deidentify import DOCUMENT, Deidentifier, Patient
from dicomconv.deid.profile import Profile, iod_of
from dicomconv.deid.pseudonym import KEY_BYTES, Pseudonyms
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.fold import folded
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.text.words import PLACEHOLDERS
from dicomconv.errors import Refused
from dicomconv.header import Header
from dicomconv.model import Deidentified
from dicomconv.part10 import Parts
from dicomconv.pipeline.audit.values import Reader, Value, side_by_side
from dicomconv.source import Original
from dicomconv.standard import keyword_of, rows, tag_of

MAY_BE_A_PSEUDONYM = "whether it is a pseudonym only the originals can tell (--against)"
ENCRYPTED = "original values, encrypted for whoever has the private key"
MARKS = frozenset(
    map(tag_of, ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
                 "LongitudinalTemporalInformationModified", "ContributingEquipmentSequence", "BurnedInAnnotation"))
)  # fmt: skip
PATIENT_NAME, PATIENT_ID = tag_of("PatientName"), tag_of("PatientID")
OWN_PREFIX = "DEID-"


class Remaining(NamedTuple):
    """A place in an instance, the kind of what stands there, and why it is not counted, if so."""

    place: str
    kind: str
    reason: str = ""


class Settled(Pseudonyms):
    """Pseudonyms for what has been de-identified already: everything that may be a pseudonym stays what it is."""

    __slots__ = ("_is_original",)

    def __init__(self, is_original: Callable[[str], bool]) -> None:
        self._is_original = is_original
        super().__init__(bytes(KEY_BYTES))

    def _map_uid(self, uid: str) -> str:
        return DUMMY_UID if self._is_original(uid) else uid

    def shift_days(self, patient_id: str) -> int:
        """None: these dates were shifted, or they were not to be."""
        return 0

    def of_value(self, text: str) -> str:
        """The value itself."""
        return text


class Checker:
    """Runs the engine over instances that were de-identified by whomever, and says what it would still change."""

    def __init__(self, profile: Profile, is_original: Callable[[str], bool]) -> None:
        self._profile, self._pseudonyms = profile, Settled(is_original)
        self._engines: dict[Patient, Deidentifier] = {}

    def remaining(self, original: Original) -> Iterator[Remaining]:
        """Everything that would be changed but marks and what stands in File Meta. Malformed if it cannot be read."""
        parts = original.parts
        header = whole_header(parts)
        try:
            made = self._engine(header)(original)
        except Refused:
            yield Remaining(DOCUMENT, "document")
            return
        reader = Reader(self._profile, iod_of(header.text("SOPClassUID") or parts.meta.sop_class_uid))
        yield from _differences(reader, header, made)
        pixel = parts.pixel_element
        if pixel and any(change.path == keyword_of(pixel.tag) for change in made.changes):
            yield Remaining(keyword_of(pixel.tag), "frames")
        if parts.trailing and parts.tail[-parts.trailing :].strip(b"\0"):
            yield Remaining("behind the data set", "trailing")

    def _engine(self, header: Header) -> Deidentifier:
        """An engine that thinks the patient is called what the instance says."""
        patient_id, subject_id = header.text("PatientID"), header.text("ClinicalTrialSubjectID")
        patient = Patient(patient_id if patient_id.isascii() else "", subject_id if subject_id == patient_id else "")
        if patient not in self._engines:
            self._engines.clear()  # what it remembers is of one patient
            self._engines[patient] = Deidentifier(self._pseudonyms, patient, self._profile, Scrubber(Identifiers()))
        return self._engines[patient]


def whole_header(parts: Parts) -> Header:
    """All attributes of an instance but its pixel data, those behind it included."""
    behind = len(parts.head)
    pixel = parts.pixel_element
    elements = [element for element in parts.elements if element is not pixel]
    elements += (
        one._replace(start=one.start + behind, value=one.value + behind, end=one.end + behind)
        for one in parts.tail_elements
    )
    return Header(parts.head + parts.tail, elements, parts.encoding)


def _differences(reader: Reader, header: Header, made: Deidentified) -> Iterator[Remaining]:
    new = header_of(made.head, made.tail, made.dataset_start, made.transfer_syntax_uid)
    for value, after in side_by_side(reader.values(header), reader.values(new)):
        if value is None or value.place[0] in MARKS or value.is_empty or is_nobodys(value):
            continue
        top = value.place[0]
        if value.place == (PATIENT_ID,):
            yield from _patient_id(value, header)
        elif after is None or not value.same_as(after):
            yield Remaining(value.path, _kind(value), ENCRYPTED if top == tag_of("EncryptedAttributesSequence") else "")


def _patient_id(value: Value, header: Header) -> Iterator[Remaining]:
    """A Patient ID is a new one if it has the form of ours, or is the name too; else nobody can tell."""
    text = value.shown()
    if not text.startswith(OWN_PREFIX) and text != header.text("PatientName"):
        yield Remaining(value.path, "profile", MAY_BE_A_PSEUDONYM)


def _kind(value: Value) -> str:
    group = value.place[0] >> 16
    if any(number >> 16 & 1 for number in value.place[::2]):
        return "private"
    if group & 0xFF00 in (0x5000, 0x6000):
        return "graphics"
    if value.path == DOCUMENT:
        return "document"
    return "uid" if value.vr == "UI" else "profile"


def is_nobodys(value: Value) -> bool:
    """Whether a value says nothing of anybody: a dummy, a placeholder such as ANONYMOUS, a registered UID."""
    if not value.is_text:
        return not value.raw.strip(b"\0") or value.shown() == dummies().get(value.path)
    text = value.header.decode(value.element).strip(" \0")
    if text in dummies().values() or text[:8] in _placeholder_dates():
        return True
    parts = [part.strip() for part in text.replace("^", "\\").split("\\")]
    if value.vr == "UI":
        return all(not part or part == DUMMY_UID or is_registered(part) for part in parts)
    return all(not folded(part).strip("0") or folded(part) in PLACEHOLDERS for part in parts)


@cache
def _placeholder_dates() -> frozenset[str]:
    return frozenset(row["date"] for row in rows("placeholder_dates.csv"))
