"""The options that convert and deidentify share: lists, configuration, dry runs, what is told and what is not."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests import make
from tests.cli.command import call, process
from tests.outputs import containers, rows, tree


def converted(*words: object, stdin: bytes = b"") -> dict[str, int]:
    """The counts of a conversion."""
    counts: dict[str, int] = json.loads(call("convert", *words, "--json", stdin=stdin).stdout)["counts"]
    return counts


def names(folder: Path) -> list[bytes]:
    """The paths of the files in a folder."""
    return [os.fsencode(path) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\0"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\0"])
def test_names_are_read_from_a_file(source: Path, tmp_path: Path, separator: bytes, end: bytes) -> None:
    if (separator == b"\0") != (end == b"\0") and end:
        pytest.skip("one list has one separator")
    (tmp_path / "list").write_bytes(separator.join(names(source)) + end)
    assert converted("--from-file", tmp_path / "list", "-o", tmp_path / "out")["converted"] == 3


@pytest.mark.parametrize("words", [["-"], ["--from-file", "-"]], ids=str)
@pytest.mark.parametrize("separator", [b"\n", b"\0"])
def test_names_are_read_from_standard_input(source: Path, tmp_path: Path, words: list[str], separator: bytes) -> None:
    counts = converted(*words, "-o", tmp_path / "out", stdin=separator.join(names(source)))
    assert counts["converted"] == 3


def test_names_with_spaces_and_line_ends_are_read_when_separated_by_nul(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a b\nc": make.ct_slice()})
    counts = converted("-", "-o", tmp_path / "out", stdin=names(tmp_path / "in")[0] + b"\0")
    assert counts["converted"] == 1


def test_a_missing_list_is_a_usage_error(tmp_path: Path) -> None:
    assert call("convert", "--from-file", tmp_path / "none", "-o", tmp_path / "out").exit_code == 2


def with_config(tmp_path: Path, text: str) -> list[object]:
    """The words for a configuration file with this text."""
    (tmp_path / "dicomconv.toml").write_text(text, encoding="utf-8")
    return ["--config", tmp_path / "dicomconv.toml"]


@pytest.mark.parametrize(
    "text", ["no-png = true", "[convert]\nno-png = true", "no-png = false\n[convert]\nno-png = true"]
)
def test_the_configuration_gives_defaults(source: Path, tmp_path: Path, text: str) -> None:
    assert call("convert", source, "-o", tmp_path / "out", *with_config(tmp_path, text)).exit_code == 0
    assert list(tmp_path.rglob("*.png")) == []


def test_flags_win_over_the_configuration(source: Path, tmp_path: Path) -> None:
    words = with_config(tmp_path, 'window = "lung"\njobs = 1\ndepth = 16\ninclude = ["CT"]')
    call("convert", source, "-o", tmp_path / "out", *words, "--window", "bone")
    settings = json.loads((tmp_path / "out" / "report.json").read_text())["runs"][0]["settings"]
    assert (settings["window"], settings["depth"], settings["include"]) == ("bone", 16, ["CT"])


@pytest.mark.parametrize(("text", "window"), [
    ('window = "lung"', "lung"), ("window = [40, 400]", "40_400"), ('window = ["lung", "file:2"]', ["lung", "file-2"]),
    ('window = ["lung", [-600, 400]]', ["lung", "minus600_400"]),
])  # fmt: skip
def test_windows_stand_in_a_configuration_as_texts_and_as_pairs(
    source: Path, tmp_path: Path, text: str, window: object
) -> None:
    call("convert", source, "-o", tmp_path / "out", *with_config(tmp_path, text))
    assert json.loads((tmp_path / "out" / "report.json").read_text())["runs"][0]["settings"]["window"] == window


@pytest.mark.parametrize(
    "text", ["no-such-flag = 1", "[convert]\nno-such-flag = 1", "not toml", "window = 5", 'depth = "9"']
)
def test_a_faulty_configuration_is_a_usage_error_and_nothing_is_written(
    source: Path, tmp_path: Path, text: str
) -> None:
    result = call("convert", source, "-o", tmp_path / "out", *with_config(tmp_path, text))
    assert (result.exit_code, containers(tmp_path)) == (2, [])


def test_the_unknown_flag_of_a_configuration_is_named(source: Path, tmp_path: Path) -> None:
    result = call("convert", source, "-o", tmp_path / "out", *with_config(tmp_path, "no-such-flag = 1"))
    assert "no flag --no-such-flag" in result.stderr


def test_a_section_for_another_command_is_left_alone(source: Path, tmp_path: Path) -> None:
    words = with_config(tmp_path, "[render]\ndepth = 16\n[convert]\nno-png = true")
    assert call("convert", source, "-o", tmp_path / "out", *words).exit_code == 0


def test_a_section_of_no_command_is_a_usage_error(source: Path, tmp_path: Path) -> None:
    words = with_config(tmp_path, '[covnert]\nwindow = "lung"')
    assert call("convert", source, "-o", tmp_path / "out", *words).exit_code == 2


def test_a_configuration_with_the_commands_name_as_a_flag_is_a_usage_error(source: Path, tmp_path: Path) -> None:
    assert call("convert", source, "-o", tmp_path / "out", *with_config(tmp_path, "convert = 1")).exit_code == 2


@pytest.mark.parametrize("command", ["convert", "deidentify"])
def test_a_dry_run_writes_nothing(source: Path, tmp_path: Path, command: str) -> None:
    before = tree(tmp_path, leave_out=())
    result = call(command, source, "-o", tmp_path / "out", "--dry-run")
    assert (result.exit_code, "3 would be converted" in result.stdout) == (0, True)
    assert (tree(tmp_path, leave_out=()), (tmp_path / "out").exists()) == (before, False)


def test_a_dry_run_writes_no_source_index(source: Path, tmp_path: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--dry-run", "--source-index", tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_the_source_index_says_which_row_was_which_file(source: Path, tmp_path: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--source-index", tmp_path / "index")
    index = [json.loads(line) for line in (tmp_path / "index").read_text().splitlines()]
    assert {Path(row["path"]) for row in index} == set(source.iterdir())
    [text] = [row["row"] for row in rows(tmp_path / "out") if row["outcome"] == "skipped"]
    assert [row["path"] for row in index if row["row"] == text] == [str(source / "note.txt")]


def test_the_source_index_is_for_its_owner_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "index").touch(mode=0o644)
    call("convert", source, "-o", tmp_path / "out", "--source-index", tmp_path / "index")
    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["index", "a/index", "../out/index"])
def test_a_source_index_in_out_is_refused(source: Path, tmp_path: Path, place: str) -> None:
    result = call("convert", source, "-o", tmp_path / "out", "--source-index", tmp_path / "out" / place)
    assert (result.exit_code, containers(tmp_path)) == (2, [])


def test_a_source_index_that_cannot_be_written_stops_the_run_before_it_begins(source: Path, tmp_path: Path) -> None:
    result = call("convert", source, "-o", tmp_path / "out", "--source-index", tmp_path / "none" / "index")
    assert (result.exit_code, containers(tmp_path)) == (2, [])


def test_quiet_says_nothing_when_all_is_well(source: Path, tmp_path: Path) -> None:
    result = call("convert", source, "-o", tmp_path / "out", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_quiet_still_says_what_failed(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice()[:-1]})
    result = call("convert", tmp_path / "in", "-o", tmp_path / "out", "-q")
    assert (result.exit_code, "failed" in result.stderr) == (1, True)


def test_verbose_tells_of_every_file_that_was_not_converted(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {f"note{number}": b"text" for number in range(15)})
    for words, count in ((["-v"], 15), ([], 0)):
        result = call("convert", tmp_path / "in", "-o", tmp_path / "out", *words, "--dry-run")
        assert sum("note" in line for line in result.stderr.splitlines()) == count


def test_troubles_are_listed_with_their_paths_ten_at_most(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {f"cut{n}": make.ct_slice(InstanceNumber=n)[:-1] for n in range(1, 16)})
    lines = call("convert", tmp_path / "in", "-o", tmp_path / "out").stderr.splitlines()
    assert (sum("cut" in line for line in lines), lines[-1]) == (10, "and 5 more (-v lists all)")


def test_results_name_no_source_on_standard_output(source: Path, tmp_path: Path) -> None:
    for words in ([], ["--json"], ["-v"]):
        result = call("convert", source, "-o", tmp_path / "out", "--dry-run", *words)
        assert str(source) not in result.stdout


def test_a_run_without_a_key_says_so(source: Path, tmp_path: Path, key: Path) -> None:
    assert "random key" in call("convert", source, "-o", tmp_path / "a").stderr
    assert "random key" not in call("convert", source, "-o", tmp_path / "b", "--key", key).stderr


def test_nothing_is_shown_of_progress_when_standard_error_is_no_terminal(
    source: Path, tmp_path: Path, key: Path
) -> None:
    assert process("convert", source, "-o", tmp_path / "out", "--key", key).stderr == b""
