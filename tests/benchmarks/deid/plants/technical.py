"""What must stay: technical attributes as the machine wrote them."""

import re

from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue

from tests.benchmarks.deid import paths
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Place, Sheet, Text
from tests.benchmarks.deid.tables import attributes

VALID = {
    "CS": re.compile(r"[A-Z0-9_ ]{1,16}"),
    "DS": re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?"),
    "IS": re.compile(r"[+-]?\d{1,10}"),
    "US": re.compile(r"\d+"), "SS": re.compile(r"-?\d+"), "UL": re.compile(r"\d+"), "SL": re.compile(r"-?\d+"),
    "FL": re.compile(r"-?[\d.e+-]+"), "FD": re.compile(r"-?[\d.e+-]+"),
    "UI": re.compile(r"1\.2\.840\.10008\.[\d.]+"),
}  # fmt: skip
NOT_ASKED = frozenset({"SpecificCharacterSet", "PatientIdentityRemoved", "BurnedInAnnotation",
                       "LongitudinalTemporalInformationModified", "RecognizableVisualFeatures"})  # fmt: skip
GROUPS = (0x0008, 0x0018, 0x0020, 0x0028, 0x0054, 0x3004, 0x300A)


def technical(sheet: Sheet) -> None:
    """Note the technical attributes of the base file; nothing is changed."""
    place = sheet.top("technical attribute")
    for element in place.dataset:
        if element.tag.group in GROUPS and _is_asked(sheet, place, element):
            value = _values(element)
            _note(sheet, place, element, "\\".join(value))


def _is_asked(sheet: Sheet, place: Place, element: DataElement) -> bool:
    if (
        element.keyword in attributes()
        or element.keyword in NOT_ASKED
        or not element.keyword
        or element.VR not in VALID
    ):
        return False
    unplanted = place.prefix + paths.step(int(element.tag)) not in sheet.found
    values = _values(element)
    return unplanted and bool(values) and all(VALID[element.VR].fullmatch(one) for one in values)


def _values(element: DataElement) -> list[str]:
    several = element.value if isinstance(element.value, MultiValue) else [element.value]
    return [str(one) for one in several if one is not None]


def _note(sheet: Sheet, place: Place, element: DataElement, value: str) -> None:
    what = (element.keyword, element.VR, Fate.TECHNICAL)
    sheet.note(place, paths.step(int(element.tag)), Text(value, (), (value,)), what)
