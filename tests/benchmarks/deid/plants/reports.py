"""Structured reports, waveforms and plans: texts that the object is made of."""

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from tests.benchmarks.deid import texts
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Place, Sheet, Text

SR = "1.2.840.10008.5.1.4.1.1.88."
PLAN = "1.2.840.10008.5.1.4.1.1.481.5"


def content(sheet: Sheet) -> None:
    """Items of a report: a finding, its author, a reference, a date."""
    if not str(sheet.dataset.SOPClassUID).startswith(SR) or not sheet.dataset.get("ContentSequence"):
        return
    text, person = texts.mixed(sheet), sheet.persona.physicians[1]
    uid = sheet.uid(f"referred to by {sheet.dataset.SOPInstanceUID}")
    for value_type, keyword, value in (
        ("TEXT", "TextValue", text),
        ("PNAME", "PersonName", Text(person, (person,))),
        ("UIDREF", "UID", Text(uid, (uid,))),
        ("DATE", "Date", Text(f"{sheet.day():%Y%m%d}")),
        ("DATETIME", "DateTime", Text(f"{sheet.day():%Y%m%d}101500+0100")),
    ):
        _item(sheet, value_type, keyword, value)


def _item(sheet: Sheet, value_type: str, keyword: str, value: Text) -> None:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", value_type
    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "121071", "DCM", "Finding"
    item.ConceptNameCodeSequence = Sequence([concept])
    items = sheet.dataset.ContentSequence
    items.append(item)
    place = Place(f"report, {value_type}", item, f"<(0040,a730)>[<{len(items) - 1:04}>]")
    sheet.put(place, keyword, value, Fate.REPORT)


def annotation(sheet: Sheet) -> None:
    """What was written beside a curve."""
    if sheet.dataset.get("WaveformAnnotationSequence"):
        sheet.put(sheet.item(sheet.top("waveform annotation"), "WaveformAnnotationSequence"),
                  "UnformattedTextValue", texts.mixed(sheet), Fate.LISTED)  # fmt: skip


def beams(sheet: Sheet) -> None:
    """The name of a beam and of a dose reference."""
    if sheet.dataset.SOPClassUID == PLAN and sheet.dataset.get("BeamSequence"):
        sheet.put(sheet.item(sheet.top("beam name"), "BeamSequence"), "BeamName", texts.mixed(sheet), Fate.TEXT)
        sheet.put(sheet.item(sheet.top("dose reference"), "DoseReferenceSequence"),
                  "DoseReferenceDescription", texts.mixed(sheet), Fate.LISTED)  # fmt: skip


def references(sheet: Sheet) -> None:
    """References to other objects, of attributes that the table lists and of such that it does not."""
    place = sheet.item(sheet.top("reference"), "ReferencedStudySequence")
    place.dataset.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    other = sheet.uid(f"another study of {sheet.persona.number}")
    sheet.put(place, "ReferencedSOPInstanceUID", Text(other, (other,)))
    top = sheet.top("UID of an instance that the table does not list")
    for keyword in ("SOPInstanceUIDOfConcatenationSource", "VolumeFrameOfReferenceUID"):
        uid = sheet.uid(f"{keyword} {sheet.dataset.SeriesInstanceUID}")
        sheet.put(top, keyword, Text(uid, (uid,)), Fate.INSTANCE_UID)
    tag = Tag("SynchronizationFrameOfReferenceUID")
    sheet.dataset[tag] = DataElement(tag, "UI", "1.2.840.10008.15.1.1")
    sheet.note(sheet.top("registered UID"), "<(0020,0200)>", Text("1.2.840.10008.15.1.1"),
               ("SynchronizationFrameOfReferenceUID", "UI", Fate.TECHNICAL))  # fmt: skip
