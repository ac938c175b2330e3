"""dicomconv audit: exit codes, files, and what the terminal is told."""

import json
import stat
from pathlib import Path

import pytest
from pydicom import dcmread

from dicomconv import deidentify
from tests import make
from tests.cli.command import call, process
from tests.outputs import key_file


@pytest.fixture
def shared(source: Path, key: Path, tmp_path: Path) -> Path:
    """An output that we made of the source."""
    deidentify(source, tmp_path / "out", key=key)
    return tmp_path / "out"


def leaky(shared: Path) -> Path:
    """The same with the name in it again."""
    path = next(shared.rglob("*.dcm"))
    content = dcmread(path)
    content.PatientComments = "Jane Doe came late"
    content.save_as(path)
    return shared


def test_a_clean_output_gives_0_and_two_files_beside_it(shared: Path, source: Path, key: Path) -> None:
    result = call("audit", shared, "--against", source, "--key", key)
    assert (result.exit_code, result.stdout.splitlines()[:2]) == (
        0,
        ["clean: 0 hits in 3 files, 3 instances", "3 of 3 originals found again"],
    )
    assert sorted(path.name for path in shared.parent.glob("out.audit.*")) == ["out.audit.html", "out.audit.json"]


def test_a_leak_gives_5_and_its_place_but_no_value(shared: Path, source: Path, key: Path) -> None:
    result = call("audit", leaky(shared), "--against", source, "--key", key)
    assert result.exit_code == 5
    assert "  name: PatientComments: 1, in 1 file" in result.stdout
    assert "Jane" not in result.stdout + result.stderr
    assert "Jane" not in (shared.parent / "out.audit.json").read_text(encoding="utf-8")


def test_without_originals_a_leak_is_seen_by_the_profile(shared: Path) -> None:
    assert call("audit", shared).exit_code == 0
    assert call("audit", leaky(shared)).exit_code == 5


def test_options_say_what_may_stay(source: Path, key: Path, tmp_path: Path) -> None:
    deidentify(source, tmp_path / "out", key=key, preset="limited-dataset")
    assert call("audit", tmp_path / "out", "--preset", "limited-dataset").exit_code == 0
    assert call("audit", tmp_path / "out").exit_code == 5


def test_the_json_is_the_same_on_the_terminal(shared: Path, tmp_path: Path) -> None:
    result = call("audit", shared, "--json", "-o", tmp_path / "a.json", "--html", tmp_path / "a.html")
    assert json.loads(result.stdout) == json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))


def test_a_report_with_values_of_originals_is_for_its_owner_alone(shared: Path, source: Path, key: Path) -> None:
    for options, mode in (((), 0o644), (("--show-before",), 0o600)):
        call("audit", shared, "--against", source, "--key", key, *options)
        found = {stat.S_IMODE(path.stat().st_mode) & ~0o022 for path in shared.parent.glob("out.audit.*")}
        assert found == {mode}


def test_the_report_never_goes_into_the_output(shared: Path) -> None:
    assert call("audit", shared, "-o", shared / "audit.json").exit_code == 2
    assert call("audit", shared, "--html", shared / "deep" / "audit.html").exit_code == 2


def test_nothing_to_audit_gives_4_and_what_is_not_there_2(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert call("audit", tmp_path / "empty").exit_code == 4
    assert call("audit", tmp_path / "missing").exit_code == 2


def test_a_wrong_key_gives_7(shared: Path, source: Path, tmp_path: Path) -> None:
    other = key_file(tmp_path / "other", 9)
    assert call("audit", shared, "--against", source, "--key", other).exit_code == 7
    assert call("audit", shared, "--key", tmp_path / "no-key").exit_code == 7


def test_a_single_file_can_be_audited(tmp_path: Path) -> None:
    make.write(tmp_path, {"one.dcm": make.ct_slice()})
    assert call("audit", tmp_path / "one.dcm").exit_code == 5


def test_several_jobs_from_the_command_line_end_as_one(shared: Path, source: Path, key: Path) -> None:
    done = process("audit", leaky(shared), "--against", source, "--key", key, "--jobs", "2")
    assert (done.returncode, b"Jane" in done.stdout + done.stderr) == (5, False)
