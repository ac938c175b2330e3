"""Private attributes: safe ones, unknown ones, and all the ways in which they hide."""

from random import Random

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from tests.benchmarks.deid import paths, texts
from tests.benchmarks.deid.records import Fate
from tests.benchmarks.deid.sheet import Place, Sheet, Text
from tests.benchmarks.deid.tables import SafePrivate, people, safe_private

NUMBERS = {"DS": "1.25", "IS": "750", "US": 3, "SS": -2, "UL": 70000, "SL": -70000, "FL": 0.5, "FD": 0.25}
WORDS = ("LO", "SH", "ST")


def safe(sheet: Sheet) -> None:
    """Safe private attributes with values as machines write them, in any block."""
    rows = [row for row in safe_private() if row.vr in (*NUMBERS, "CS") and row.vm == "1"]
    for row in sheet.random.sample(rows, 4):
        place = sheet.top("safe private")
        value = NUMBERS.get(row.vr, "YES")
        tag = _reserve(place.dataset, row, sheet.random)
        sheet.set(place, DataElement(tag, row.vr, value))
        _note(sheet, place, tag, Text(str(value), (), (str(value),)), Fate.SAFE)


def safe_with_name(sheet: Sheet) -> None:
    """A safe private attribute that somebody typed a name into."""
    row = sheet.random.choice([one for one in safe_private() if one.vr in WORDS and one.vm == "1"])
    place = sheet.top("safe private with a name in it")
    tag = _reserve(place.dataset, row, sheet.random)
    text = texts.naming(sheet, 16)
    sheet.set(place, DataElement(tag, row.vr, text.value))
    _note(sheet, place, tag, text, Fate.SAFE)


def beside_safe(sheet: Sheet) -> None:
    """An element of a safe creator that the list does not have."""
    row = sheet.random.choice([one for one in safe_private() if one.vr in WORDS and one.vm == "1"])
    place, name = sheet.top("safe creator, unlisted element"), sheet.stranger()
    listed = {one.element for one in safe_private() if (one.group, one.creator) == (row.group, row.creator)}
    element = sheet.random.choice([one for one in range(0x100) if one not in listed])
    tag = _reserve(place.dataset, SafePrivate(row.group, element, row.creator, "LO"), sheet.random)
    sheet.set(place, DataElement(tag, "LO", name))
    _note(sheet, place, tag, Text(name, (name,)), Fate.GONE)


def unknown(sheet: Sheet) -> None:
    """Attributes of creators that nobody knows: text, a person, dates, a UID, bytes."""
    group = sheet.random.choice((0x0009, 0x0011, 0x0033, 0x7051))
    creator = sheet.random.choice(people()["creators"])
    day, place = sheet.day(), sheet.top("unknown creator")
    values = (
        ("LO", f"{sheet.stranger()} {sheet.persona.family}"), ("PN", f"{sheet.stranger()}^X"), ("DA", day.strftime("%Y%m%d")),
        ("LO", day.strftime("%d.%m.%Y")), ("UT", texts.mixed(sheet).value), ("UN", sheet.stranger()), ("OB", sheet.stranger()),
        ("UI", sheet.uid(f"private {sheet.dataset.SOPInstanceUID}")),
    )  # fmt: skip
    for offset, (vr, value) in enumerate(values):
        tag = _reserve(place.dataset, SafePrivate(group, 0x10 + offset, creator, vr), sheet.random)
        sheet.put_unknown(place, tag, vr, value)


def creator_is_name(sheet: Sheet) -> None:
    """A private creator that is somebody's name."""
    place, name = sheet.top("private creator"), sheet.stranger().upper()
    sheet.put_unknown(place, Tag(0x0035, 0x0010), "LO", name)
    sheet.put_unknown(place, Tag(0x0035, 0x1001), "LO", sheet.stranger())


def sequences(sheet: Sheet) -> None:
    """Private sequences as SQ, and as UN of defined and undefined length."""
    creator, group = people()["creators"][0], 0x0071
    sheet.dataset[Tag(group, 0x10)] = DataElement(Tag(group, 0x10), "LO", creator)
    place = sheet.top("private sequence as SQ")
    item = Dataset()
    item.PatientName = sheet.hide("private sequence as SQ", sheet.stranger())
    item.TextComments = sheet.hide("private sequence as SQ", sheet.stranger())
    sheet.set(place, DataElement(Tag(group, 0x1001), "SQ", Sequence([item])))
    lengths = [(0x1002, False), (0x1003, True)]
    if not sheet.dataset.file_meta.TransferSyntaxUID.is_little_endian:
        lengths.pop()  # pydicom does not read those back
    for number, undefined in lengths:
        carrier = f"private sequence as UN of {'un' * undefined}defined length"
        content = un_sequence(sheet.hide(carrier, sheet.stranger()), undefined)
        sheet.set(place, DataElement(Tag(group, number), "UN", content, is_undefined_length=undefined))


def un_sequence(name: str, undefined: bool) -> bytes:
    """The content of a sequence as implicit little endian, as it stands in an element with VR UN."""
    value = name.encode() + b" " * (len(name) % 2)
    element = bytes.fromhex("10001000") + len(value).to_bytes(4, "little") + value
    if undefined:
        return bytes.fromhex("feff00e0ffffffff") + element + bytes.fromhex("feff0de000000000")
    return bytes.fromhex("feff00e0") + len(element).to_bytes(4, "little") + element


def orphan(sheet: Sheet) -> None:
    """A private element in a block that nobody reserved."""
    sheet.put_unknown(sheet.top("private element without a creator"), Tag(0x0029, 0x4210), "LO", sheet.stranger())


def _reserve(dataset: Dataset, row: SafePrivate, random: Random) -> BaseTag:
    for block in range(0x10, 0x100):
        there = dataset.get((row.group, block))
        if there is not None and str(there.value) == row.creator:
            return Tag(row.group, block << 8 | row.element)
    free = next(b for b in range(random.choice((0x10, 0x11, 0x3C)), 0x100) if (row.group, b) not in dataset)
    dataset[Tag(row.group, free)] = DataElement(Tag(row.group, free), "LO", row.creator)
    return Tag(row.group, free << 8 | row.element)


def _note(sheet: Sheet, place: Place, tag: BaseTag, text: Text, fate: Fate) -> None:
    step = paths.step_of(place.dataset, tag)
    sheet.note(place, step, text, (f"({tag.group:04X},{tag.element:04X})", place.dataset[tag].VR, fate))
