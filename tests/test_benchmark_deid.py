"""The de-identification benchmark: it plants the same people again, and tells copying from de-identifying."""

import ast
import io
import json
import re
import sqlite3
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from tests.benchmarks.deid import answers, presets, spellings, tables
from tests.benchmarks.deid.adapters import Done, Job, Tool, run_dicomconv
from tests.benchmarks.deid.artefacts import of_file
from tests.benchmarks.deid.base_files import WHEEL, base_files
from tests.benchmarks.deid.bench import Ground, measure, prepare
from tests.benchmarks.deid.index import index, read
from tests.benchmarks.deid.pairing import pair, written
from tests.benchmarks.deid.plant import plant
from tests.benchmarks.deid.presets import PRESETS, Outcome, outcome
from tests.benchmarks.deid.records import Fate, Planted, Secret
from tests.benchmarks.deid.residue import Residue
from tests.benchmarks.deid.score import score

FOLDER = Path(answers.__file__).parent
PATH = "<(0008,1030)>"
FEW = 10
OF_EACH = ("uid_valid", "uid_graph_isomorphic", "marker_true")
WHOLE_RUN = ("repeat_same", "roundtrip", "rejects")
REMOVALS = {"text_removed", "date_shifted", "uid_changed"}


@cache
def corpus(seed=3, count=FEW):
    return plant(seed, count)


