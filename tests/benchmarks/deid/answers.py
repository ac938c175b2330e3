"""The answer key: MIDI-B's table with its columns, and a second one for what those cannot say."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.deid import iod
from tests.benchmarks.deid.index import index, read
from tests.benchmarks.deid.presets import Outcome, Preset, checks, has_interval, outcome
from tests.benchmarks.deid.records import Check, Corpus, PlantedFile, Secret

COLUMNS = (
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "Modality",
    "AnswerData",
)


@dataclass(frozen=True, slots=True)
class Extra:
    """A question that MIDI-B's table cannot ask: of a file, or of the whole run where there is no row."""

    action: str
    row: int | None
    path: str
    value: str
    person: int
    carrier: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the corpus, as the scorer knows it."""

    row: int
    relative: str
    instance_number: int
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    person: int
    hard: bool
    sop_class_uid: str


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Everything that the scorer is told."""

    preset: str
    entries: tuple[Entry, ...]
    checks: dict[int, tuple[Check, ...]] = field(repr=False)
    extras: tuple[Extra, ...] = field(repr=False)

    def secrets(self) -> list[Secret]:
        """What may be nowhere."""
        return [_secret(one) for one in self.extras if one.action == "bytes_absent"]


def write(corpus: Corpus, preset: Preset, path: Path, folder: Path | None = None) -> None:
    """Write the key of a corpus for a preset; with the folder of the corpus, with the errors that its files have."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE answer_data ({', '.join(COLUMNS)})")
        database.execute("CREATE TABLE extra_checks (action, row, path, value, person, carrier)")
        database.execute(f"CREATE TABLE files ({', '.join(Entry.__slots__)})")
        database.execute("CREATE TABLE run (preset)")
        database.execute("INSERT INTO run VALUES (?)", (preset.name,))
        for file in corpus.files:
            database.execute(f"INSERT INTO answer_data VALUES ({', '.join('?' * len(COLUMNS))})", _row(file, preset))
            database.execute(f"INSERT INTO files VALUES ({', '.join('?' * len(Entry.__slots__))})", _entry(file))
        extras = [*_of_files(corpus, preset, folder), *_of_run(corpus)]
        database.executemany("INSERT INTO extra_checks VALUES (?, ?, ?, ?, ?, ?)",
                             [tuple(getattr(one, name) for name in Extra.__slots__) for one in extras])  # fmt: skip
    database.close()


def _row(file: PlantedFile, preset: Preset) -> tuple[str, ...]:
    asked = [check for planted in file.planted for check in checks(planted, preset)]
    if file.pixel_md5 and not file.frames_changed:
        asked.append(
            Check("pixels_retained", "<(7fe0,0010)>", "PixelData", "", file.pixel_md5, "TCIA-P15-PIX-K", "pixels")
        )
    data = {str(number): _as_json(check) for number, check in enumerate(asked)}
    return (file.patient_id, file.study_instance_uid, file.series_instance_uid, file.sop_instance_uid, file.sop_class_uid,
            file.modality, json.dumps(data, ensure_ascii=False))  # fmt: skip


def _as_json(check: Check) -> dict[str, str]:
    return {"action": check.action, "action_text": check.action_text, "value": check.value, "tag": check.path,
            "tag_ds": check.path, "tag_name": check.tag_name, "answer_category_v2": check.category,
            "carrier": check.carrier}  # fmt: skip


def _entry(file: PlantedFile) -> tuple[object, ...]:
    return tuple(getattr(file, name) for name in Entry.__slots__)


def _of_files(corpus: Corpus, preset: Preset, folder: Path | None) -> Iterable[Extra]:
    for file in corpus.files:
        dataset = read(file.content)
        elements = index(dataset) if dataset is not None else {}
        uids = {path: value for path, value in elements.items() if _is_uid(value)}
        yield _extra("uid_graph_isomorphic", file, json.dumps(uids))
        yield _extra("uid_valid", file, "")
        yield _extra("marker_true", file, json.dumps([preset.dates, *preset.codes]))
        if file.picture_md5:
            yield _extra("pixels_equal_outside", file, file.picture_md5)
        if folder is not None and iod.is_here():
            found = iod.errors(folder / file.relative)
            yield from [_extra("iod_no_new_errors", file, json.dumps(sorted(found)))] * iod.was_read(found)
        dates = {
            one.path: one.value for one in file.planted if outcome(one, preset) is Outcome.SHIFT and has_interval(one)
        }
        if dates:
            yield _extra("date_interval_kept", file, json.dumps(dates))


def _extra(action: str, file: PlantedFile, value: str) -> Extra:
    return Extra(action, file.row, "", value, file.person, "")


def _is_uid(value: str) -> bool:
    return value.count(".") >= 4 and value.replace(".", "").isdigit()


def _of_run(corpus: Corpus) -> Iterable[Extra]:
    for secret in corpus.secrets:
        what = json.dumps([secret.text, secret.kind, secret.character_set], ensure_ascii=False)
        yield Extra("bytes_absent", None, "", what, secret.person, "; ".join(secret.carriers))
    for action in ("date_shift_secret", "repeat_same", "roundtrip"):
        yield Extra(action, None, "", "", -1, "")


def _secret(extra: Extra) -> Secret:
    text, kind, character_set = json.loads(extra.value)
    return Secret(text, kind, extra.person, character_set, tuple(extra.carrier.split("; ")))


def load(path: Path) -> AnswerKey:
    """Read a key back: the scorer sees nothing else."""
    database = sqlite3.connect(path)
    entries = tuple(_read_entry(row) for row in database.execute("SELECT * FROM files"))
    rows = {entry.sop_instance_uid: entry.row for entry in entries}
    found: dict[int, tuple[Check, ...]] = defaultdict(tuple)
    for uid, data in database.execute("SELECT SOPInstanceUID, AnswerData FROM answer_data"):
        found[rows[uid]] = tuple(_check(one) for one in json.loads(data).values())
    extras = tuple(Extra(*row) for row in database.execute("SELECT * FROM extra_checks"))
    (preset,) = database.execute("SELECT preset FROM run").fetchone()
    database.close()
    return AnswerKey(preset, entries, dict(found), extras)


def _read_entry(row: tuple[Any, ...]) -> Entry:
    facts = dict(zip(Entry.__slots__, row, strict=True))
    return Entry(**{**facts, "hard": bool(facts["hard"])})


def _check(one: dict[str, str]) -> Check:
    return Check(one["action"], one["tag"], one["tag_name"], one["value"], one["action_text"], one["answer_category_v2"],
                 one["carrier"])  # fmt: skip
