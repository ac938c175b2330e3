"""What each preset must make of a plant, from the table's codes alone: the same plants, other answers."""

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum

from tests.benchmarks.deid.records import Check, Fate, Planted
from tests.benchmarks.deid.tables import Attribute, attributes

DATE_VRS = ("DA", "DT")
TEXT_VRS = ("LO", "LT", "SH", "ST", "UC", "UT", "CS", "AE", "PN", "UR")
OLDEST_KEPT = 89
TYPE_2 = frozenset({"PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber",
                    "ReferringPhysicianName", "StudyID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"})  # fmt: skip


TAG_OF_SEQUENCE = re.compile(r"<\(([0-9a-f]{4}),([0-9a-f]{4})\)>\[")
KEYWORDS = {row.tag: row.keyword for row in attributes().values()}


DAY = re.compile(r"(\d{8})(([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?)?([+-]\d{4})?")
PARTIAL = re.compile(r"\d{4}((0[1-9]|1[0-2]))?([+-]\d{4})?")
HISTORY = frozenset({
    "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "InstanceCreationDate", "AcquisitionDateTime", "OverlayDate",
    "PerformedProcedureStepStartDate", "PerformedProcedureStepEndDate", "PerformedProcedureStepStartDateTime", "AdmittingDate",
    "PerformedProcedureStepEndDateTime", "ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartDateTime",
    "TreatmentDate", "StructureSetDate", "RTPlanDate", "VerificationDateTime", "LastMenstrualDate", "CurveDate",
    "StudyArrivalDate", "StudyCompletionDate", "StudyVerifiedDate", "StudyReadDate", "IssueDateOfImagingServiceRequest",
    "FrameAcquisitionDateTime", "FrameReferenceDateTime", "RadiopharmaceuticalStartDateTime", "InterpretationApprovalDate",
    "DischargeDate", "ReviewDate", "FirstTreatmentDate", "ReferencedDateTime", "ObservationDateTime",
})  # fmt: skip


class Outcome(Enum):
    """What must have become of an element."""

    REMOVE = "gone, emptied, or a dummy"
    SCRUB = "what names somebody is gone; whether the rest is kept is not asked"
    CLEAN = "what names somebody is gone, the rest is kept"
    KEEP = "kept as it is"
    SHIFT = "another date, as far from the patient's other dates as before"
    UID = "another UID, the same for the same"
    PATIENT_ID = "another ID, the same for the same"
    FREE = "not asked"


@dataclass(frozen=True, slots=True)
class Preset:
    """A choice of options, and the codes of CID 7050 that it has to be declared with."""

    name: str
    options: tuple[str, ...]
    codes: tuple[str, ...]
    dates: str

    @property
    def cleans_text(self) -> bool:
        """Whether texts are cleaned rather than removed."""
        return "descriptors" in self.options


PRESETS = {
    one.name: one
    for one in (
        Preset("basic", (), ("113100",), "REMOVED"),
        Preset("research", ("modified_dates", "device", "patient", "descriptors", "private"),
               ("113100", "113105", "113107", "113108", "113109", "113111"), "MODIFIED"),
        Preset("limited-dataset", ("full_dates", "patient"), ("113100", "113106", "113108"), "UNMODIFIED"),
    )
}  # fmt: skip


def outcome(planted: Planted, preset: Preset) -> Outcome:
    """What must become of a plant, also for what stands around it."""
    own = _own_outcome(planted, preset)
    around = {_around(tag, preset) for tag in TAG_OF_SEQUENCE.findall(planted.path)}
    if "gone" in around:
        return {Outcome.CLEAN: Outcome.SCRUB, Outcome.KEEP: Outcome.FREE}.get(own, Outcome.REMOVE)
    if "may go" in around:
        return {Outcome.CLEAN: Outcome.SCRUB, Outcome.KEEP: Outcome.FREE, Outcome.UID: Outcome.REMOVE}.get(own, own)
    return own


def _around(tag: tuple[str, str], preset: Preset) -> str:
    """What becomes of a sequence that something stands in: kept, gone with all that is in it, or either."""
    keyword = KEYWORDS.get(int("".join(tag), 16))
    if keyword is None:
        return "kept"
    code = action_code(attributes()[keyword], preset)
    return "may go" if code.startswith("X/Z/U") else "kept" if code in ("K", "C", "U") else "gone"


def _own_outcome(planted: Planted, preset: Preset) -> Outcome:
    match planted.fate:
        case Fate.GONE:
            return Outcome.REMOVE
        case Fate.TECHNICAL:
            return Outcome.KEEP
        case Fate.PATIENT_ID:
            return Outcome.PATIENT_ID
        case Fate.INSTANCE_UID:
            return Outcome.UID
        case Fate.TEXT:
            return Outcome.CLEAN if preset.cleans_text else Outcome.SCRUB
        case Fate.REPORT:
            return Outcome.SCRUB
        case Fate.SAFE:
            return Outcome.CLEAN if "private" in preset.options else Outcome.REMOVE
    return _listed(planted, attributes()[planted.keyword], preset)


