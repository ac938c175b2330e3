"""The documentation against the code: what it shows is what happens, what there is it names."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from PIL import Image

from dicomconv.cli.exit_codes import MEANINGS
from dicomconv.pipeline.profile_file import read_profile
from dicomconv.pipeline.slices import COLUMNS
from dicomconv.render import PRESETS, parse_window
from tests.make_docs import ROOT, options_of, pages, picture, subcommands

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
EVERYWHERE = {"--help", "--version"}


def blocks(language: str, text: str = README) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@dataclass
class Shown:
    """A command that the README shows, what it says that comes of it, and what came."""

    command: str
    output: str = ""
    exit_code: int = 0
    came: str = ""
    came_exit_code: int | None = None


def shown_in(text: str) -> list[Shown]:
    """The commands of a page's console blocks; `$ echo $?` tells the exit code of the one before."""
    shown: list[Shown] = []
    for part in re.split(r"^\$ ", "".join(blocks("console", text)), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        if command == "echo $?":
            shown[-1].exit_code = int(output)
        else:
            shown.append(Shown(command, output))
    return shown


COMMANDS = shown_in(README)


def environment(folder: Path) -> dict[str, str]:
    """An environment in which `dicomconv` is the package under test."""
    folder.mkdir()
    shim = folder / "dicomconv"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dicomconv "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    paths = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": paths, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


def run(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command's output, both streams in one."""
    return subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with sample_data, as after a fresh clone, and the environment to work in."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    return folder, environment(folder / "bin")


@pytest.fixture(scope="module")
def transcript(desk: tuple[Path, dict[str, str]]) -> list[Shown]:
    """All commands that the README shows, run one after the other."""
    folder, env = desk
    for shown in COMMANDS:
        done = run(["sh", "-c", shown.command], folder, env)
        shown.came, shown.came_exit_code = done.stdout, done.returncode
    return COMMANDS


def is_like(shown: str, came: str) -> bool:
    """Whether an output is the one shown: `…` stands for anything, lines may be broken elsewhere."""
    pattern = ".*?".join(re.escape(" ".join(part.split())) for part in shown.split("…"))
    return re.fullmatch(pattern.replace(r"\ ", " *"), " ".join(came.split())) is not None


@pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a POSIX shell")
@pytest.mark.parametrize("index", range(len(COMMANDS)), ids=[shown.command for shown in COMMANDS])
def test_the_readmes_commands_do_what_it_shows(transcript: list[Shown], index: int) -> None:
    shown = transcript[index]
    assert (shown.came_exit_code, is_like(shown.output, shown.came)) == (shown.exit_code, True), shown.came


def test_an_output_that_is_not_the_one_shown_is_noticed() -> None:
    assert is_like("3 of … files:\n broken", "3 of 12 files: broken\n")
    assert not is_like("3 of … files", "4 of 12 files\n")
    assert not is_like("", "warning: unexpected\n")


@pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a POSIX shell")
def test_every_field_of_a_manifest_is_in_the_readme(transcript: list[Shown], desk: tuple[Path, dict[str, str]]) -> None:
    folder, env = desk
    run(["sh", "-c", "dicomconv convert sample_data/ultrasound -o burned --burned-in keep"], folder, env)
    run(["sh", "-c", "dicomconv convert sample_data/study -o out_study --key study.key --existing skip"], folder, env)
    rows = [json.loads(line) for path in folder.glob("*/manifest.jsonl") for line in path.open(encoding="utf-8")]
    fields = {field for row in rows for field in row}
    assert {"burned_in", "existing", "reason", "window"} <= fields <= first_cells("| field | meaning |")


def test_the_readmes_python_runs(desk: tuple[Path, dict[str, str]]) -> None:
    folder, env = desk
    [code] = blocks("python")
    done = run([sys.executable, "-W", "error", "-c", code], folder, env)
    assert done.returncode == 0, done.stdout
    assert "21 files" in done.stdout
    assert re.search(r"HU -1\d\d\d\.0 to \d+\.0", done.stdout)


def test_the_readmes_profile_file_is_understood(tmp_path: Path) -> None:
    [text] = [block for block in blocks("toml") if "[attributes]" in block]
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    found = read_profile(tmp_path / "own.toml")
    assert (found.preset, len(found.rules)) == ("research", len(tomllib.loads(text)["attributes"]))


def test_the_readmes_configuration_file_is_understood(tmp_path: Path, desk: tuple[Path, dict[str, str]]) -> None:
    [text] = [block for block in blocks("toml") if "[convert]" in block]
    (tmp_path / "dicomconv.toml").write_text(text, encoding="utf-8")
    assert tomllib.loads(text)["convert"]["key"] == "study.key"
    dicomconv = [sys.executable, "-m", "dicomconv"]
    assert run([*dicomconv, "keygen", "-o", "study.key"], tmp_path, desk[1]).returncode == 0
    sources = [str(ROOT / "sample_data/study"), "-o", "out"]
    done = run([*dicomconv, "convert", "--config", "dicomconv.toml", *sources], tmp_path, desk[1])
    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert report["runs"][0]["settings"]["window"] == "lung"


def first_cells(heading: str, text: str = README) -> set[str]:
    """What stands in backticks in the first column of the table with this heading."""
    body = text.split(heading + "\n|---|---|\n")[1].split("\n\n")[0]
    return {name for line in body.splitlines() for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])}