def sources():
    return {path: path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*.py"))}


def imported(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


# --- nothing of the program


def test_nothing_of_the_benchmark_imports_the_program():
    assert not [path for path, text in sources().items() for one in imported(text) if one.split(".")[0] == "dicomconv"]


def test_a_source_that_imports_the_program_would_be_seen():
    assert "dicomconv.deid" in set(imported("def f():\n    from dicomconv.deid import deidentify"))


def test_nothing_of_the_benchmark_reads_a_file_of_the_program():
    assert not [
        path.name for path, text in sources().items() if re.search(r"dicomconv/|dicomconv\.(standard|deid)", text)
    ]


# --- the planter


def test_the_same_seed_plants_the_same_bytes():
    assert [one.content for one in plant(3, FEW).files] == [one.content for one in corpus().files]


def test_another_seed_plants_other_people():
    assert {one.patient_id for one in plant(4, FEW).files}.isdisjoint(one.patient_id for one in corpus().files)


def test_every_planted_file_is_read_by_pydicom_to_its_end():
    for file in plant(5, 40).files:
        elements = index(read(file.content))
        assert elements["<(0008,0018)>"] == file.sop_instance_uid
        assert elements["<(0020,0013)>"] == str(file.instance_number)


def test_every_plant_stands_in_its_file():
    for file in corpus().files:
        elements = index(read(file.content))
        assert {one.path for one in file.planted if one.path} <= elements.keys()


def test_every_secret_that_is_noted_outside_the_elements_is_in_the_bytes_of_its_file():
    for file in corpus().files:
        data = b"".join(one.content for one in of_file("x", file.content, ()))
        hidden = [one.value for one in file.planted if not one.path]
        assert not [one for one in hidden if one.encode() not in data]


def test_files_of_one_patient_stay_files_of_one_patient():
    groups = {}
    for base, file in zip(base_files(), plant(1).files, strict=True):
        groups.setdefault(base.group, set()).add(file.patient_id)
    assert {len(ids) for ids in groups.values()} == {1}


def test_one_person_is_older_than_89_and_some_have_words_for_names():
    files = plant(1).files
    ages = {one.value for file in files for one in file.planted if one.keyword == "PatientAge"}
    assert "093Y" in ages
    assert 0 < len({one.person for one in files if one.hard}) < len({one.person for one in files}) / 5


def test_what_is_no_instance_is_no_base_file():
    names = [base.name for base in base_files()]
    assert len(names) > 100
    assert not [name for name in names if re.search("DICOMDIR|truncated|badVR|meta_missing", name)]


def test_words_to_be_kept_come_from_real_headers():
    for phrase in tables.phrases():
        (path,) = [one for one in WHEEL.rglob("*") if one.as_posix().endswith(f"/{phrase.file}")]
        values = [str(one.value) for one in dcmread(path).iterall() if one.keyword == phrase.keyword]
        assert any(phrase.text in value for value in values), phrase


def test_no_planted_name_is_in_a_base_file():
    people = tables.people()
    names = [Secret(one, "name", 0, "ISO_IR 100") for one in (*people["families"], *people["givens"])]
    residue = Residue(names)
    assert not [secret.text for base in base_files() for secret in residue.find(base.path.read_bytes())]


def test_a_date_is_written_in_eight_spellings():
    assert spellings.dates(date(1977, 11, 3)) == (
        "19771103", "1977-11-03", "03-NOV-1977", "11/03/77", "03.11.1977", "11/03/1977", "November 3, 1977", "3 Nov 1977",
    )  # fmt: skip


# --- what presets expect


def expected(keyword, vr, value, preset, path=None):
    tag = tables.attributes()[keyword].tag
    where = path or f"<({tag >> 16:04x},{tag & 0xFFFF:04x})>"
    return outcome(Planted("x", where, keyword, vr, value, Fate.LISTED), PRESETS[preset])


@pytest.mark.parametrize(
    ("keyword", "vr", "value", "wanted"),
    [
        ("PatientName", "PN", "A^B", ("REMOVE", "REMOVE", "REMOVE")),
        ("StudyDate", "DA", "20200101", ("REMOVE", "SHIFT", "KEEP")),
        ("DateOfLastCalibration", "DA", "20200101", ("REMOVE", "REMOVE", "KEEP")),
        ("StudyDescription", "LO", "CT", ("REMOVE", "CLEAN", "REMOVE")),
        ("DeviceSerialNumber", "LO", "7", ("REMOVE", "KEEP", "REMOVE")),
        ("PatientAge", "AS", "045Y", ("REMOVE", "KEEP", "KEEP")),
        ("PatientAge", "AS", "093Y", ("REMOVE", "FREE", "FREE")),
        ("StudyInstanceUID", "UI", "1.2", ("UID", "UID", "UID")),
    ],
)
def test_each_preset_expects_what_the_table_says(keyword, vr, value, wanted):
    found = [expected(keyword, vr, value, preset).name for preset in ("basic", "research", "limited-dataset")]
    assert tuple(found) == wanted


def test_nothing_is_expected_to_be_kept_in_a_sequence_that_goes():
    inside = "<(0010,1002)>[<0000>]<(0008,1030)>"
    assert expected("StudyDescription", "LO", "CT", "research", inside) is Outcome.SCRUB


def test_only_whole_and_valid_dates_have_an_interval():
    plants = [
        Planted("x", PATH, "StudyDate", "DA", value, Fate.LISTED) for value in ("20200229", "20230230", "2020", "x")
    ]
    assert [presets.has_interval(one) for one in plants] == [True, False, False, False]


# --- the answer key


def test_the_answer_key_has_the_columns_of_midi_b(tmp_path):
    answers.write(corpus(), PRESETS["basic"], tmp_path / "a.db")
    with sqlite3.connect(tmp_path / "a.db") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(answer_data)")]
        (data,) = database.execute("SELECT AnswerData FROM answer_data LIMIT 1").fetchone()
    database.close()
    assert tuple(columns) == answers.COLUMNS
    asked = {"action", "action_text", "value", "tag", "tag_ds", "tag_name", "answer_category_v2"}
    assert asked <= json.loads(data)["0"].keys()


# --- from end to end, with programs that are made up


def copying(job):
    for path in job.source.rglob("*.dcm"):
        target = job.out / path.relative_to(job.source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return Done(0, b"")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_program_that_copies_fails_whatever_asks_for_removal_and_passes_whatever_asks_for_keeping(tmp_path, preset):
    ground = prepare(tmp_path, 3, 3 * FEW)
    answers.write(ground.corpus, PRESETS[preset], ground.key(preset))
    found = score(answers.load(ground.key(preset)), ground.source)
    wrong = [one for one in found.verdicts if one.passed is (one.check.action in REMOVALS)]
    assert not [(one.row, one.check) for one in wrong]
    assert {one.check.action for one in found.verdicts} >= {*REMOVALS, "text_retained", "tag_retained"}


def test_a_program_that_copies_leaks_every_secret_that_was_planted(tmp_path):
    ground = prepare(tmp_path, 3, FEW)
    answers.write(ground.corpus, PRESETS["basic"], ground.key("basic"))
    leaked = {leak.secret.text for leak in score(answers.load(ground.key("basic")), ground.source).leaks}
    assert not [one for one in ground.corpus.secrets if one.kind == "planted once" and one.text not in leaked]


def test_a_program_that_copies_says_nothing_true_and_keeps_no_date_secret(tmp_path):
    found = measure(prepare(tmp_path, 3, FEW), Tool("copy", copying), "research")
    assert found.extra["marker_true"].passed == 0
    assert found.extra["date_interval_kept"].passed == 0
    assert found.over_removal == 0


def test_a_program_that_writes_nothing_passes_no_check_and_leaks_nothing(tmp_path):
    ground = prepare(tmp_path, 3, FEW)
    found = measure(ground, Tool("nothing", lambda job: Done(0, b"")), "research")
    assert (found.midi.passed, found.leaks, found.missing) == (0, 0, FEW)
    assert found.over_removal == 100


def test_what_a_program_says_is_searched_but_for_the_names_of_files_that_it_was_given(tmp_path):
    ground = prepare(tmp_path, 3, FEW)
    file = ground.corpus.files[0]
    name = next(one.text for one in ground.corpus.secrets if one.kind == "patient id").encode()

    def telling(job: Job) -> Done:
        return Done(1, str(job.source / file.relative).encode() + b" failed\n")

    assert measure(ground, Tool("telling", telling), "basic").leaks == 0
    assert measure(ground, Tool("quoting", lambda job: Done(1, b"bad value " + name)), "basic").leaks == 1


def test_an_output_with_another_name_is_found_by_its_instance_number(tmp_path):
    ground = Ground(corpus(), tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "renamed").write_bytes(corpus().files[2].content)
    answers.write(ground.corpus, PRESETS["basic"], ground.key("basic"))
    key = answers.load(ground.key("basic"))
    assert set(pair(key.entries, written(tmp_path / "out"))) == {2}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_program_leaves_nothing_of_a_handful_of_patients(tmp_path, preset):
    ground = prepare(tmp_path, 3, 6)
    whole = preset == "research"
    found = measure(ground, Tool("dicomconv", run_dicomconv, has_key=True), preset, whole)
    assert found.missing == 0
    assert found.leaks == 0
    asked = [*OF_EACH, *(WHOLE_RUN if whole else ())]
    assert {name: found.extra[name].percent for name in asked} == dict.fromkeys(asked, 100.0)


def test_a_birth_date_is_a_leak_unless_another_date_became_it(tmp_path):
    """A date that is moved may land on anybody's birthday; one that stays where it was is a leak."""
    ground = prepare(tmp_path, 3, FEW)
    answers.write(ground.corpus, PRESETS["research"], ground.key("research"))
    key = answers.load(ground.key("research"))
    born = [leak for leak in score(key, ground.source).leaks if leak.secret.kind == "birth date, spelling 1"]
    assert {leak.place for leak in born} > {"raw bytes"}
    moved = tmp_path / "moved"
    day = born[0].secret.text
    for file in ground.corpus.files:
        data = dcmread(io.BytesIO(file.content), force=True)
        bare = Dataset()
        bare.file_meta, bare.InstanceNumber = data.file_meta, data.InstanceNumber
        bare.StudyDate = day
        (moved / file.relative).parent.mkdir(parents=True, exist_ok=True)
        bare.save_as(moved / file.relative, enforce_file_format=False, implicit_vr=False, little_endian=True)
    planted = {row for row, checks in key.checks.items() for one in checks
               if one.path == "<(0008,0020)>" and one.action == "date_shifted" and day not in one.value}  # fmt: skip
    leaked = {leak.row for leak in score(key, moved).leaks}
    assert planted
    assert not planted & leaked
