"""A file that ends, holds up or fills the process that reads it costs itself; all others are done."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dicomconv import verify
from dicomconv.execute import executor
from dicomconv.model import Outcome
from dicomconv.pipeline.gather import gather
from dicomconv.pipeline.library import make_plan
from dicomconv.pipeline.run import LOST_WORKER, UNREAD, RunReport, Work, run
from dicomconv.pipeline.working import Working
from dicomconv.workers.zygote import prepared
from tests import make, poison
from tests.cli.command import environment
from tests.outputs import containers, instance_count, key_file, left_over, rows, tree

WATCHED = Working(jobs=1, executor="processes", timeout=1, memory_limit=700)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers are watched where processes can fork")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test does to this process ends with it."""
    poison.leave_as_it_is(monkeypatch)


@pytest.fixture(autouse=True, scope="module")
def _prepared() -> Iterator[None]:
    """Workers are copies of this process, as those of the command line are of its."""
    with prepared():
        yield


def worked(folder: Path, contents: list[bytes], work: Work = poison.convert_poison, working: Working = WATCHED) -> RunReport:
    """A run over these files, from `folder`/in to `folder`/out."""
    plan = make_plan(key=key_file(folder / "key") if not (folder / "key").exists() else folder / "key")
    return run([poison.folder(folder / "in", contents)], folder / "out", plan, work=work, working=working)


def failed(report: RunReport) -> dict[str, str]:
    """The reason of each file that failed, by its name."""
    return {report.paths[one.row].name: one.reason for one in report.outcomes if one.status == "failed"}


REASONS = {
    poison.SEGFAULT: "quarantined: it ended the process that read it (signal 11)",
    poison.HANG: "quarantined: it made no progress for 1 seconds",
    poison.HOG: "quarantined: it took more than 700 MB of memory",
    poison.EXIT: "quarantined: it ended the process that read it (exit code 7)",
    poison.KILL: "quarantined: it ended the process that read it (signal 9)",
    poison.NO_MEMORY: "quarantined: it took more memory than there is",
    poison.OURS: "quarantined: it led to an error of ours (ValueError); please report it",
}


@pytest.mark.parametrize("deed", poison.DEEDS)
def test_a_file_that_ends_its_process_is_quarantined_and_all_others_are_done(tmp_path: Path, deed: int) -> None:
    bounds = replace(WATCHED, timeout=1 if deed == poison.HANG else 60)
    report = worked(tmp_path, poison.slices(9, {4: deed}), working=bounds)
    assert failed(report) == {"004": REASONS[deed]}
    assert (instance_count(tmp_path / "out"), len(list((tmp_path / "out").rglob("*.png")))) == (8, 8)
    assert [one.faults for one in verify([tmp_path / "out"])] == [()]
    assert left_over(tmp_path / "out") == []


def test_several_poisoned_files_of_several_series_are_all_found(tmp_path: Path) -> None:
    first = poison.slices(12, {1: poison.SEGFAULT, 6: poison.EXIT, 7: poison.SEGFAULT, 12: poison.NO_MEMORY})
    other = poison.slices(5, {5: poison.KILL}, SeriesInstanceUID="1.2.3")
    report = worked(tmp_path, [*first, *other], working=Working(jobs=2))
    assert set(failed(report)) == {"001", "006", "007", "012", "017"}
    assert instance_count(tmp_path / "out") == 12
    assert left_over(tmp_path / "out") == []


def test_a_file_that_ends_its_process_while_others_are_read_is_the_one_that_is_blamed(tmp_path: Path) -> None:
    threads = replace(WATCHED, jobs=3)  # more than series: frames are worked on in threads
    report = worked(tmp_path, poison.slices(9, {2: poison.LATE, 5: poison.LATE}), working=threads)
    assert failed(report) == dict.fromkeys(["002", "005"], REASONS[poison.SEGFAULT])


def test_what_is_written_beside_a_poisoned_file_is_what_is_written_beside_a_damaged_one(tmp_path: Path) -> None:
    contents = poison.slices(5, {3: poison.SEGFAULT})
    worked(tmp_path, contents)
    (tmp_path / "cut").mkdir()
    key_file(tmp_path / "cut" / "key")
    worked(tmp_path / "cut", [*contents[:2], contents[2][:-1], *contents[3:]])
    assert tree(tmp_path / "out") == tree(tmp_path / "cut" / "out") != {}


def test_a_file_whose_header_ends_the_process_is_found_too(tmp_path: Path) -> None:
    contents = poison.slices(4, {})
    contents[1:2] = poison.slices(2, {}, InstitutionName=poison.READ.decode())[1:]
    report = worked(tmp_path, contents)
    assert failed(report) == {"002": REASONS[poison.SEGFAULT]}
    assert instance_count(tmp_path / "out") == 3


