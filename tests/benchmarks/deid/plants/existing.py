"""What the base file itself says of a patient: every date, UID, name and identifier that it has, wherever it stands."""

import re
from datetime import date

from pydicom.dataelem import DataElement

from tests.benchmarks.deid import paths, spellings
from tests.benchmarks.deid.presets import TEXT_VRS
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Place, Sheet, Text
from tests.benchmarks.deid.tables import attributes

REGISTERED = "1.2.840.10008."
INSTANCES = frozenset({
    "MultiFrameSourceSOPInstanceUID", "TrackingUID", "VolumeFrameOfReferenceUID", "TableFrameOfReferenceUID",
    "SOPInstanceUIDOfConcatenationSource", "ReferencedFiducialsUID",
})  # fmt: skip


def existing(sheet: Sheet) -> None:
    """Give everything that is there already to the new patient."""
    _each(sheet, sheet.top("as in the base file"))


def _each(sheet: Sheet, place: Place) -> None:
    for tag in sorted(place.dataset.keys()):
        element = place.dataset[tag]
        if element.VR == "SQ":
            step = paths.step_of(place.dataset, element.tag)
            for number, item in enumerate(element.value or []):
                _each(sheet, Place(place.carrier, item, place.prefix + step + paths.item(number)))
        elif not element.tag.is_private:
            _one(sheet, place, element)


def _one(sheet: Sheet, place: Place, element: DataElement) -> None:
    value = paths.text(element)
    if not value or place.prefix + paths.step(int(element.tag)) in sheet.found:
        return
    if element.VR == "UI":
        _uid(sheet, place, element)
    elif element.VR == "PN":
        sheet.put(place, element.keyword, _secret(sheet.random.choice(sheet.persona.physicians)))
    elif element.VR in ("DA", "DT"):
        _date(sheet, place, element)
    elif _identifies(element):
        limit = 16 if element.VR in ("SH", "CS", "AE") else 64
        sheet.put(place, element.keyword, _secret(sheet.stranger()[:limit]))


def _uid(sheet: Sheet, place: Place, element: DataElement) -> None:
    values = [element.value] if isinstance(element.value, str) else list(element.value)
    instance = element.keyword in INSTANCES
    listed = attributes().get(element.keyword)
    if not (instance or (listed and listed.basic == "U")) or any(str(one).startswith(REGISTERED) for one in values):
        return
    new = [sheet.uid(str(one)) for one in values]
    if len(new) == 1:
        fate = Fate.INSTANCE_UID if instance else Fate.LISTED
        sheet.put(place, element.keyword, Text(new[0], (new[0],)), fate)
    else:
        place.dataset[element.tag].value = new


def _date(sheet: Sheet, place: Place, element: DataElement) -> None:
    listed = attributes().get(element.keyword)
    if listed is None:
        return
    rest = re.sub(r"^[\d.]{8,10}", "", paths.text(element)) if element.VR == "DT" else ""
    sheet.put(place, element.keyword, Text(dicom_date(sheet.day()) + rest))


def _identifies(element: DataElement) -> bool:
    """Whether the table removes it under every preset, so that it can hold a name."""
    listed = attributes().get(element.keyword)
    kept = (
        listed is None
        or any((listed.device, listed.patient, listed.full_dates, listed.descriptors))
        or listed.basic == "U"
    )
    return not kept and element.VR in TEXT_VRS


def dicom_date(day: date) -> str:
    """A date as DICOM writes it."""
    return spellings.dates(day)[0]


def _secret(value: str) -> Text:
    return Text(value, (value,))
