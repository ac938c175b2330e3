"""Each action of the benchmark passes on a clean output and fails on a made-up leak."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.deid import iod, run_actions
from tests.benchmarks.deid.actions import ACTIONS, Output
from tests.benchmarks.deid.answers import Extra
from tests.benchmarks.deid.codestream import picture
from tests.benchmarks.deid.extra_actions import OF_A_FILE, Run
from tests.benchmarks.deid.index import index, read
from tests.benchmarks.deid.pairing import Written
from tests.benchmarks.deid.plant import plant
from tests.benchmarks.deid.plants.frames import segment, with_segments
from tests.benchmarks.deid.records import Check
from tests.benchmarks.deid.score import judge
from tests.benchmarks.deid.tokens import tokens

PATH = "<(0008,1030)>"
FEW = 10


@cache
def corpus(seed=3, count=FEW):
    return plant(seed, count)


def check(action, text="Ostervang", path=PATH):
    return Check(action, path, "StudyDescription", text, text, "hipaa", "descriptor")


def points(action, value, text="Ostervang", **facts):
    elements = {} if value is None else {PATH: value}
    return ACTIONS[action](check(action, text), Output(elements, **facts))[0]


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
