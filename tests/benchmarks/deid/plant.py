"""Plants people in the real files: the same seed gives the same bytes."""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

import pydicom
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from tests.benchmarks.deid.base_files import BaseFile, choose
from tests.benchmarks.deid.codestream import has_more_bytes, picture_md5
from tests.benchmarks.deid.index import index, read
from tests.benchmarks.deid.persona import Persona, draw, strangers
from tests.benchmarks.deid.plants import (
    descriptors,
    existing,
    file_level,
    frames,
    icc,
    identity,
    listed,
    moments,
    private,
    reports,
    technical,
    unknown,
)
from tests.benchmarks.deid.records import Corpus, Fate, Planted, PlantedFile
from tests.benchmarks.deid.secrets import secrets_of
from tests.benchmarks.deid.sheet import Sheet, Text

Plant = Callable[[Sheet], None]
ALWAYS: tuple[Plant, ...] = (
    identity.patient, identity.characteristics, identity.study, identity.device, identity.other_ids, moments.dates,
    descriptors.general, existing.existing, reports.content, reports.annotation, reports.beams, descriptors.age_in_text,
)  # fmt: skip
SOMETIMES: tuple[Plant, ...] = (
    descriptors.long_text, descriptors.unlisted, descriptors.codes, listed.listed, listed.names_in_depth, private.safe,
    private.safe_with_name, private.beside_safe, private.unknown, private.creator_is_name, private.sequences, private.orphan,
    unknown.unknown_even, unknown.public_as_un, unknown.padding, unknown.original_attributes, unknown.signatures,
    unknown.overlays, moments.with_zone, moments.several, moments.odd, reports.references, icc.colour_profile,
    unknown.icon, file_level.meta,
)  # fmt: skip
SHARE = 0.5  # of the other plants in each file
PDF_EVERY = 40
FIRST_INSTANCE = 1001


@dataclass(slots=True)
class Garden:
    """The corpus while it grows: its people, and which UID stands for which."""

    seed: int
    surnames: Iterator[str] = field(repr=False)
    people: dict[str, Persona] = field(default_factory=dict, repr=False)
    uids: dict[int, dict[str, str]] = field(default_factory=dict, repr=False)
    taken: set[str] = field(default_factory=set, repr=False)


def plant(seed: int, count: int | None = None) -> Corpus:
    """A corpus of all base files, or of so many."""
    bases = choose(count, seed)
    garden = Garden(seed, strangers(Random(f"strangers {seed}")))
    groups = sorted({base.group for base in bases})
    order = Random(f"people {seed}")
    numbers = order.sample(range(max(len(groups), 12)), len(groups))
    for group, number in zip(groups, numbers, strict=True):
        garden.people[group] = draw(number, order, garden.surnames)
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        files = tuple(_planted(garden, row, base) for row, base in enumerate(bases))
        extra = (("DICOMDIR", file_level.directory(_directory(garden, files))),)
    return Corpus(seed, files, secrets_of(garden.people.values(), files), extra)


def _directory(garden: Garden, files: tuple[PlantedFile, ...]) -> list[tuple[Persona, list[str]]]:
    people = sorted(garden.people.values(), key=lambda one: one.number)
    return [(one, [file.relative for file in files if file.person == one.number] or [""]) for one in people]


def _planted(garden: Garden, row: int, base: BaseFile) -> PlantedFile:
    persona, random = garden.people[base.group], Random(f"{garden.seed} {row} {base.name}")
    dataset = pydicom.dcmread(base.path)
    sheet = Sheet(dataset, persona, random, garden.uids.setdefault(persona.number, {}), garden.surnames)
    _prepare(garden, sheet, row)
    if row % PDF_EVERY == PDF_EVERY - 1:
        file_level.as_pdf(sheet)
    for step in (*ALWAYS, *(one for one in SOMETIMES if random.random() < SHARE)):
        step(sheet)
    clean = bytes(dataset.get("PixelData") or b"")
    changed = frames.comments(sheet) or frames.behind_last_pixel(sheet) or has_more_bytes(dataset, clean)
    technical.technical(sheet)
    return _finished(sheet, row, (clean, changed))


def _prepare(garden: Garden, sheet: Sheet, row: int) -> None:
    dataset = sheet.dataset
    dataset.decode()
    dataset.SpecificCharacterSet = _character_set(dataset, sheet.persona.character_set)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        original = str(dataset.get(keyword) or f"{keyword} of {row}")
        if keyword == "SOPInstanceUID" and original in garden.taken:
            original = f"{original} again in {row}"
        garden.taken.add(original)
        new = sheet.uid(original)
        sheet.put(sheet.top("UID of the instance"), keyword, Text(new, (new,)))
    number = str(FIRST_INSTANCE + row)
    sheet.put(sheet.top("technical attribute"), "InstanceNumber", Text(number, (), (number,)), Fate.TECHNICAL)


def _character_set(dataset: Dataset, wanted: str) -> str | list[str]:
    """The person's character set, or UTF-8 where the base file has other letters in it."""
    ascii_only = all(str(e.value).isascii() for e in dataset.iterall() if e.VR in ("LO", "SH", "LT", "ST", "UT", "UC"))
    return (wanted.split("\\") if "\\" in wanted else wanted) if ascii_only else "ISO_IR 192"


def _finished(sheet: Sheet, row: int, pixels: tuple[bytes, bool]) -> PlantedFile:
    dataset, persona = sheet.dataset, sheet.persona
    clean, changed = pixels
    has_pixels = bool(clean) and "PixelData" in dataset
    content = file_level.encoded(sheet)
    return PlantedFile(
        row, file_level.file_name(persona, row, str(dataset.get("Modality") or "OT")), persona.number, persona.hard,
        persona.patient_id, str(dataset.StudyInstanceUID), str(dataset.SeriesInstanceUID), str(dataset.SOPInstanceUID),
        str(dataset.SOPClassUID), str(dataset.get("Modality") or ""), FIRST_INSTANCE + row, content,
        hashlib.md5(clean).hexdigest() if has_pixels else "", picture_md5(dataset, clean) if has_pixels else "",
        changed, _still_there(sheet, content),
    )  # fmt: skip


def _still_there(sheet: Sheet, content: bytes) -> tuple[Planted, ...]:
    """Only what really stands in the file: not what a later plant has replaced."""
    written = read(content)
    elements = index(written) if written is not None else {}
    return tuple(_as_read(one, elements) for one in sheet.found.values() if not one.path or one.path in elements)


def _as_read(planted: Planted, elements: dict[str, str]) -> Planted:
    """Private numbers are read as bytes where the file does not say their VR."""
    value = elements.get(planted.path, planted.value)
    if planted.fate is not Fate.SAFE or not planted.words or value == planted.value:
        return planted
    return replace(planted, value=value, words=(value,))
