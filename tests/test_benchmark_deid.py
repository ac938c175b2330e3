"""The de-identification benchmark: it plants the same people again, and each of its actions can fail."""

import ast
import json
import re
import sqlite3
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from pydicom import dcmread

from tests.benchmarks.deid import answers, iod, presets, run_actions, spellings, tables
from tests.benchmarks.deid.actions import ACTIONS, Output
from tests.benchmarks.deid.adapters import Done, Job, Tool
from tests.benchmarks.deid.answers import Extra
from tests.benchmarks.deid.artefacts import of_file, pieces
from tests.benchmarks.deid.base_files import WHEEL, base_files
from tests.benchmarks.deid.bench import Ground, measure, prepare
from tests.benchmarks.deid.codestream import picture
from tests.benchmarks.deid.extra_actions import OF_A_FILE, Run
from tests.benchmarks.deid.index import index, read
from tests.benchmarks.deid.pairing import Written, pair, written
from tests.benchmarks.deid.plant import plant
from tests.benchmarks.deid.plants.frames import segment, with_segments
from tests.benchmarks.deid.plants.private import un_sequence
from tests.benchmarks.deid.presets import PRESETS, Outcome, outcome
from tests.benchmarks.deid.records import Check, Fate, Planted, Secret
from tests.benchmarks.deid.residue import Residue
from tests.benchmarks.deid.score import judge, score
from tests.benchmarks.deid.tokens import tokens

FOLDER = Path(answers.__file__).parent
PATH = "<(0008,1030)>"
FEW = 10
REMOVALS = {"text_removed", "date_shifted", "uid_changed"}
SECRET = Secret("Ostervang", "family name", 1, "ISO_IR 100")


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


def check(action, text="Ostervang", path=PATH):
    return Check(action, path, "StudyDescription", text, text, "hipaa", "descriptor")


def points(action, value, text="Ostervang", **facts):
    elements = {} if value is None else {PATH: value}
    return ACTIONS[action](check(action, text), Output(elements, **facts))[0]


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


# --- the ten actions: each passes on a clean output and fails on a made-up leak


@pytest.mark.parametrize(
    ("action", "clean", "leaky", "text"),
    [
        ("tag_retained", "", None, ""),
        ("text_notnull", "x", "", ""),
        ("text_retained", "Brain CT", "CT", "CT Brain"),
        ("text_retained", "slices 5.0 mm", "slices 6 mm", "5 mm"),
        ("text_removed", "CT Brain", "CT Brain ostervang", "Ostervang^Annelore"),
        ("text_removed", "CT", "CT (OSTERVANG)", "Ostervang"),
        ("text_removed", "", "AOSTERVANG", "ostervang"),
        ("text_removed", None, "M", "M"),
        ("date_shifted", "20190101", "20200101", "20200101"),
        ("date_shifted", "20190101", "x\\20200102", "20200101\\20200102"),
        ("uid_changed", "2.25.9", "1.2.3", "1.2.3"),
    ],
)
def test_an_action_passes_on_a_clean_output_and_fails_on_a_leak(action, clean, leaky, text):
    assert points(action, clean, text) == 1
    assert points(action, leaky, text) < 1


def test_a_uid_is_consistent_only_if_it_is_the_one_that_stands_for_the_old_one():
    assert points("uid_consistent", "2.25.9", "1.2.3", uids={"1.2.3": "2.25.9"}) == 1
    assert points("uid_consistent", "2.25.8", "1.2.3", uids={"1.2.3": "2.25.9"}) == 0
    assert points("uid_consistent", "", "1.2.3", uids={"1.2.3": ""}) == 0


def test_a_patient_id_is_consistent_only_if_it_is_the_one_that_stands_for_the_old_one():
    assert points("patid_consistent", "P1", "007", patients={"007": "P1"}) == 1
    assert points("patid_consistent", "P2", "007", patients={"007": "P1"}) == 0


def test_pixels_are_retained_only_if_their_bytes_are_the_same():
    assert points("pixels_retained", "", "abc", pixel_md5="abc") == 1
    assert points("pixels_retained", "", "abc", pixel_md5="abd") == 0


