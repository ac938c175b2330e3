"""Many files: little is kept of each, none is read more often than it takes, and the benchmarks measure what they say."""

import pathlib
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from dicomconv.pipeline import context
from dicomconv.pipeline.check import check_series
from dicomconv.pipeline.gather import gather
from dicomconv.pipeline.plan import Plan
from dicomconv.pipeline.run import run
from dicomconv.source import SourceFile
from dicomconv.stored import Where
from dicomconv.walk import walk
from tests.benchmarks import memory, scale, tiny
from tests.benchmarks.watch import Watched

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by /proc")
PLAN = Plan(bytes(range(32)))
SLICES = 40
FILES = 3 * tiny.SERIES * SLICES


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients with series of a few files each."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny, "SLICES", SLICES)
        tiny.write(folder, 0, FILES)
    return folder


def test_little_is_kept_of_each_file(many: Path) -> None:
    gather([many / "P00002"], PLAN)  # what is loaded and remembered once is no file's
    tracemalloc.start()
    try:
        gathered = gather([many], PLAN)
        snapshot = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    assert len(gathered.paths) == FILES
    table_of_interned_names = tracemalloc.Filter(False, pathlib.__file__)  # which grows now and then, by half
    kept = snapshot.filter_traces([table_of_interned_names]).statistics("filename")
    assert sum(one.size for one in kept) < 800 * FILES


def test_the_headers_of_a_patient_are_collected_once(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Counter[Where] = Counter()
    split_headers = context.split_headers

    def counted(path: Where, *others: object) -> object:
        read[path] += 1
        return split_headers(path, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(context, "split_headers", counted)
    context.context_of.cache_clear()
    report = run([many], tmp_path, PLAN, work=check_series)
    assert Counter(one.status for one in report.outcomes) == {"converted": FILES}
    assert set(read.values()) == {1}
    assert len(read) == FILES


def test_a_file_is_what_it_was_though_little_is_kept_of_it(many: Path) -> None:
    found = [one for one in walk([many / "P00000"]) if isinstance(one, SourceFile)]
    assert [one.path for one in found] == sorted((many / "P00000").rglob("*.dcm"))
    assert all(one.name == one.path.relative_to(many / "P00000").as_posix() for one in found)  # type: ignore[union-attr]
    assert all(one.spelt == str(one.path) for one in found)


@LINUX
def test_what_a_file_costs_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "scale",
        "--files",
        "20",
        "--walk",
        "50",
        "--commands",
        "deidentify",
        "--plot",
        str(tmp_path / "a.png"),
    ]
    monkeypatch.setattr(sys, "argv", [*arguments, "--folder", str(tmp_path)])
    assert scale.main() == 0
    lines = [line.split() for line in capsys.readouterr().out.rpartition("\n\n")[2].splitlines()[1:]]
    assert [(line[0], int(line[1])) for line in lines] == [("info", 50), ("deidentify", 20)]
    assert all(float(figure) > 0 for line in lines for figure in line[2:6])
    assert (tmp_path / "a.png").exists()


@LINUX
def test_what_a_process_needs_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["memory", "--slices", "3", "--frames", "3", "--folder", str(tmp_path)])
    assert memory.main() == 0
    assert "ended with" not in (told := capsys.readouterr().out)
    assert [float(line.split()[-2]) > 20 for line in told.splitlines()[1:]] == [True, True]
    monkeypatch.setattr(memory, "watched", lambda *_: Watched(1, 1, 1, memory.LIMIT_MB + 1, 0, ""))
    assert memory.main() == 1
