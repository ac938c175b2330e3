"""Whole runs: the same bytes however the work is shared out, a row for every file, and nobody's name anywhere."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dicomconv import convert, deidentify, recover, verify
from dicomconv.errors import KeyFileError, UsageError
from dicomconv.pipeline import library
from dicomconv.pipeline.library import dry_run, make_plan
from dicomconv.pipeline.run import NOT_REACHED
from tests import make, wheel
from tests.outputs import by_name, containers, key_file, left_over, rows, tree

STATUSES = {"converted", "skipped", "failed", "refused"}


def study(folder: Path, seed: int = 0) -> Path:
    """Several patients and series, with and without pixels, compressed ones, copies, texts; names by chance."""
    contents = [*make.series(4), *make.series(3, SeriesInstanceUID="1.2.3", WindowCenter=None, WindowWidth=None)]
    contents += [
        make.ct_slice(SeriesInstanceUID=f"1.2.5.{n}", PatientID=f"P{n}", StudyInstanceUID=f"1.2.6.{n}")
        for n in range(4)
    ]
    contents += [make.structured_report(InstanceNumber=9, SeriesInstanceUID="1.2.4"), make.series(4)[0], b"text", b""]
    contents += [make.encapsulated(make.ramp(4, 5), SeriesInstanceUID="1.2.7", InstanceNumber=n) for n in (1, 2)]
    contents += [
        make.instance("US", make.ramp(4, 5, dtype="uint8"), SeriesInstanceUID="1.2.8"),
        make.ct_slice(SeriesInstanceUID="1.2.9")[:-3],
    ]
    chance = random.Random(seed)
    chance.shuffle(contents)
    return make.write(folder, {f"{chance.choice('abc')}/{chance.random()}": content for content in contents})


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, converted with one job: folder with key, in and out."""
    folder = tmp_path_factory.mktemp("first")
    convert(study(folder / "in"), folder / "out", key=key_file(folder / "key"), jobs=1)
    return folder


@pytest.mark.parametrize(("jobs", "seed"), [(1, 0), (2, 0), (3, 7), (1, 8)])
def test_the_output_is_the_same_whatever_the_jobs_names_and_order_of_files(
    first: Path, tmp_path: Path, jobs: int, seed: int
) -> None:
    convert(study(tmp_path / "in", seed), tmp_path / "out", key=first / "key", jobs=jobs)
    assert tree(tmp_path / "out") == tree(first / "out")


@pytest.mark.parametrize("function", ["pixels.png.deflate({})", "container.chunks.deflate({}, 'fast')"])
def test_what_is_compressed_is_the_same_bytes_in_every_process(function: str) -> None:
    module = function.rpartition(".")[0]
    script = f"""
import hashlib, random, dicomconv.{module}
chance, digest = random.Random(1), hashlib.sha256()
for size in [24, 48, 100, 500, 1000] * 300 + [16383, 16384, 16400, 33000, 66000, 140000] * 10:
    values = chance.choices(range(256), k=5)
    digest.update(dicomconv.{function.format("bytes(chance.choices(values, k=size))")})
print(digest.hexdigest())
"""
    found = {subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout for _ in range(6)}
    assert len(found) == 1


def test_a_list_of_files_gives_what_their_folder_gives(first: Path, tmp_path: Path) -> None:
    paths = [path for path in (first / "in").rglob("*") if path.is_file()]
    random.Random(3).shuffle(paths)
    convert(paths, tmp_path / "out", key=first / "key")
    assert tree(tmp_path / "out") == tree(first / "out")


@pytest.mark.parametrize("compression", ["fast", "small"])
def test_recover_gives_what_deidentify_writes(first: Path, tmp_path: Path, compression: Any) -> None:
    convert(first / "in", tmp_path / "out", key=first / "key", compression=compression, burned_in="keep")
    recover([tmp_path / "out"], tmp_path / "back")
    deidentify(first / "in", tmp_path / "plain", key=first / "key", burned_in="keep", jobs=2)
    assert len(tree(tmp_path / "back")) == 15
    assert tree(tmp_path / "back") == tree(tmp_path / "plain")


def test_recover_gives_what_deidentify_writes_of_real_files(tmp_path: Path) -> None:
    key = key_file(tmp_path / "key")
    choices: Any = {"key": key, "burned_in": "keep", "duplicates": "keep-both", "jobs": 2}
    report = convert(wheel.FOLDER, tmp_path / "out", **choices)
    recover([tmp_path / "out"], tmp_path / "back")
    deidentify(wheel.FOLDER, tmp_path / "plain", **choices)
    assert tree(tmp_path / "back") == tree(tmp_path / "plain")
    assert len(tree(tmp_path / "back")) == sum(outcome.status == "converted" for outcome in report.outcomes) > 150
    assert [one.faults for one in verify([tmp_path / "out"]) if one.faults] == []
    assert "error of ours" not in str(report.outcomes)


def test_deidentify_writes_dicom_files_and_nothing_else(first: Path, tmp_path: Path) -> None:
    deidentify(first / "in", tmp_path / "out", key=first / "key")
    assert {Path(name).suffix for name in tree(tmp_path / "out", leave_out=())} == {".dcm"}