def test_pixels_are_hidden_only_if_nothing_is_read_in_them():
    assert points("pixels_hidden", "", seen_texts=("MI 1.2",)) == 1
    assert points("pixels_hidden", "", seen_texts=("MI 1.2", "Ostervang")) == 0


def test_all_ten_actions_are_there():
    assert len(ACTIONS) == 10


def test_a_check_that_breaks_down_is_blank_and_not_passed():
    verdict = judge(1, check("no such action"), Output({}))
    assert verdict.passed is None


@given(st.text(), st.text())
def test_a_text_is_never_removed_where_it_stands(before, after):
    assert points("text_removed", f"{before} Ostervang {after}") < 1


@given(st.text(alphabet="0123456789 ,;:()[]"))
def test_a_text_is_removed_where_only_other_letters_stand(value):
    assert points("text_removed", value) == 1


def test_dates_and_uids_stay_whole_words():
    assert tokens("the CT of 03-NOV-1977, 1.2.840.7") == ("ct", "03-nov-1977", "1.2.840.7")


# --- the extra actions


def file_written(**changes):
    """An output of the first file of the corpus, with some elements changed."""
    file = corpus().files[0]
    dataset = read(file.content)
    elements = {**index(dataset), **changes}
    return Written(Path("x.dcm"), "x.dcm", file.content, dataset, elements)


def extra(action, value, person=1):
    return Extra(action, 0, "", value, person, "")


def answer(action, value, output, **facts):
    run = Run({0: output}, facts.get("uids", {}), {}, facts.get("shifts", {}))
    return OF_A_FILE[action](extra(action, value), output, run)[0]


def test_an_interval_is_kept_only_if_all_dates_moved_by_the_same_days():
    dates = json.dumps({"<a>": "20200101", "<b>": "20200110\\20200111", "<c>": "20200101101112.5+0100"})
    moved = {"<a>": "20191225", "<b>": "['20200103', '20200104']", "<c>": "20191225101112.5+0100"}
    run = {"shifts": {1: -7}}
    assert answer("date_interval_kept", dates, file_written(**moved), **run)
    assert not answer("date_interval_kept", dates, file_written(**{**moved, "<a>": "20191226"}), **run)
    assert not answer("date_interval_kept", dates, file_written(**{**moved, "<c>": "20191225101113.5+0100"}), **run)
    assert not answer("date_interval_kept", dates, file_written(**{**moved, "<b>": ""}), **run)


def test_dates_that_did_not_move_keep_no_interval():
    dates = json.dumps({"<a>": "20200101"})
    assert not answer("date_interval_kept", dates, file_written(**{"<a>": "20200101"}), shifts={1: 0})


def test_a_graph_of_uids_is_the_same_only_if_references_follow():
    graph, uids = (
        json.dumps({"<a>": "1.2.3.4.5", "<b>": "1.2.3.4.5", "<c>": "1.2.840.10008.1.2"}),
        {"1.2.3.4.5": "2.25.1"},
    )
    fine = {"<a>": "2.25.1", "<b>": "2.25.1", "<c>": "1.2.840.10008.1.2"}
    assert answer("uid_graph_isomorphic", graph, file_written(**fine), uids=uids)
    assert not answer("uid_graph_isomorphic", graph, file_written(**{**fine, "<b>": "2.25.2"}), uids=uids)
    assert not answer("uid_graph_isomorphic", graph, file_written(**{**fine, "<c>": "2.25.3"}), uids=uids)


def test_two_uids_that_became_one_are_no_graph_any_more():
    graph, uids = json.dumps({"<a>": "1.2.3.4.5", "<b>": "1.2.3.4.6"}), {"1.2.3.4.5": "2.25.1", "1.2.3.4.6": "2.25.1"}
    assert not answer("uid_graph_isomorphic", graph, file_written(**{"<a>": "2.25.1", "<b>": "2.25.1"}), uids=uids)


