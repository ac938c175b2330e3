"""Series on a cluster: the same bytes as here, nobody's name on the way, and a worker that dies loses nothing."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomconv import Working, convert, deidentify
from dicomconv.errors import UsageError
from dicomconv.pipeline.cluster.envelope import WrongKey, closed, opened
from dicomconv.pipeline.convert import convert_series
from dicomconv.pipeline.library import make_plan
from dicomconv.pipeline.run import RunReport, run
from tests import make, poison
from tests.cli.command import PROGRAM, environment
from tests.cluster import Cluster, becomes_true, cluster, kill_machine_of, kill_worker_of, wait_for
from tests.outputs import instance_count, key_file, left_over, tree

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
PLANTED = [b"SECRETNAME", b"PLANTED-ID", b"secret-folder", b"1.2.3.44556677", b"Secret Description"]
IDENTITY = {"PatientName": "SECRETNAME^JANE", "PatientID": "PLANTED-ID-1", "SeriesDescription": "Secret Description"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test does to this process ends with it."""
    poison.leave_as_it_is(monkeypatch)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as one:
        yield one


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key, sources with planted identities, one of them damaged, and what is made of them here."""
    folder = tmp_path_factory.mktemp("desk")
    contents = [
        content
        for number in range(5)
        for content in make.series(4, rows=64, columns=60, SeriesInstanceUID=f"1.2.3.44556677.{number}", **IDENTITY)
    ]
    contents[3] = contents[3][:-1]
    make.write(folder / "in", {f"secret-folder/{number}": content for number, content in enumerate(contents)})
    convert(folder / "in", folder / "here", key=key_file(folder / "key"))
    return folder


def there(two: Cluster, desk: Path, out: Path, work: Any = convert) -> RunReport:
    """A run on the cluster."""
    report: RunReport = work(desk / "in", out, key=desk / "key", working=Working(executor=f"dask:{two.tap.address}"))
    return report


def test_a_cluster_writes_the_same_bytes(two: Cluster, desk: Path, tmp_path: Path) -> None:
    there(two, desk, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(desk / "here")
    assert left_over(tmp_path / "out") == []


def test_plain_files_are_the_same_too(two: Cluster, desk: Path, tmp_path: Path) -> None:
    there(two, desk, tmp_path / "out", deidentify)
    deidentify(desk / "in", tmp_path / "here", key=desk / "key")
    assert tree(tmp_path / "out") == tree(tmp_path / "here") != {}


def test_nothing_of_the_patient_and_no_key_passes_the_scheduler(two: Cluster, desk: Path, tmp_path: Path) -> None:
    there(two, desk, tmp_path / "out")
    seen, key = bytes(two.tap.seen), bytes.fromhex((desk / "key").read_text().split()[1])
    assert b"series-se-" in seen
    assert [word for word in [*PLANTED, key, key.hex().encode()] if word in seen] == []


def test_the_tap_hears_what_is_not_closed(two: Cluster) -> None:
    with distributed.Client(two.tap.address, set_as_default=False) as client:
        assert client.submit(str.upper, "planted-id-2").result() == "PLANTED-ID-2"
    assert b"planted-id-2" in two.tap.seen
    assert b"PLANTED-ID-2" in two.tap.seen


def test_the_scheduler_knows_tasks_by_pseudonyms_alone(two: Cluster, desk: Path, tmp_path: Path) -> None:
    with distributed.Client(two.address, set_as_default=False) as client:
        client.register_plugin(Keys(), name="keys")
        there(two, desk, tmp_path / "out")
        keys, specs = client.run_on_scheduler(seen_by_scheduler)
    series = {path.stem for path in tree(tmp_path / "out").keys() and (tmp_path / "out").rglob("*.h5")}
    assert {key.rpartition("-")[0] for key in keys if key.startswith("series-")} == {f"series-{one}" for one in series}
    assert not any(word in spec for spec in specs for word in PLANTED)


class Keys(distributed.SchedulerPlugin):  # type: ignore[misc, name-defined]
    """Notes what the scheduler knows of its tasks."""

    idempotent = True

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.specs: list[bytes] = []
        self.scheduler: Any = None

    async def start(self, scheduler: Any) -> None:
        """Take note of the scheduler."""
        self.scheduler = scheduler

    def transition(self, key: Any, start: str, finish: str, *args: Any, **kwargs: Any) -> None:
        """Take note of a task."""
        task = self.scheduler.tasks.get(key)
        self.keys.append(str(key))
        self.specs.append(repr((getattr(task, "run_spec", None), kwargs)).encode())


def seen_by_scheduler(dask_scheduler: Any) -> tuple[list[str], list[bytes]]:
    """What the plugin noted."""
    plugin = dask_scheduler.plugins["keys"]
    return plugin.keys, plugin.specs


def test_without_a_key_nothing_is_begun(two: Cluster, desk: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--key"):
        convert(desk / "in", tmp_path / "out", working=Working(executor=f"dask:{two.address}"))


def test_a_worker_that_has_no_key_says_so(two: Cluster, desk: Path, tmp_path: Path) -> None:
    working = Working(executor=f"dask:{two.address}", key_file=tmp_path / "nowhere")
    plan = make_plan(key=desk / "key")
    with pytest.raises(UsageError, match="cannot read the key file"):
        run([desk / "in"], tmp_path / "out", plan, work=convert_series, working=working)


def test_no_scheduler_is_a_usage_error(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomconv.pipeline.cluster.client.PATIENCE", 0.5)
    with pytest.raises(UsageError, match="no dask scheduler"):
        convert(desk / "in", tmp_path / "out", key=desk / "key", working=Working(executor="dask:tcp://127.0.0.1:9"))


def test_the_command_line_works_on_a_cluster(two: Cluster, desk: Path, tmp_path: Path) -> None:
    words = ["convert", "in", "-o", str(tmp_path / "out"), "--key", "key", "--executor", f"dask:{two.address}"]
    done = subprocess.run([*PROGRAM, *words], env=environment(), cwd=desk, capture_output=True, check=False)
    assert done.returncode == 3, done.stderr  # one file is damaged
    assert tree(tmp_path / "out") == tree(desk / "here")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Series that take their time, and what is made of them here."""
    folder = tmp_path_factory.mktemp("many")
    series = [make.series(40, rows=96, columns=80, SeriesInstanceUID=f"1.2.{number}") for number in range(3)]
    make.write(folder / "in", {f"{n}/{i}": content for n, contents in enumerate(series) for i, content in enumerate(contents)})
    convert(folder / "in", folder / "here", key=key_file(folder / "key"))
    return folder