def test_deidentify_leaves_no_empty_series_folder(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a": make.instance("US", make.ramp(4, 5, dtype="uint8"))})
    deidentify(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key"))
    assert list((tmp_path / "out").rglob("se-*")) == []


def test_every_file_has_exactly_one_row(first: Path) -> None:
    count = sum(path.is_file() for path in (first / "in").rglob("*"))
    assert [row["row"] for row in rows(first / "out")] == list(range(1, count + 1))
    assert {row["outcome"] for row in rows(first / "out")} == STATUSES


def test_every_real_file_has_exactly_one_row(tmp_path: Path) -> None:
    convert(wheel.paths(), tmp_path / "out", png=False)
    assert [row["row"] for row in rows(tmp_path / "out")] == list(range(1, len(wheel.paths()) + 1))


def test_every_row_that_is_not_converted_has_a_reason(first: Path) -> None:
    assert all(row.get("reason") for row in rows(first / "out") if row["outcome"] != "converted")


def test_the_rows_of_converted_files_are_what_the_containers_hold(first: Path) -> None:
    done = [row for row in rows(first / "out") if row["outcome"] == "converted"]
    assert sum(one.count for one in verify([first / "out"])) == len(done)
    assert {row["container"] for row in done} == {
        path.relative_to(first / "out").as_posix() for path in containers(first / "out")
    }


def test_a_manifest_never_names_a_file_or_its_folder(first: Path) -> None:
    text = (first / "out" / "manifest.jsonl").read_text() + (first / "out" / "report.json").read_text()
    assert not any(path.name in text for path in (first / "in").rglob("0.*"))
    assert str(first) not in text


def test_a_second_run_adds_its_rows_behind_the_first(tmp_path: Path) -> None:
    key = key_file(tmp_path / "key")
    for series in ("1.2", "1.3"):
        convert(
            make.write(tmp_path / series, {"a": make.ct_slice(SeriesInstanceUID=series)}), tmp_path / "out", key=key
        )
    assert [row["row"] for row in rows(tmp_path / "out")] == [1, 2]
    assert len(json.loads((tmp_path / "out" / "report.json").read_text())["runs"]) == 2


def test_a_reason_of_a_second_run_names_the_row_it_means(tmp_path: Path) -> None:
    key = key_file(tmp_path / "key")
    make.write(tmp_path / "in", {"a": make.ct_slice(), "b": make.ct_slice()})
    for _ in range(2):
        convert(tmp_path / "in", tmp_path / "out", key=key, existing="skip")
    assert rows(tmp_path / "out")[-1]["reason"] == "a copy of row 3, byte for byte"


def test_an_interrupted_run_says_what_was_not_reached(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = library.convert_series, []

    def interrupted(job: Any, out: Path) -> Any:
        calls.append(job)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(job, out)

    monkeypatch.setattr(library, "convert_series", interrupted)
    report = convert(first / "in", tmp_path / "out", key=first / "key")
    count = sum(path.is_file() for path in (first / "in").rglob("*"))
    assert (report.interrupted, len(report.outcomes), len(containers(tmp_path / "out"))) == (True, count, 2)
    assert NOT_REACHED in {reason for _, reason in by_name(report).values()}
    assert left_over(tmp_path / "out") == []


def test_an_error_of_ours_fails_its_series_and_no_other(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = library.convert_series, []

    def broken(job: Any, out: Path) -> Any:
        calls.append(job)
        if job.names == calls[0].names:
            raise ValueError("quotes DOE^JANE")
        return real(job, out)

    monkeypatch.setattr(library, "convert_series", broken)
    report = convert(first / "in", tmp_path / "out", key=first / "key")
    assert len(containers(tmp_path / "out")) == len(containers(first / "out")) - 1
    assert "DOE" not in repr(report.outcomes)


def test_a_dry_run_says_what_a_run_would_and_writes_nothing(first: Path, tmp_path: Path) -> None:
    report = dry_run([first / "in"], tmp_path / "out", key=first / "key")
    assert [outcome.status for outcome in report.outcomes] == [row["outcome"] for row in rows(first / "out")]
    assert not (tmp_path / "out").exists()


def test_without_a_key_a_folder_that_is_not_empty_is_refused(first: Path) -> None:
    before = tree(first / "out", leave_out=())
    with pytest.raises(UsageError, match="--key"):
        convert(first / "in", first / "out", existing="skip")
    assert tree(first / "out", leave_out=()) == before


def test_another_key_than_that_of_the_folder_is_refused(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice()})
    convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key", 1))
    with pytest.raises((KeyFileError, UsageError)):
        convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "other", 2))


@pytest.mark.parametrize("inside", [".", "out", "a/b"])
def test_an_output_folder_in_a_source_is_refused(tmp_path: Path, inside: str) -> None:
    make.write(tmp_path, {"a": make.ct_slice()})
    with pytest.raises(UsageError, match="lies in"):
        convert(tmp_path, tmp_path / inside)
    assert len(tree(tmp_path)) == 1


def test_an_output_folder_in_a_source_is_seen_through_a_link(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice()})
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(UsageError, match="lies in"):
        convert(tmp_path / "in", tmp_path / "link" / "out")


@pytest.mark.parametrize(
    "choices",
    [{"window": "40"}, {"window": "40,0"}, {"depth": 12}, {"existing": "x"}, {"duplicates": "x"}, {"include": ["x=1"]},
     {"burned_in": "x"}, {"compression": "x"}],
    ids=str,
)  # fmt: skip
def test_a_choice_that_does_not_exist_is_a_usage_error(choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        make_plan(**choices)


def test_a_plan_shows_neither_key_nor_patients(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("SECRET,S1\n")
    plan = make_plan(key=key_file(tmp_path / "key"), patient_map=tmp_path / "map.csv")
    assert "SECRET" not in repr(plan)
    assert repr(bytes([1]) * 32)[2:-1] not in repr(plan)
