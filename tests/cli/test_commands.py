"""Every command: what it prints, what it writes, and what it refuses."""

import json
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dicomconv.cli import COMMANDS
from tests import make
from tests.cli.command import call, environment, process
from tests.outputs import containers, rows, tree


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = call(name, "--help")
    assert (result.exit_code, result.output.split("\n")[0][:18]) == (0, f"Usage: dicomconv {name}"[:18])


def test_the_help_lists_every_command() -> None:
    output = call("--help").output
    assert [name for name in COMMANDS if name not in output] == []


def test_the_version_is_told() -> None:
    assert call("--version").output.startswith("dicomconv 0.")


def test_an_unknown_command_is_a_usage_error() -> None:
    assert call("anonymize").exit_code == 2


def test_convert_writes_containers_pngs_manifest_and_report(source: Path, tmp_path: Path, key: Path) -> None:
    result = call("convert", source, "-o", tmp_path / "out", "--key", key)
    suffixes = sorted(Path(name).suffix for name in tree(tmp_path / "out", leave_out=()))
    assert (result.exit_code, suffixes) == (0, [".csv", ".h5", ".json", ".jsonl", ".png", ".png", ".png"])
    assert "3 converted, 1 skipped" in result.stdout


def test_convert_without_png_writes_none(source: Path, tmp_path: Path, key: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--key", key, "--no-png")
    assert (list(tmp_path.rglob("*.png")), len(containers(tmp_path / "out"))) == ([], 1)


def test_deidentify_writes_dicom_files(source: Path, tmp_path: Path, key: Path) -> None:
    result = call("deidentify", source, "-o", tmp_path / "out", "--key", key)
    assert (result.exit_code, "3 de-identified" in result.stdout) == (0, True)
    assert {Path(name).suffix for name in tree(tmp_path / "out", leave_out=())} == {".dcm"}


def test_recover_gives_the_files_back(made: Path, tmp_path: Path) -> None:
    result = call("recover", made, "-o", tmp_path / "back")
    assert (result.exit_code, len(tree(tmp_path / "back"))) == (0, 2)
    assert result.stdout.startswith("2 files recovered")


def test_recover_does_not_replace_what_is_there(made: Path, tmp_path: Path) -> None:
    call("recover", made, "-o", tmp_path / "back")
    assert call("recover", made, "-o", tmp_path / "back").exit_code == 2
    again = call("recover", made, "-o", tmp_path / "back", "--existing", "skip", "--json")
    assert [row["skipped"] for row in json.loads(again.stdout)] == [1, 1]


def test_verify_says_how_many_are_sound(made: Path) -> None:
    assert call("verify", made).stdout == "2 of 2 containers are sound, 2 instances\n"


def test_info_of_a_container(made: Path) -> None:
    [facts] = json.loads(call("info", containers(made)[0], "--json").stdout)
    assert (facts["instances"], facts["stack 0"][:13]) == (1, "1 x 4 x 5 uin")


def test_info_of_originals_names_nobody(tmp_path: Path) -> None:
    make.write(tmp_path, {"a": make.ct_slice(PatientName="SECRET", SeriesDescription="SECRET"), "SECRET.txt": b"text"})
    output = call("info", tmp_path).stdout
    assert "modality: CT" in output
    assert "SECRET" not in output


def test_info_knows_a_container_by_its_content(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.hdf5"
    copy.write_bytes(containers(made)[0].read_bytes())
    assert "instances" in call("info", copy).stdout


def test_render_draws_under_the_same_names_with_another_window(made: Path, tmp_path: Path) -> None:
    [container] = containers(made)[:1]
    assert call("render", container, "-o", tmp_path, "--window", "lung").exit_code == 0
    before = {path.name: path.read_bytes() for path in container.with_suffix("").glob("*.png")}
    after = {path.name: path.read_bytes() for path in tmp_path.glob("*.png")}
    assert (after.keys(), after != before) == (before.keys(), True)


def test_render_with_the_files_own_window_gives_the_pngs_of_convert(made: Path, tmp_path: Path) -> None:
    [container] = containers(made)[:1]
    call("render", container, "-o", tmp_path)
    pngs = {path.name: path.read_bytes() for path in container.with_suffix("").glob("*.png")}
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.png")} == pngs


@pytest.mark.parametrize("command", ["convert", "render"])
def test_the_words_of_a_drawing_reach_convert_and_render(made: Path, tmp_path: Path, command: str) -> None:
    source = containers(made)[0] if command == "render" else make.write(tmp_path / "in", {"a": make.ct_slice()})
    words = ("--window", "lung", "--window", "40,400", "--window", "file", "--stack", "--depth", "16", "--size", "9")
    assert call(command, source, "-o", tmp_path / "out", *words).exit_code == 0
    [path] = (tmp_path / "out").rglob("*.png")
    assert path.read_bytes()[16:26] == struct.pack(">IIBB", 9, 9, 16, 2)
    assert call(command, source, "-o", tmp_path / "raw", "--raw").exit_code == 0
    [path] = (tmp_path / "raw").rglob("*.png")
    assert path.read_bytes()[16:26] == struct.pack(">IIBB", 5, 4, 16, 0)


@pytest.mark.parametrize("command", ["convert", "render"])
@pytest.mark.parametrize("words", [("--stack",), ("--raw", "--window", "file"), ("--raw", "--size", "8"), ("--size", "0"),
                                   ("--window", "lung", "--window", "lung")], ids=str)  # fmt: skip
def test_drawings_that_cannot_be_are_a_usage_error(
    made: Path, tmp_path: Path, command: str, words: tuple[str, ...]
) -> None:
    source = containers(made)[0] if command == "render" else make.write(tmp_path / "in", {"a": make.ct_slice()})
    assert call(command, source, "-o", tmp_path / "out", *words).exit_code == 2
    assert not (tmp_path / "out").exists()


def test_render_says_what_it_could_not_draw(made: Path, tmp_path: Path) -> None:
    result = call("render", containers(made)[0], "-o", tmp_path, "--window", "lung", "--window", "file:2")
    assert result.stdout.endswith("  1 not drawn: there is no window 2 in the file\n")
    assert [path.parent.name for path in tmp_path.rglob("*.png")] == ["lung"]


def test_render_takes_several_containers(made: Path, tmp_path: Path) -> None:
    assert call("render", *containers(made), "-o", tmp_path).exit_code == 0


def test_render_of_a_folder_draws_all_that_is_in_it(made: Path, tmp_path: Path) -> None:
    assert call("render", made, "-o", tmp_path).exit_code != 0 or len(list(tmp_path.rglob("*.png"))) == 2


def test_explain_says_what_is_done_to_an_attribute() -> None:
    [row] = json.loads(call("explain", "--tag", "PatientName", "--json").stdout)
    assert (row["tag"], row["code"]) == ("(0010,0010)", "Z")


@pytest.mark.parametrize("tag", ["0010,0010", "(0010,0010)", "00100010", "PatientName"])
def test_explain_takes_a_tag_in_any_spelling(tag: str) -> None:
    assert "PatientName" in call("explain", "--tag", tag).stdout


def test_explain_without_a_tag_tells_of_every_row_of_the_profile() -> None:
    assert len(call("explain").stdout.splitlines()) > 600


@pytest.mark.parametrize("words", [("--tag", "Nonsense"), ("--sop-class", "1.2.3")])
def test_explain_of_what_no_table_knows_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert call("explain", *words).exit_code == 2


def test_keygen_makes_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    assert call("keygen", "-o", tmp_path / "key").exit_code == 0
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert (tmp_path / "key").read_text().split()[1] not in call("keygen", "-o", tmp_path / "other").output


def test_keygen_never_overwrites(key: Path) -> None:
    before = key.read_bytes()
    assert (call("keygen", "-o", key).exit_code, key.read_bytes()) == (2, before)


def test_the_key_id_is_told_and_the_key_is_not(source: Path, tmp_path: Path, key: Path) -> None:
    result = call("convert", source, "-o", tmp_path / "out", "--key", key, "--json")
    secret = key.read_text().split()[1]
    assert json.loads(result.stdout)["key_id"]
    assert secret not in result.output + str(tree(tmp_path / "out", leave_out=()))


def test_the_package_runs_as_a_module() -> None:
    assert process("--version").stdout.startswith(b"dicomconv ")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom dicomconv.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print('LOADED', *({'numpy', 'pydicom', 'h5py', 'imagecodecs', 'PIL', 'rich', 'pandas'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment(), check=True).stdout
    assert output.splitlines()[-1].strip() == b"LOADED"


def without_run(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a manifest without the number of their run, which --json is all about."""
    return [{name: value for name, value in row.items() if name != "run"} for row in found]


def test_json_rows_are_those_of_the_manifest(source: Path, tmp_path: Path, key: Path) -> None:
    result = call("convert", source, "-o", tmp_path / "out", "--key", key, "--json")
    assert json.loads(result.stdout)["rows"] == without_run(rows(tmp_path / "out"))


def test_json_rows_of_a_second_run_are_those_of_the_manifest(source: Path, tmp_path: Path, key: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--key", key)
    result = call("convert", source, "-o", tmp_path / "out", "--key", key, "--existing", "skip", "--json")
    assert json.loads(result.stdout)["rows"] == without_run(rows(tmp_path / "out")[-4:])


@pytest.mark.parametrize("words", [["verify"], ["info"], ["recover", "-o", "back"]], ids=str)
def test_json_of_the_other_commands_parses(
    made: Path, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = json.loads(call(*words, made, "--json").stdout)
    assert len(found) == 2


def test_json_goes_to_standard_output_alone(source: Path, tmp_path: Path) -> None:
    result = process("deidentify", source, "-o", tmp_path / "out", "--json")
    assert json.loads(result.stdout)["counts"]["converted"] == 3
    assert b"random key" in result.stderr