def begun(address: str, many: Path, out: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """A run on a cluster that has begun to write, and the process that does."""
    words = ["convert", many / "in", "-o", out, "--key", many / "key", "--executor", f"dask:{address}", "--json"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = subprocess.Popen([*PROGRAM, *map(str, words)], env=environment(), **pipes)
    [at_work, *_] = wait_for(out, ".se-*/*.png")
    return running, int(at_work.parent.name.rpartition(".tmp-")[2].partition("-")[0])


def is_whole(running: "subprocess.Popen[bytes]", many: Path, out: Path) -> bool:
    """Whether a run ends with every series there once, and nothing else."""
    told, _ = running.communicate(timeout=120)
    assert (running.returncode, json.loads(told)["counts"]["converted"]) == (0, 120)
    return (tree(out), left_over(out)) == (tree(many / "here"), [])


def test_a_worker_that_is_killed_while_it_works_loses_no_series(many: Path, tmp_path: Path, two: Cluster) -> None:
    running, pid = begun(two.address, many, tmp_path / "out")
    kill_worker_of(pid)
    assert is_whole(running, many, tmp_path / "out")


def test_a_machine_that_is_lost_loses_no_series_and_leaves_nothing(many: Path, tmp_path: Path) -> None:
    with cluster(tmp_path) as own:
        running, pid = begun(own.address, many, tmp_path / "out")
        kill_machine_of(pid)
        assert is_whole(running, many, tmp_path / "out")


def test_a_poisoned_file_costs_itself_alone_on_a_cluster_too(tmp_path: Path, two: Cluster) -> None:
    poison.folder(tmp_path / "in", poison.slices(7, {3: poison.SEGFAULT, 6: poison.LATE}))
    working = Working(executor=f"dask:{two.address}", key_file=key_file(tmp_path / "key"))
    plan = make_plan(key=tmp_path / "key")
    report = run([tmp_path / "in"], tmp_path / "out", plan, work=poison.convert_poison, working=working)
    reasons = [one.reason for one in report.outcomes if one.status == "failed"]
    assert reasons == ["quarantined: it ended the process that read it (signal 11)"] * 2
    assert (instance_count(tmp_path / "out"), left_over(tmp_path / "out")) == (5, [])


def test_an_interrupted_run_takes_its_series_back(many: Path, tmp_path: Path, two: Cluster) -> None:
    running, _ = begun(two.address, many, tmp_path / "out")
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert (running.returncode, b"to go on" in told) == (130, True)
    assert becomes_true(lambda: left_over(tmp_path / "out") == [])
    working = Working(executor=f"dask:{two.address}")
    again = convert(many / "in", tmp_path / "out", key=many / "key", existing="skip", working=working)
    assert {one.status for one in again.outcomes} == {"converted"}


KEY = bytes(range(32))


def test_an_envelope_opens_with_its_key_alone() -> None:
    envelope = closed(KEY, "cluster job", {"PatientID": "PLANTED-ID"}, b"about")
    assert opened(KEY, "cluster job", envelope, b"about") == {"PatientID": "PLANTED-ID"}
    assert b"PLANTED" not in envelope
    changed = envelope[:-1] + bytes([envelope[-1] ^ 1])
    for key, purpose, one, about in [
        (KEY[::-1], "cluster job", envelope, b"about"),
        (KEY, "cluster report", envelope, b"about"),
        (KEY, "cluster job", envelope, b"else"),
        (KEY, "cluster job", changed, b"about"),
    ]:
        with pytest.raises(WrongKey):
            opened(key, purpose, one, about)  # type: ignore[arg-type]
