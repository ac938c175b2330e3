"""Attributes of Table E.1-1, a handful in each file, so that the corpus as a whole has all of them."""

from pydicom.dataelem import DataElement
from pydicom.tag import Tag

from tests.benchmarks.deid import paths, texts
from tests.benchmarks.deid.presets import TEXT_VRS
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Place, Sheet, Text, padded
from tests.benchmarks.deid.tables import Attribute, attributes

PER_FILE = 24
CHAIN = (
    "AnatomicRegionSequence",
    "AnatomicRegionModifierSequence",
    "PurposeOfReferenceCodeSequence",
    "EquivalentCodeSequence",
)
TAKEN = (
    "PatientID",
    "PatientName",
    "SpecificCharacterSet",
    "TimezoneOffsetFromUTC",
    "DataSetTrailingPadding",
    "EncapsulatedDocument",
)


def listed(sheet: Sheet) -> None:
    """Some rows of the table, at the top and down to four sequences deep."""
    rows = [row for row in attributes().values() if _is_planted(row)]
    for row in sheet.random.sample(rows, PER_FILE):
        depth = sheet.random.choice((0, 0, 1, 2, 3, 4))
        place = deep(sheet, f"Table E.1-1, depth {depth}", depth)
        if Tag(row.tag) not in place.dataset:
            _plant(sheet, place, row)


def _is_planted(row: Attribute) -> bool:
    is_kept_address = row.vr == "UR" and bool(row.device or row.patient)
    is_kept_bytes = row.vr == "OB" and bool(row.full_dates)
    planted = row.keyword not in TAKEN and row.vr in (*TEXT_VRS, "DA", "DT", "OB")
    return planted and not is_kept_address and not is_kept_bytes


def deep(sheet: Sheet, carrier: str, depth: int) -> Place:
    """An item so many sequences deep. The sequences are of the kind that every profile keeps."""
    place = sheet.top(carrier)
    for keyword in CHAIN[:depth]:
        place = sheet.item(place, keyword)
    return place


def _plant(sheet: Sheet, place: Place, row: Attribute) -> None:
    if row.vr in ("DA", "DT"):
        sheet.put(place, row.keyword, Text(_moment(sheet, row)))
    elif row.vr == "OB":
        _bytes(sheet, place, row)
    elif row.vr == "PN":
        sheet.put(place, row.keyword, texts.naming(sheet))
    else:
        sheet.put(place, row.keyword, _text(sheet, row))


def _bytes(sheet: Sheet, place: Place, row: Attribute) -> None:
    name = sheet.stranger()
    sheet.set(place, DataElement(Tag(row.tag), "OB", padded(name.encode())))
    sheet.note(place, paths.step(row.tag), Text(name, (name,)), (row.keyword, "OB", Fate.GONE))


def _text(sheet: Sheet, row: Attribute) -> Text:
    limit = 16 if row.vr in ("SH", "CS", "AE") else 64
    if row.device == "K" or row.patient == "K":
        return Text(f"{sheet.stranger()[:8].upper()} 7")  # a device's number: nobody's name
    text = texts.mixed(sheet, limit) if row.descriptors else texts.naming(sheet, limit)
    return Text(text.value, text.secrets)  # an attribute that its object does not have may go as a whole


def _moment(sheet: Sheet, row: Attribute) -> str:
    day = sheet.day().strftime("%Y%m%d")
    return day if row.vr == "DA" else f"{day}{sheet.random.randrange(8, 20):02}1530.250000"


def names_in_depth(sheet: Sheet) -> None:
    """A name, an ID and a free text four sequences deep, and an item with a character set of its own."""
    place = deep(sheet, "depth 4", 4)
    sheet.put(place, "PatientName", Text(sheet.persona.person_name, (sheet.persona.family,)))
    sheet.put(place, "PatientID", Text(sheet.persona.patient_id, (sheet.persona.patient_id,)), Fate.LISTED)
    sheet.put(place, "CodeMeaning", texts.mixed(sheet), Fate.TEXT)
    other = sheet.item(sheet.top("item with its own character set"), "ViewModifierCodeSequence")
    name = sheet.stranger()
    other.dataset.SpecificCharacterSet = "ISO_IR 144"
    sheet.put(other, "CodeMeaning", Text(f"{name} Дмитриевская", (name, "Дмитриевская")), Fate.GONE)