@pytest.mark.parametrize("uid", ["1.02.3", "1.2." + "9" * 64, "ANON", "1.2.9"])
def test_a_uid_that_is_none_or_not_the_one_of_file_meta_is_not_valid(uid):
    assert answer("uid_valid", "", file_written())
    assert not answer("uid_valid", "", file_written(**{"<(0008,0018)>": uid}))


MARKED = {"<(0012,0062)>": "YES", "<(0012,0063)>": "x", "<(0012,0064)>[<0000>]<(0008,0100)>": "113100",
          "<(0028,0303)>": "REMOVED", "<(0028,0301)>": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("<(0012,0062)>", "NO"), ("<(0012,0063)>", ""), ("<(0012,0064)>[<0000>]<(0008,0100)>", "113105"),
        ("<(0012,0064)>[<0001>]<(0008,0100)>", "113101"), ("<(0028,0303)>", "MODIFIED"), ("<(0028,0301)>", "NO"),
    ],
)  # fmt: skip
def test_a_marker_that_says_something_else_than_what_ran_is_not_true(path, wrong):
    value = json.dumps(["REMOVED", "113100"])
    assert answer("marker_true", value, file_written(**MARKED))
    assert not answer("marker_true", value, file_written(**{**MARKED, path: wrong}))


def test_a_picture_with_one_bit_changed_is_not_equal():
    for file in (one for one in corpus().files if one.picture_md5):
        dataset = read(file.content)
        output = replace(file_written(), dataset=dataset)
        assert answer("pixels_equal_outside", file.picture_md5, output)
        middle = len(dataset.PixelData) // 4
        changed = bytes([dataset.PixelData[middle] ^ 1])
        dataset.PixelData = dataset.PixelData[:middle] + changed + dataset.PixelData[middle + 1 :]
        assert not answer("pixels_equal_outside", file.picture_md5, output)


def test_comments_are_no_part_of_a_picture_and_everything_else_is():
    frame = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffda0003aabbccddffd9")
    commented = with_segments(frame, [segment(0xFFFE, "Ostervang"), segment(0xFFE1, "Annelore")])
    assert b"Ostervang" in commented
    assert picture(commented) == picture(frame) == picture(frame + b"\xff\0")
    assert picture(frame.replace(b"\xaa", b"\xab")) != picture(frame)
    assert picture(frame[:2] + frame[20:]) != picture(frame)


def test_an_error_is_the_same_whatever_the_value_and_another_for_another_attribute():
    line = "Error - </PatientName(0010,0010)[1]> - Value invalid for this VR [PN] = <Ostervang>"
    assert iod.without_values(line) == iod.without_values(line.replace("Ostervang", "X"))
    assert "Ostervang" not in iod.without_values(line)
    assert iod.without_values(line) != iod.without_values(line.replace("0010,0010", "0010,0020"))


@pytest.mark.skipif(not iod.is_here(), reason="dciodvfy is not installed")
def test_an_error_that_the_input_did_not_have_is_new(tmp_path):
    file = corpus().files[0]
    path = tmp_path / "x.dcm"
    path.write_bytes(file.content)
    output, found = replace(file_written(), path=path), iod.errors(path)
    assert found
    assert answer("iod_no_new_errors", json.dumps(sorted(found)), output)
    assert not answer("iod_no_new_errors", json.dumps(sorted(found)[1:]), output)


# --- of whole runs


