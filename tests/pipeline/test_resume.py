"""Resuming: a second run does the rest and nothing else, says so, and refuses to mix what cannot be mixed."""

import dataclasses
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv import convert, deidentify
from dicomconv.errors import KeyFileError, UsageError
from dicomconv.model import Outcome
from dicomconv.pipeline import instances, library
from dicomconv.pipeline.journal import Journal
from dicomconv.pipeline.library import make_plan
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.resume import is_passing
from dicomconv.pipeline.settings import MIXED_AT_WILL, settings_of_bytes
from tests import make
from tests.outputs import containers, key_file, left_over, rows, tree

NO_RECORDS = ["manifest.jsonl", "report.json"]


@dataclasses.dataclass
class Desk:
    """A folder with a source of three series and a key, to convert from and into."""

    folder: Path
    worked_on: list[str]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def add(self, name: str, content: bytes) -> None:
        make.write(self.folder / "in", {name: content})

    def run(self, **choices: Any) -> list[Outcome]:
        """The outcomes of a run over the source; which series were worked on is noted."""
        self.worked_on.clear()
        key = self.folder / "key"
        return list(convert(self.folder / "in", self.out, **{"key": key, **choices}).outcomes)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three series, one of them with a file that cannot be read to its end."""
    key_file(tmp_path / "key")
    found, real = Desk(tmp_path, []), library.convert_series

    def noted(job: Any, out: Path) -> Any:
        found.worked_on.append(job.names.series)
        return real(job, out)

    monkeypatch.setattr(library, "convert_series", noted)
    for number in range(3):
        for index, content in enumerate(make.series(2, SeriesInstanceUID=f"1.2.{number}")):
            found.add(f"{number}/{index}", content)
    found.add("2/cut", make.ct_slice(SeriesInstanceUID="1.2.2", SOPInstanceUID="1.9", InstanceNumber=9)[:-3])
    return found


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def test_a_second_run_works_on_nothing_and_tells_the_same(desk: Desk) -> None:
    first = desk.run()
    assert len(desk.worked_on) == 3
    before = tree(desk.out, NO_RECORDS)
    second = desk.run()
    assert desk.worked_on == []
    assert statuses(second) == statuses(first)
    assert all(one.facts["existing"] for one in second if one.status == "converted")
    assert tree(desk.out, NO_RECORDS) == before


def test_only_what_is_new_is_worked_on(desk: Desk) -> None:
    desk.run()
    desk.add("new", make.ct_slice(SeriesInstanceUID="1.2.77"))
    outcomes = desk.run()
    assert (len(desk.worked_on), len(containers(desk.out))) == (1, 4)
    assert sum("existing" not in one.facts for one in outcomes if one.status == "converted") == 1


def test_a_series_that_grew_is_packed_again_whole(desk: Desk, tmp_path: Path) -> None:
    desk.run()
    desk.add("0/new", make.ct_slice(SeriesInstanceUID="1.2.0", SOPInstanceUID="1.9.9", InstanceNumber=7))
    desk.run()
    assert len(desk.worked_on) == 1
    convert(desk.folder / "in", tmp_path / "straight", key=tmp_path / "key")
    assert tree(desk.out, NO_RECORDS) == tree(tmp_path / "straight", NO_RECORDS)


def test_a_file_that_changed_has_its_series_done_again(desk: Desk) -> None:
    desk.run()
    os.utime(desk.folder / "in/0/0", ns=(1, 1))
    desk.run()
    assert len(desk.worked_on) == 1


def test_by_content_a_file_that_was_moved_and_touched_is_known(desk: Desk) -> None:
    desk.run(fingerprint="hash")
    (desk.folder / "in/0").rename(desk.folder / "in/elsewhere")
    os.utime(desk.folder / "in/elsewhere/0", ns=(1, 1))
    desk.run(fingerprint="hash")
    assert desk.worked_on == []


def test_by_content_a_file_that_only_looks_the_same_is_not_known(desk: Desk) -> None:
    desk.run(fingerprint="hash")
    path = desk.folder / "in/0/0"
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    desk.run(fingerprint="hash")
    assert len(desk.worked_on) == 1


def test_a_file_that_is_gone_takes_nothing_out_of_out(desk: Desk) -> None:
    desk.run()
    (desk.folder / "in/0/0").unlink()
    before = tree(desk.out, NO_RECORDS)
    outcomes = desk.run()
    assert (desk.worked_on, len(outcomes)) == ([], 6)
    assert tree(desk.out, NO_RECORDS) == before


def test_files_in_place_of_others_do_not_replace_them_unasked(desk: Desk) -> None:
    desk.run()
    (desk.folder / "in/0/0").unlink()
    desk.add("0/other", make.ct_slice(SeriesInstanceUID="1.2.0", SOPInstanceUID="1.9.9", InstanceNumber=7))
    before = tree(desk.out)
    with pytest.raises(UsageError, match="--existing overwrite"):
        desk.run()
    assert tree(desk.out) == before
    assert "failed" in statuses(desk.run(existing="skip"))
    assert tree(desk.out, NO_RECORDS) == {name: was for name, was in before.items() if name not in NO_RECORDS}
    desk.run(existing="overwrite")
    assert len(desk.worked_on) == 3


def test_what_failed_is_tried_again_only_when_asked(desk: Desk) -> None:
    first = desk.run()
    assert statuses(first).count("failed") == 1
    assert statuses(desk.run()) == statuses(first)
    assert desk.worked_on == []
    assert statuses(desk.run(retry_failed=True)) == statuses(first)
    assert len(desk.worked_on) == 1


@pytest.mark.parametrize("reason", ["cannot be read (input/output error)", "not done: a worker process died; try again"])
def test_what_may_not_fail_again_is_tried_again_unasked(reason: str) -> None:
    assert is_passing(Outcome(1, "failed", reason))
    assert not is_passing(Outcome(1, "refused", reason))
    assert not is_passing(Outcome(1, "failed", "the file is cut short at (7FE0,0010)"))


def test_a_read_error_does_not_make_a_series_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = instances.split, []

    def once_unreadable(path: Any, *more: Any) -> Any:
        seen.append(path)
        if len(seen) == 1:
            raise OSError(5, "Input/output error")
        return real(path, *more)

    monkeypatch.setattr(instances, "split", once_unreadable)
    assert statuses(desk.run()).count("failed") == 2
    assert statuses(desk.run()).count("failed") == 1
    assert len(desk.worked_on) == 1


def test_a_container_that_is_gone_is_made_again(desk: Desk) -> None:
    desk.run()
    before = tree(desk.out, NO_RECORDS)
    containers(desk.out)[0].unlink()
    desk.run()
    assert len(desk.worked_on) == 1
    assert tree(desk.out, NO_RECORDS) == before


def test_a_container_that_somebody_changed_is_not_overwritten_unasked(desk: Desk) -> None:
    desk.run()
    changed = containers(desk.out)[0]
    changed.write_bytes(changed.read_bytes() + b"more")
    with pytest.raises(UsageError, match="nothing was changed"):
        desk.run()
    assert changed.read_bytes().endswith(b"more")


def test_an_out_that_was_emptied_is_begun_anew_with_any_key_and_settings(desk: Desk) -> None:
    desk.run()
    shutil.rmtree(desk.out)
    key_file(desk.folder / "other", 2)
    assert statuses(desk.run(key=desk.folder / "other", window="lung")).count("converted") == 6


def test_other_settings_are_refused_by_the_names_of_their_options(desk: Desk) -> None:
    desk.run()
    before = tree(desk.out)
    with pytest.raises(UsageError, match=r"other settings: --preset and --option, --window, --compression\. "):
        desk.run(window="lung", compression="small", preset="research")
    assert tree(desk.out) == before
    desk.run(window="lung", existing="overwrite")
    assert len(desk.worked_on) == 3
    desk.run(window="lung")
    assert desk.worked_on == []


def test_settings_that_decide_no_byte_may_differ(desk: Desk) -> None:
    desk.run()
    desk.run(jobs=1, include=["CT"], existing="skip")
    assert desk.worked_on == []


def test_a_patient_map_may_grow_but_gives_nobody_another_id(desk: Desk) -> None:
    choices: dict[str, Any] = {"patient_map": desk.folder / "map.csv"}
    choices["patient_map"].write_text("ID-4711,S1\n")
    desk.run(**choices)
    desk.add("new", make.ct_slice(SeriesInstanceUID="1.2.80", StudyInstanceUID="1.2.81", PatientID="P2"))
    choices["patient_map"].write_text("ID-4711,S1\nP2,S2\n")
    desk.run(**choices)
    assert len(desk.worked_on) == 1
    choices["patient_map"].write_text("ID-4711,S3\nP2,S2\n")
    with pytest.raises(UsageError, match="1 patient had another new ID"):
        desk.run(**choices)
    assert {path.name for path in desk.out.iterdir() if path.is_dir()} == {"S1", "S2"}


@pytest.mark.parametrize("command", [convert, deidentify])
def test_another_key_is_refused(desk: Desk, command: Callable[..., Any]) -> None:
    key_file(desk.folder / "other", 2)
    command(desk.folder / "in", desk.out, key=desk.folder / "key")
    with pytest.raises(KeyFileError, match="another key"):
        command(desk.folder / "in", desk.out, key=desk.folder / "other")


def test_convert_and_deidentify_each_know_their_own(desk: Desk) -> None:
    deidentify(desk.folder / "in", desk.out, key=desk.folder / "key")
    with pytest.raises(UsageError, match="nothing was changed"):
        desk.run()
    desk.run(existing="skip")
    assert (len(desk.worked_on), len(containers(desk.out))) == (3, 3)
    assert deidentify(desk.folder / "in", desk.out, key=desk.folder / "key", jobs=1).resumed == 7


def test_deidentify_goes_on_too(desk: Desk) -> None:
    key = desk.folder / "key"
    deidentify(desk.folder / "in", desk.out, key=key)
    before = tree(desk.out)
    next(desk.out.rglob("*.dcm")).unlink()
    report = deidentify(desk.folder / "in", desk.out, key=key)
    assert tree(desk.out) == before
    assert 0 < report.resumed < len(report.outcomes)


def changed(plan: Plan, field: str) -> Plan:
    """The plan with another value in one field."""
    own = make_plan(burned_in="keep", compression="small", png=False, duplicates="newest", preset="research", window="bone")
    others: dict[str, Any] = {
        "boxes": {"1.2": ()}, "detach_seal": True, "certificates": (b"der",),
        "region_rules": type(plan.region_rules)(()),
        "seal_to": (dataclasses.make_dataclass("Key", ["key_id"])(b"id"),),
    }  # fmt: skip
    return dataclasses.replace(plan, **{field: others.get(field, getattr(own, field))})


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Plan)])
def test_every_choice_of_a_plan_is_a_setting_or_said_to_be_none(field: str) -> None:
    plan = make_plan()
    if field not in MIXED_AT_WILL:
        assert settings_of_bytes(changed(plan, field)) != settings_of_bytes(plan)


def test_the_journal_holds_no_original_value_and_nobody_elses_eyes(desk: Desk) -> None:
    make.write(desk.folder / "in", {"MUSTERMANN": make.ct_slice(PatientName="MUSTERMANN^ERIKA", PatientID="0815-4711")})
    desk.run()
    state = desk.folder / "out.state"
    held = b"".join(path.read_bytes() for path in state.iterdir())
    with Journal(state, "convert") as journal:
        entries = [journal.entry(name) for (name,) in journal._db.execute("SELECT name FROM series")]
    told = held + repr(entries).encode()
    for secret in (b"MUSTERMANN", b"0815-4711", b"1.2.826", str(desk.folder / "in").encode()):
        assert secret not in told
    assert state.stat().st_mode & 0o77 == 0
    assert all(path.stat().st_mode & 0o77 == 0 for path in state.iterdir())


@pytest.mark.parametrize("place", ["out", "out/state", "in", "in/state"])
def test_a_state_folder_in_out_or_a_source_is_refused(desk: Desk, place: str) -> None:
    with pytest.raises(UsageError, match="lies in"):
        desk.run(state=desk.folder / place)
    assert not (desk.folder / place / "journal.sqlite").exists()


def test_a_state_folder_that_others_can_read_is_refused(desk: Desk) -> None:
    (desk.folder / "shared").mkdir(mode=0o755)
    with pytest.raises(UsageError, match="chmod 700"):
        desk.run(state=desk.folder / "shared")


def test_the_state_may_be_kept_elsewhere(desk: Desk) -> None:
    desk.run(state=desk.folder / "elsewhere")
    assert not (desk.folder / "out.state").exists()
    desk.run(state=desk.folder / "elsewhere")
    assert desk.worked_on == []


@pytest.mark.parametrize("choices", [{"state": "x"}, {"retry_failed": True}], ids=str)
def test_without_a_key_there_is_no_journal(desk: Desk, choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="needs --key"):
        desk.run(key=None, **choices)
    desk.run(key=None)
    assert not (desk.folder / "out.state").exists()


def test_two_runs_at_once_are_refused(desk: Desk) -> None:
    desk.run()
    hold = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(); sys.stdin.read()"
    lock = desk.folder / "out.state/lock"
    words = [sys.executable, "-c", hold, str(lock)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        with pytest.raises(UsageError, match="another run is at work"):
            desk.run()
        other.stdin.close()
    desk.run()


def test_a_damaged_journal_is_said(desk: Desk) -> None:
    desk.run()
    (desk.folder / "out.state/journal.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(UsageError, match="journal"):
        desk.run()
    (desk.folder / "out.state/journal.sqlite").unlink()
    desk.run(existing="skip")
    assert desk.worked_on != []


def test_a_journal_that_cannot_be_written_any_more_does_not_end_the_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Journal, "commit", full)
    assert statuses(desk.run()).count("converted") == 6
    monkeypatch.undo()
    assert statuses(desk.run()).count("converted") == 6


def test_a_torn_last_row_is_taken_out_and_said(desk: Desk) -> None:
    desk.run()
    manifest = desk.out / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    report = convert(desk.folder / "in", desk.out, key=desk.folder / "key")
    assert any("cut short" in warning for warning in report.warnings)
    assert [row["run"] for row in rows(desk.out)] == [1] * 6 + [2] * 7


def test_a_damaged_report_is_begun_anew_where_the_journal_knows_the_key(desk: Desk) -> None:
    desk.run()
    (desk.out / "report.json").write_text('{"runs": [')
    report = convert(desk.folder / "in", desk.out, key=desk.folder / "key")
    assert any("report.json" in warning for warning in report.warnings)
    assert len(json.loads((desk.out / "report.json").read_text())["runs"]) == 1
    assert {row["run"] for row in rows(desk.out)} == {1, 2}


def test_more_files_of_a_patient_are_warned_of_and_the_same_files_are_not(desk: Desk) -> None:
    def warned() -> bool:
        report = convert(desk.folder / "in", desk.out, key=desk.folder / "key")
        return any("output of earlier runs" in warning for warning in report.warnings)

    assert [warned(), warned()] == [False, False]
    desk.add("new", make.ct_slice(SeriesInstanceUID="1.2.78"))
    assert warned()


def test_an_interrupted_run_is_gone_on_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = library.convert_series, list[Any]()

    def interrupted(job: Any, out: Path) -> Any:
        calls.append(job)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(job, out)

    with monkeypatch.context() as patched:
        patched.setattr(library, "convert_series", interrupted)
        assert convert(desk.folder / "in", desk.out, key=desk.folder / "key").interrupted
    assert statuses(desk.run()).count("converted") == 6
    assert (len(desk.worked_on), left_over(desk.out)) == (2, [])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 2), st.integers(0, 5)),
        st.tuples(st.just("touch"), st.integers(0, 2), st.integers(0, 5)),
        st.tuples(st.just("run"), st.integers(0, 3), st.just(0)),
    ),
    min_size=3,
    max_size=9,
)


@given(steps=STEPS)
@settings(max_examples=8, deadline=None)
def test_however_it_came_about_out_is_what_one_run_over_all_files_makes(
    steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files come and change, runs are interrupted before one of their series: the last run makes up for all."""
    folder, real = tmp_path_factory.mktemp("steps"), library.convert_series
    key = key_file(folder / "key")
    make.write(folder / "in", {"0/0": make.series(6, SeriesInstanceUID="1.2.0")[0]})
    for step, series, index in steps:
        path = folder / f"in/{series}/{index}"
        if step == "add":
            make.write(folder / "in", {f"{series}/{index}": make.series(6, SeriesInstanceUID=f"1.2.{series}")[index]})
        elif step == "touch" and path.exists():
            os.utime(path, ns=(series, index))
        elif step == "run":
            left = iter(range(series))

            def some(job: Any, out: Path, left: Any = left) -> Any:
                if next(left, None) is None:
                    raise KeyboardInterrupt
                return real(job, out)

            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(library, "convert_series", some)
                convert(folder / "in", folder / "out", key=key)
    report = convert(folder / "in", folder / "out", key=key)
    convert(folder / "in", folder / "straight", key=key)
    assert tree(folder / "out", NO_RECORDS) == tree(folder / "straight", NO_RECORDS)
    assert {one.status for one in report.outcomes} == {"converted"}
    assert sorted(one.row for one in report.outcomes) == [row["row"] for row in rows(folder / "out")][-len(report.outcomes) :]
