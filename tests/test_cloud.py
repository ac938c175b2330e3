"""Results behind s3://, over a real connection: the bytes of a local run, nothing half done that looks done."""

import hashlib
import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dicomconv import Working, convert, deidentify
from dicomconv.bucket import Bucket
from dicomconv.execute import executor
from dicomconv.pipeline.convert import convert_series
from dicomconv.pipeline.gather import SeriesJob, gather
from dicomconv.pipeline.library import make_plan
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pipeline.run import RunReport
from dicomconv.pipeline.upload import Uploading
from tests import make
from tests.cli.command import PROGRAM, call, environment
from tests.cluster import cluster
from tests.outputs import key_file, tree

pytest.importorskip("s3fs")
pytest.importorskip("moto")

from tests.s3 import Server, serve

RECORDS = {"manifest.jsonl", "report.json"}
NUMBERS = iter(range(1000))


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    logging.getLogger("werkzeug").disabled = True
    yield from serve()


@pytest.fixture
def s3(running: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that nothing goes wrong with yet, and the only one that clients know."""
    running.fault = running.refused = lambda _: 0
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.seen.clear()
    return running


class Desk:
    """A source of three series, a key, and a bucket of its own."""

    def __init__(self, folder: Path, s3: Server):
        self.folder, self.s3, self.bucket = folder, s3, f"out-{next(NUMBERS)}"
        self.key, self.url = key_file(folder / "key"), f"s3://{self.bucket}/study/one"
        s3.put(self.bucket, {})
        for number in range(3):
            for index, content in enumerate(make.series(3, SeriesInstanceUID=f"1.2.{number}", PatientID="DOE-JANE-4711")):
                make.write(folder / "in", {f"{number}/{index}": content})

    def words(self, *more: object) -> list[str]:
        """A command line."""
        words = ["convert", self.folder / "in", "-o", self.url, "--key", self.key, "--state", self.folder / "state", *more]
        return [str(word) for word in words]

    def convert(self, **choices: Any) -> RunReport:
        """A run into the bucket."""
        return convert(self.folder / "in", self.url, key=self.key, state=self.folder / "state", **choices)

    def objects(self, *, markers: bool = False) -> dict[str, bytes]:
        """What is below the URL, but for the records; `markers`: these alone."""
        found = self.s3.objects(self.bucket, "study/one/")
        return {name: content for name, content in found.items()
                if name not in RECORDS and name.startswith("_complete/") == markers}  # fmt: skip

    def local(self, **choices: Any) -> dict[str, bytes]:
        """What a run into a folder gives."""
        convert(self.folder / "in", self.folder / "local", key=self.key, **choices)
        return tree(self.folder / "local", RECORDS)


@pytest.fixture
def desk(tmp_path: Path, s3: Server) -> Desk:
    return Desk(tmp_path, s3)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bucket_gets_the_bytes_that_a_folder_gets(desk: Desk, jobs: int) -> None:
    done = call(*desk.words("--jobs", jobs))
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"3 series in {desk.url}; every file has its row in {desk.url}/manifest.jsonl" in done.stdout
    assert desk.objects() == desk.local()
    manifest = desk.s3.objects(desk.bucket, "study/one/")["manifest.jsonl"]
    assert manifest == (desk.folder / "local/manifest.jsonl").read_bytes()
    assert list((desk.folder / "state/spool").rglob("*.h5")) == []


def test_deidentify_writes_there_too(desk: Desk) -> None:
    deidentify(desk.folder / "in", desk.url, key=desk.key, state=desk.folder / "state")
    deidentify(desk.folder / "in", desk.folder / "local", key=desk.key)
    assert desk.objects() == tree(desk.folder / "local")


def test_names_of_objects_hold_nothing_of_a_patient(desk: Desk) -> None:
    desk.convert()
    names = " ".join(desk.s3.objects(desk.bucket)) + " ".join(desk.s3.seen)
    assert "DOE" not in names
    assert "4711" not in names


def test_a_marker_tells_what_there_is(desk: Desk) -> None:
    desk.convert()
    told = [one for content in desk.objects(markers=True).values() for one in json.loads(content)["objects"]]
    found = {one["name"]: (one["size"], one["sha256"]) for one in told}
    assert found == {name: (len(was), hashlib.sha256(was).hexdigest()) for name, was in desk.objects().items()}
    assert len(desk.objects(markers=True)) == 3


def test_a_second_run_uploads_nothing_but_the_records(desk: Desk) -> None:
    desk.convert()
    desk.s3.seen.clear()
    assert desk.convert().resumed == 9
    written = {one.rpartition("/")[2] for one in desk.s3.seen if one.startswith(("PUT", "DELETE"))}
    assert written == RECORDS


def test_what_has_no_marker_is_done_again(desk: Desk) -> None:
    desk.convert()
    before, [first, *_] = desk.objects(), desk.objects(markers=True)
    desk.s3.delete(desk.bucket, f"study/one/{first}")
    assert desk.convert().resumed == 6
    assert (desk.objects(), len(desk.objects(markers=True))) == (before, 3)


def test_what_somebody_else_marked_is_refused_skipped_or_overwritten(desk: Desk) -> None:
    convert(desk.folder / "in", desk.url, key=desk.key, state=desk.folder / "elsewhere")
    assert call(*desk.words()).exit_code == 2
    skipped = desk.convert(existing="skip")
    assert [one.facts.get("existing") for one in skipped.outcomes] == [True] * 9
    assert desk.convert(existing="overwrite", png=False).resumed == 0
    assert {Path(name).suffix for name in desk.objects()} == {".h5"}
    assert desk.objects() == desk.local(png=False)


def test_a_container_that_grew_is_not_overwritten(desk: Desk, s3: Server) -> None:
    desk.convert(png=False)
    name = next(name for name in desk.objects() if name.endswith(".h5"))
    s3.put(desk.bucket, {f"study/one/{name}": desk.objects()[name] + b"annotations"})
    before = desk.objects()
    report = desk.convert(existing="overwrite", png=False)
    failed = [outcome.reason for outcome in report.outcomes if outcome.status == "failed"]
    assert len(failed) == 3
    assert all("longer than it was uploaded, as by annotations" in reason for reason in failed)
    assert desk.objects() == before



@pytest.mark.parametrize("what", [".png", ".h5", "_complete"])
def test_an_upload_that_is_refused_fails_its_series_and_the_next_run_finishes(desk: Desk, what: str) -> None:
    desk.s3.refused = lambda path: 403 if what in path else 0
    done = call(*desk.words("--jobs", 1))
    assert (done.exit_code, done.stdout.count("9 failed: its series could not be written: access is denied")) == (1, 1)
    assert desk.objects(markers=True) == {}
    assert list((desk.folder / "state/spool").rglob("*.h5")) == []
    desk.s3.refused = lambda _: 0
    assert call(*desk.words()).exit_code == 0
    assert (desk.objects(), len(desk.objects(markers=True))) == (desk.local(), 3)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
@pytest.mark.parametrize("puts", [1, 4, 9])
def test_a_run_that_is_killed_while_it_uploads_is_gone_on_with(desk: Desk, puts: int) -> None:
    running = subprocess.Popen([*PROGRAM, *desk.words("-q", "--jobs", 2)], env=environment(), start_new_session=True)
    while running.poll() is None and sum(one.startswith("PUT") for one in desk.s3.seen) < puts:
        time.sleep(0.002)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    expected = desk.local()
    for marker in desk.objects(markers=True).values():
        names = [one["name"] for one in json.loads(marker)["objects"]]
        assert {name: desk.objects()[name] for name in names} == {name: expected[name] for name in names}
    assert desk.convert().interrupted is False
    assert (desk.objects(), len(desk.objects(markers=True))) == (expected, 3)
    manifest = desk.s3.objects(desk.bucket, "study/one/")["manifest.jsonl"]
    assert manifest == (desk.folder / "local/manifest.jsonl").read_bytes()


def test_workers_of_a_cluster_upload_what_they_make(desk: Desk, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster") as two:
        desk.convert(working=Working(executor=f"dask:{two.tap.address}"))
        assert b"DOE-JANE" not in two.tap.seen
    assert (desk.objects(), len(desk.objects(markers=True))) == (desk.local(), 3)


@pytest.mark.parametrize("lacking", ["--key", "--state"])
def test_a_bucket_needs_a_key_and_a_state_folder(desk: Desk, lacking: str) -> None:
    words = desk.words()
    place = words.index(lacking)
    done = call(*words[:place], *words[place + 2 :])
    assert (done.exit_code, "needs --key and --state" in done.stderr) == (2, True)


def test_a_bucket_that_is_not_there_ends_the_run_before_it_begins(desk: Desk) -> None:
    desk.url = "s3://nobody-has-this/x"
    done = call(*desk.words())
    assert (done.exit_code, "Traceback" in done.stderr, done.stderr.count("\n")) == (2, False, 1)


def test_a_dry_run_writes_nothing_there(desk: Desk) -> None:
    assert call(*desk.words("--dry-run")).exit_code == 0
    assert desk.s3.objects(desk.bucket) == {}
    assert not (desk.folder / "state").exists()


def test_another_key_is_refused(desk: Desk) -> None:
    desk.convert()
    desk.key = key_file(desk.folder / "other", 2)
    assert call(*desk.words()).exit_code == 7


def uploaded(url: str, out: Path, job: SeriesJob) -> SeriesReport:
    """A series converted and uploaded by way of a folder."""
    return Uploading(convert_series, Bucket(url))(job, out)


@pytest.mark.parametrize("has_folder", [True, False])
def test_attempts_at_one_series_may_overlap_on_machines_with_and_without_the_state_folder(
    desk: Desk, has_folder: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, temporary = desk.folder / "spool", desk.folder / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    if has_folder:
        out.mkdir()
    jobs = gather([desk.folder / "in"], make_plan(key=desk.key)).jobs
    with executor("processes:3") as engine:
        futures = [engine.submit(partial(uploaded, desk.url, out), job) for _ in range(3) for job in jobs]
        reports = [future.result() for future in futures]
    assert {one.status for report in reports for one in report.outcomes} == {"converted"}
    assert (desk.objects(), len(desk.objects(markers=True))) == (desk.local(), 3)
    assert (out.exists(), [*out.glob("*"), *temporary.glob("dicomconv*")]) == (has_folder, [])