def laid_out(folder, **files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_repeat_that_differs_in_one_byte_or_one_file_is_not_the_same(tmp_path):
    first = laid_out(tmp_path / "1", a=b"1", b=b"2")
    assert run_actions.repeat_same(first, laid_out(tmp_path / "2", a=b"1", b=b"2"))[0]
    assert not run_actions.repeat_same(first, laid_out(tmp_path / "3", a=b"1", b=b"3"))[0]
    assert not run_actions.repeat_same(first, laid_out(tmp_path / "4", a=b"1"))[0]
    assert not run_actions.repeat_same(laid_out(tmp_path / "5"), laid_out(tmp_path / "6"))[0]


def test_a_shift_is_secret_only_if_patients_and_keys_differ():
    assert run_actions.date_shift_secret({1: -7, 2: -14}, {1: -21, 2: -35})[0]
    assert not run_actions.date_shift_secret({1: -7, 2: -7}, {1: -21, 2: -35})[0]
    assert not run_actions.date_shift_secret({1: -7, 2: 0}, {1: -21, 2: -35})[0]
    assert not run_actions.date_shift_secret({1: -7, 2: -14}, {1: -7, 2: -14})[0]
    assert not run_actions.date_shift_secret({}, {})[0]


def test_a_way_back_that_brings_something_else_or_nothing_is_none(tmp_path):
    originals = laid_out(tmp_path / "1", a=b"1", b=b"2")
    assert run_actions.roundtrip(originals, laid_out(tmp_path / "2", a=b"1"))[0]
    assert not run_actions.roundtrip(originals, laid_out(tmp_path / "3", a=b"2"))[0]
    assert not run_actions.roundtrip(originals, laid_out(tmp_path / "4", c=b"1"))[0]
    assert not run_actions.roundtrip(originals, laid_out(tmp_path / "5"))[0]


def test_what_is_to_be_turned_away_may_leave_no_instance_and_has_to_be_told(tmp_path):
    empty = laid_out(tmp_path / "1", manifest=b"{}")
    assert run_actions.rejects(empty, 1)[0]
    assert not run_actions.rejects(empty, 0)[0]
    assert not run_actions.rejects(laid_out(tmp_path / "2", x=bytes(128) + b"DICM"), 1)[0]


# --- the search for what is left


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le"])
@pytest.mark.parametrize("spelling", ["Ostervang", "OSTERVANG", "ostervang^annelore", "x_oSTERVANGx"])
def test_a_name_is_found_in_every_encoding_and_spelling(encoding, spelling):
    assert [one.text for one in Residue([SECRET]).find(b"\0\1" + spelling.encode(encoding) + b"\0")] == ["Ostervang"]


def test_a_name_in_another_script_is_found_as_iso_2022():
    secret = Secret("勅使河原", "name", 1, "\\ISO 2022 IR 87")
    assert list(Residue([secret]).find("勅使河原^龍之介".encode("iso2022_jp")))


def test_a_number_inside_of_a_longer_one_is_not_found():
    residue = Residue([Secret("1234567", "patient id", 1, "")])
    assert list(residue.find(b"#001 (1234567)"))
    assert not list(residue.find(b"2.25.912345678"))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_name_is_found_wherever_it_stands(before, after):
    assert list(Residue([SECRET]).find(before + b"Ostervang" + after))


def test_clean_bytes_have_no_leak():
    assert not list(Residue([SECRET]).find(b"Osterva ng Annelore 0123456789" * 9))


def leaks_in(folder):
    return {leak.place for leak in Residue([SECRET]).leaks(pieces(folder, ()))}


def test_a_name_is_found_in_an_attribute_a_compressed_value_and_a_name_of_a_container(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["who"] = "Ostervang"
        values = np.frombuffer(b"Ostervang" * 99, np.uint8)
        file.create_dataset("values", data=values, compression="gzip")
        file.create_dataset("Ostervang", data=1)
    assert {"/@who", "values", "name of Ostervang"} <= leaks_in(tmp_path)


def test_a_name_is_found_in_text_chunks_of_a_picture(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("who", "Ostervang " * 99, zip=True)
    Image.new("L", (4, 5)).save(tmp_path / "x.png", pnginfo=info)
    assert leaks_in(tmp_path) == {"chunk zTXt, inflated"}


def test_a_name_is_found_in_a_table_and_in_the_name_of_a_folder(tmp_path):
    (tmp_path / "OSTERVANG_1").mkdir()
    (tmp_path / "OSTERVANG_1" / "x.csv").write_text("a,Ostervang\n", encoding="utf-8")
    assert leaks_in(tmp_path) == {"its name", "its text"}


def test_a_name_is_found_in_a_private_sequence_that_hides_in_bytes():
    assert list(Residue([SECRET]).find(un_sequence("Ostervang", undefined=True)))


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