def test_the_columns_of_slices_csv_are_those_in_the_readme() -> None:
    assert first_cells("| column | meaning |") == set(COLUMNS)


def test_the_window_presets_are_those_in_the_readme() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (-?\d+,\d+) \|$", README, re.MULTILINE))
    assert {name: parse_window(window).window for name, window in rows.items()} == PRESETS


@pytest.mark.parametrize("name", ["README.md", "docs/cli.md"])
def test_exit_codes_are_those_of_the_code(name: str) -> None:
    table = PAGES[ROOT / name].split("| code | meaning |\n|---|---|\n")[1].split("\n\n")[0]
    assert dict(re.findall(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE)) == {str(k): v for k, v in MEANINGS.items()}


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_pages_made_from_the_code_are_current(path: Path) -> None:
    assert pages()[path] == PAGES[path], "run `python -m tests.make_docs`"


def test_the_readmes_picture_is_what_is_drawn() -> None:
    with Image.open(ROOT / "docs/images/slices.png") as image:
        assert image.convert("L").tobytes() == picture().tobytes(), "run `python -m tests.make_docs`"


def snippets(text: str) -> Iterator[str]:
    """Everything in a page that is set as code: inline, and the lines of blocks."""
    for language in ("console", "sh", "text"):
        for block in blocks(language, text):
            yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def within(name: str, rest: str, commands: dict[str, click.Command]) -> tuple[str, str]:
    """Of a group, the command that is called, and what stands behind that."""
    words = rest.split(maxsplit=1)
    if isinstance(commands[name], click.Group) and words and words[0][0].isalpha() and words[0].islower():
        assert f"{name} {words[0]}" in commands, rest
        return f"{name} {words[0]}", "".join(words[1:])
    return name, rest


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_and_option_in_the_docs_exists(path: Path) -> None:
    commands = subcommands()
    options = {name: {o for option in options_of(command) for o in option.opts} for name, command in commands.items()}
    known = EVERYWHERE.union(*options.values())
    for snippet in snippets(PAGES[path]):
        if "--dist loadfile" not in snippet:  # which is pytest's
            assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", snippet)) <= known, snippet
        for name, rest in re.findall(r"\bdicomconv ([a-z]+)\b([^|]*)", snippet):
            assert name in commands, snippet
            name, rest = within(name, rest, commands)
            assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= options[name] | EVERYWHERE, snippet


@pytest.mark.parametrize("name", subcommands())
def test_every_command_and_option_is_documented(name: str) -> None:
    assert f"dicomconv {name}" in README
    section = PAGES[ROOT / "docs/cli.md"].split(f"## dicomconv {name}\n")[1].split("\n## ")[0]
    assert [o for option in options_of(subcommands()[name]) for o in option.opts if f"`{o}" not in section] == []


def test_architecture_has_a_line_for_every_file_and_for_no_other() -> None:
    described = re.findall(r"^- `(dicomconv/[^`]+)`: \S", PAGES[ROOT / "docs/architecture.md"], re.MULTILINE)
    package = [path for path in (ROOT / "dicomconv").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sorted(described) == sorted(path.relative_to(ROOT).as_posix() for path in package)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", PAGES[path], flags=re.MULTILINE | re.DOTALL)
    targets = {target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target}
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("what", ["convert", "test"])
def test_the_readmes_setting_up_is_one_command_that_ci_can_find(what: str) -> None:
    commands = re.findall(rf"^<!-- ci: {what} -->\n```sh\n(.+)\n```$", README, re.MULTILINE)
    assert len(commands) == 1
    assert commands[0].startswith("python3 -m venv .venv && ")