def test_a_file_whose_header_ends_the_process_does_not_hold_up_other_series_of_its_patient(tmp_path: Path) -> None:
    bad = poison.slices(2, {}, InstitutionName=poison.READ.decode())[1:]
    report = worked(tmp_path, [*poison.slices(1, {}), *bad, *poison.slices(3, {}, SeriesInstanceUID="1.2.3")])
    assert failed(report) == {"002": REASONS[poison.SEGFAULT]}
    assert (instance_count(tmp_path / "out"), UNREAD in report.warnings) == (4, True)


def test_plain_files_are_written_around_a_poisoned_one(tmp_path: Path) -> None:
    contents = [*poison.slices(2, {}), *poison.slices(3, {}, InstitutionName=poison.READ.decode())[2:]]
    report = worked(tmp_path, contents, work=poison.deidentify_poison)
    assert (set(failed(report)), len(tree(tmp_path / "out"))) == ({"003"}, 2)


def test_a_worker_that_somebody_kills_costs_no_file(tmp_path: Path) -> None:
    report = worked(tmp_path, poison.slices(6, {}), work=poison.convert_killed_once)
    assert (tmp_path / poison.ONCE).exists()
    assert (failed(report), instance_count(tmp_path / "out"), left_over(tmp_path / "out")) == ({}, 6, [])


def always_killed(job: Any, out: Path) -> Any:
    """Work that ends its process before it is at any file."""
    poison.DEEDS[poison.KILL]()


def test_a_series_that_ends_its_process_at_no_file_is_given_up_and_said(tmp_path: Path) -> None:
    report = worked(tmp_path, poison.slices(2, {}), work=always_killed)
    assert failed(report) == dict.fromkeys(["001", "002"], "not done: its series ended the process that read it (signal 9)")
    assert LOST_WORKER in report.warnings


def test_a_file_that_takes_too_much_memory_is_quarantined_without_a_process_of_its_own(tmp_path: Path) -> None:
    report = worked(tmp_path, poison.slices(4, {2: poison.NO_MEMORY}), working=Working(executor="serial"))
    assert failed(report) == {"002": REASONS[poison.NO_MEMORY]}


def slow_frames(job: Any, out: Path) -> Any:
    """Conversion in which every frame takes a third of the time that a file may take without progress."""
    real = poison.decode.decode_frame

    def decoded(*arguments: Any) -> Any:
        time.sleep(0.3)
        return real(*arguments)

    poison.decode.decode_frame = decoded
    return poison.convert_series(job, out)


def test_frame_after_frame_is_progress(tmp_path: Path) -> None:
    report = worked(tmp_path, [make.encapsulated(make.ramp(6, 4, 5))], work=slow_frames)
    assert [(one.status, one.reason, one.facts.get("frames")) for one in report.outcomes] == [("converted", "", 6)]


PROGRAM = "import tests.poison; tests.poison.install(); from dicomconv.cli import main; main()"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are no copies of the command line's process")
def test_the_command_line_goes_on_after_a_decoder_that_crashes(tmp_path: Path) -> None:
    poison.folder(tmp_path / "in", poison.slices(6, {2: poison.SEGFAULT, 5: poison.HANG}))
    words = ["convert", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--timeout", "1", "--jobs", "1"]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr.count(b"quarantined")) == (3, 2), done.stderr
    assert sorted(row["reason"] for row in rows(tmp_path / "out") if row["outcome"] == "failed") == sorted(
        [REASONS[poison.SEGFAULT], REASONS[poison.HANG]]
    )
    assert (len(containers(tmp_path / "out")), instance_count(tmp_path / "out")) == (1, 4)


def test_no_reason_quotes_a_value(tmp_path: Path) -> None:
    report = worked(tmp_path, poison.slices(4, {1: poison.NO_MEMORY, 3: poison.OURS}))
    reasons = [one.reason for one in report.outcomes if isinstance(one, Outcome) and one.reason]
    assert len(reasons) == 2
    assert not any("DOE" in reason for reason in reasons)


def test_two_attempts_at_one_series_may_overlap(tmp_path: Path) -> None:
    poison.folder(tmp_path / "in", [*poison.slices(6, {}), *poison.slices(5, {}, SeriesInstanceUID="1.2.3")])
    plan = make_plan(key=key_file(tmp_path / "key"), existing="overwrite")
    run([tmp_path / "in"], tmp_path / "once", plan, work=poison.convert_series)
    jobs = list(gather([tmp_path / "in"], plan).jobs)
    with executor("processes:3") as engine:
        futures = [engine.submit(partial(convert_into, tmp_path / "out"), job) for _ in range(6) for job in jobs]
        reports = [future.result() for future in futures]
    assert {one.status for report in reports for one in report.outcomes} == {"converted"}
    assert tree(tmp_path / "out") == tree(tmp_path / "once", leave_out=["manifest.jsonl", "report.json"])


def convert_into(out: Path, job: Any) -> Any:
    """A series converted, whoever else does it at the time."""
    return poison.convert_series(job, out)