def _listed(planted: Planted, attribute: Attribute, preset: Preset) -> Outcome:
    code = action_code(attribute, preset)
    if attribute.basic == "U" and code != "K":
        return Outcome.UID
    if code == "K":
        return Outcome.FREE if _too_old(planted) or not _is_moment(planted) else Outcome.KEEP
    if code != "C":
        return Outcome.REMOVE
    if planted.vr in DATE_VRS:  # a public date of a device, shifted, would tell by how much
        return Outcome.REMOVE if attribute.device == "K" or len(planted.value) < 8 else Outcome.SHIFT
    return Outcome.CLEAN if planted.vr in TEXT_VRS else Outcome.FREE


def action_code(attribute: Attribute, preset: Preset) -> str:
    """The code of the profile, or of the option that overrides it; modified dates come before devices."""
    for option in preset.options:
        code = getattr(attribute, option, "")
        if code:
            return str(code)
    return attribute.basic


def _too_old(planted: Planted) -> bool:
    return planted.vr == "AS" and planted.value.endswith("Y") and int(planted.value[:-1]) > OLDEST_KEPT


def checks(planted: Planted, preset: Preset) -> list[Check]:
    """The questions that a preset puts to a plant."""
    asked = _actions(planted, preset)
    return [
        Check(action, planted.path, planted.keyword, planted.value, text, category(action, planted), planted.carrier)
        for action, text in asked
    ]


def _actions(planted: Planted, preset: Preset) -> list[tuple[str, str]]:
    if not planted.path:
        return []
    value, secrets, words = planted.value, " ".join(planted.secrets), " ".join(planted.words)
    match outcome(planted, preset):
        case Outcome.REMOVE:
            return _removed(planted, value)
        case Outcome.SCRUB:
            return [("text_removed", secrets)] if secrets else []
        case Outcome.CLEAN:
            return [("text_removed", secrets)] * bool(secrets) + [("text_retained", words)] * bool(words)
        case Outcome.KEEP:
            return [("tag_retained", ""), ("text_retained", value)]
        case Outcome.SHIFT:
            return [("date_shifted", value)] + [("text_notnull", "")] * has_interval(planted)
        case Outcome.UID:
            return [("uid_changed", value), ("uid_consistent", value), ("tag_retained", "")]
        case Outcome.PATIENT_ID:
            return [("patid_consistent", value), ("text_notnull", ""), ("text_removed", value)]
    return [("text_removed", value)] if _too_old(planted) else []


def has_interval(planted: Planted) -> bool:
    """Whether a plant is a whole and valid date of the patient's history: others may become a dummy."""
    days = [DAY.fullmatch(one) for one in planted.value.split("\\")]
    return planted.keyword in HISTORY and all(day is not None and _exists(day.group(1)) for day in days)


def _is_moment(planted: Planted) -> bool:
    """Whether a date is one at all; whatever is no date is so far."""
    if planted.vr not in DATE_VRS:
        return True
    values = planted.value.split("\\")
    if planted.vr == "DT" and all(PARTIAL.fullmatch(one) for one in values):
        return True
    days = [DAY.fullmatch(one) for one in values]
    return all(day is not None and _exists(day.group(1)) for day in days)


def _exists(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year > 0
    except ValueError:
        return False


def _removed(planted: Planted, value: str) -> list[tuple[str, str]]:
    action = "date_shifted" if planted.vr in DATE_VRS else "uid_changed" if planted.vr == "UI" else "text_removed"
    kept = [("tag_retained", "")] if planted.keyword in TYPE_2 and "[" not in planted.path else []
    return [(action, value), *kept]


CATEGORIES = {
    "tag_retained": "dicom_iod", "text_notnull": "dicom_iod", "date_shifted": "HIPAA-C", "uid_changed": "HIPAA-R",
    "uid_consistent": "DICOM-P15-BASIC-U", "patid_consistent": "DICOM-P15-BASIC-C", "pixels_hidden": "HIPAA-A",
    "pixels_retained": "TCIA-P15-PIX-K",
}  # fmt: skip


def category(action: str, planted: Planted) -> str:
    """MIDI-B's category of a check."""
    if action == "text_removed":
        return "hipaa" if planted.secrets else "tcia_p15"
    private = planted.fate is Fate.SAFE
    return CATEGORIES.get(action, "tcia_ptkb" if private else "tcia_p15")
