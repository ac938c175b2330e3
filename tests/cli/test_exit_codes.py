"""The exit codes, each for what it says (decisions.md): the table, and each code from a real call."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dicomconv import convert
from dicomconv.cli import endings_as_interrupts, usual_endings
from dicomconv.cli.exit_codes import MEANINGS, exit_code_of_error, exit_code_of_run
from dicomconv.errors import KeyFileError, NotAContainer, Refused, UsageError, VerificationFailed
from tests import make
from tests.cli.command import PROGRAM, call, environment, process
from tests.outputs import containers, key_file, left_over, rows, tree

GOOD, TEXT = make.ct_slice(), b"text"
CUT = make.ct_slice(SeriesInstanceUID="1.2.3")[:-1]
ULTRASOUND = make.instance("US", make.ramp(4, 5, dtype="uint8"), SeriesInstanceUID="1.2.4")
CASES: list[tuple[int, list[bytes], list[str]]] = [
    (0, [GOOD], []),
    (0, [GOOD, TEXT], []),
    (0, [GOOD, GOOD], []),
    (0, [GOOD], ["--include", "MR"]),
    (1, [CUT], []),
    (1, [CUT, ULTRASOUND], []),
    (3, [GOOD, CUT], []),
    (3, [GOOD, ULTRASOUND], []),
    (4, [], []),
    (4, [TEXT], []),
    (6, [ULTRASOUND], []),
    (6, [GOOD, ULTRASOUND], ["--strict"]),
    (0, [ULTRASOUND], ["--burned-in", "keep"]),
]


@pytest.mark.parametrize(("code", "contents", "words"), CASES)
@pytest.mark.parametrize("command", ["convert", "deidentify"])
def test_the_exit_code_says_how_a_run_went(
    tmp_path: Path, command: str, code: int, contents: list[bytes], words: list[str]
) -> None:
    (tmp_path / "in").mkdir()
    make.write(tmp_path / "in", {str(number): content for number, content in enumerate(contents)})
    assert call(command, tmp_path / "in", "-o", tmp_path / "out", *words).exit_code == code
    assert call(command, tmp_path / "in", "-o", tmp_path / "dry", *words, "--dry-run").exit_code == code


@pytest.mark.parametrize(
    ("counts", "interrupted", "strict", "code"),
    [
        ((5, 0, 0, 0), False, True, 0),
        ((5, 0, 1, 0), False, True, 6),
        ((0, 0, 1, 1), False, False, 1),
        ((0, 3, 0, 0), False, False, 4),
        ((5, 0, 1, 1), True, True, 130),
    ],
)
def test_the_table_of_exit_codes(counts: tuple[int, ...], interrupted: bool, strict: bool, code: int) -> None:
    named = dict(zip(("converted", "skipped", "refused", "failed"), counts, strict=True))
    assert exit_code_of_run(named, [], interrupted=interrupted, strict=strict) == code
    assert code in MEANINGS


def test_every_error_has_its_exit_code() -> None:
    errors = [UsageError(""), KeyFileError("", ""), NotAContainer("", ""), VerificationFailed("", ("",)), Refused("")]
    assert [exit_code_of_error(error) for error in errors] == [2, 7, 5, 5, 1]


def test_a_non_empty_out_without_a_key_is_2(made: Path, source: Path) -> None:
    result = call("convert", source, "-o", made)
    assert (result.exit_code, "use --key" in result.stderr) == (2, True)


def test_an_out_inside_a_source_is_2(source: Path) -> None:
    result = call("convert", source, "-o", source / "out")
    assert (result.exit_code, "lies in the source" in result.stderr) == (2, True)


def test_an_out_that_is_a_file_is_2(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert call("convert", source, "-o", tmp_path / "file").exit_code == 2
    assert call("convert", source, "-o", tmp_path / "file" / "out").exit_code == 2


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is the folder nobody can write to")
@pytest.mark.parametrize("command", ["convert", "deidentify", "recover"])
def test_an_out_that_cannot_be_written_to_is_2(source: Path, made: Path, command: str) -> None:
    result = call(command, made if command == "recover" else source, "-o", "/proc/out")
    assert (result.exit_code, "cannot be written to" in result.stderr) == (2, True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_out_is_2(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    assert call("convert", source, "-o", tmp_path / "out").exit_code == 2


def test_an_out_that_render_cannot_write_to_is_2(made: Path) -> None:
    assert call("render", containers(made)[0], "-o", "/proc/out").exit_code == 2


def test_a_damaged_manifest_in_out_is_2(tmp_path: Path, source: Path, key: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--key", key)
    (tmp_path / "out" / "manifest.jsonl").write_text('{"row": 1\n{"row": 2}\n')
    assert call("convert", source, "-o", tmp_path / "out", "--key", key, "--existing", "skip").exit_code == 2


def test_a_damaged_report_in_out_does_not_let_another_key_in(tmp_path: Path, source: Path, key: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--key", key)
    (tmp_path / "out" / "report.json").write_text('{"runs": [')
    other = key_file(tmp_path / "other", 2)
    assert call("convert", source, "-o", tmp_path / "out", "--key", other, "--existing", "skip").exit_code in (2, 7)


@pytest.mark.parametrize(
    "words", [[], ["-o", "x"], ["--depth", "12", "-o", "x", "."], ["--jobs", "0", "-o", "x", "."]], ids=str
)
def test_words_that_make_no_sense_are_2(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("convert", *words).exit_code == 2


@pytest.mark.parametrize("command", ["convert", "deidentify", "recover", "verify", "info", "render"])
def test_a_source_that_does_not_exist_is_2(tmp_path: Path, command: str) -> None:
    out = [] if command in ("verify", "info") else ["-o", tmp_path / "out"]
    assert call(command, tmp_path / "nothing", *out).exit_code == 2


def damaged(path: Path, folder: Path) -> Path:
    """A copy of a container with one byte in its middle changed."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "damaged.h5").write_bytes(content)
    return folder / "damaged.h5"


@pytest.mark.parametrize("command", ["verify", "recover", "info", "render"])
def test_what_is_no_container_is_5(tmp_path: Path, command: str) -> None:
    (tmp_path / "bad.h5").write_bytes(b"no HDF5")
    out = [] if command in ("verify", "info") else ["-o", tmp_path / "out"]
    assert call(command, tmp_path / "bad.h5", *out).exit_code == 5


def test_a_container_cut_short_is_5_and_gives_no_file(made: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.h5").write_bytes(containers(made)[0].read_bytes()[:-100])
    assert call("verify", tmp_path / "cut.h5").exit_code == 5
    assert call("recover", tmp_path / "cut.h5", "-o", tmp_path / "back").exit_code == 5
    assert tree(tmp_path / "back") == {}


def test_one_damaged_container_does_not_hold_back_the_others(made: Path, tmp_path: Path) -> None:
    one, other = containers(made)
    (tmp_path / "cut.h5").write_bytes(one.read_bytes()[:-100])
    result = call("recover", tmp_path / "cut.h5", other, "-o", tmp_path / "back")
    assert (result.exit_code, len(tree(tmp_path / "back"))) == (5, 1)
    assert str(tmp_path / "cut.h5") in result.stderr


@pytest.mark.parametrize("content", [None, "no key", "dicomconv-key-v1 abc"])
@pytest.mark.parametrize("command", ["convert", "deidentify"])
def test_a_key_that_is_missing_or_wrong_is_7(source: Path, tmp_path: Path, command: str, content: str | None) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    result = call(command, source, "-o", tmp_path / "out", "--key", tmp_path / "key")
    assert (result.exit_code, (tmp_path / "out").exists()) == (7, False)


def test_an_error_is_one_sentence_and_no_traceback(source: Path, tmp_path: Path) -> None:
    result = process("convert", source, "-o", tmp_path / "out", "--key", tmp_path / "none")
    assert (result.returncode, result.stderr.count(b"\n")) == (7, 1)


def many_slices(folder: Path) -> Path:
    """200 slices in four series, two of them without a window, so that they are drawn last."""
    plain: dict[str, Any] = {"rows": 96, "columns": 80}
    no_window = {"WindowCenter": None, "WindowWidth": None}
    contents = [
        (number, content)
        for number in range(4)
        for content in make.series(50, **plain, SeriesInstanceUID=f"1.2.{number}", **(no_window if number % 2 else {}))
    ]
    return make.write(folder, {f"{number}/{index:03}": content for index, (number, content) in enumerate(contents)})


def interrupted(folder: Path, key: Path, jobs: int, ended: Callable[[int], None]) -> "tuple[int, bytes]":
    """A run that is ended when something has been written and not all is done: exit code, standard error."""
    words = ["convert", str(folder / "in"), "-o", str(folder / "out"), "--key", str(key), "--jobs", str(jobs)]
    running = subprocess.Popen([*PROGRAM, *words], stderr=subprocess.PIPE, env=environment(), start_new_session=True)
    while running.poll() is None and not list((folder / "out").rglob(".se-*/*.png")):
        time.sleep(0.001)
    ended(running.pid)
    _, told = running.communicate()
    return running.returncode, told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is inherited here")
def test_processes_that_the_code_of_others_starts_end_when_they_are_told_to() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with endings_as_interrupts():
            ours = signal.getsignal(signal.SIGTERM)
            with usual_endings():
                pid = os.fork()
                if not pid:
                    os.kill(os.getpid(), signal.SIGTERM)
                    os._exit(0)
                assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGTERM
            assert signal.getsignal(signal.SIGTERM) == ours != signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(lambda pid: os.killpg(pid, signal.SIGINT), id="Ctrl-C, which reaches every process of a terminal"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGTERM), id="told to end"),
    ],
)
def test_an_interruption_is_130_leaves_nothing_half_written_and_a_rerun_completes(
    tmp_path: Path, key: Path, jobs: int, ended: Callable[[int], None]
) -> None:
    many_slices(tmp_path / "in")
    code, told = interrupted(tmp_path, key, jobs, ended)
    unhandled = told.count(b"Traceback") - told.count(
        b"Exception ignored in"
    )  # Ctrl-C inside a weak reference's callback
    assert (code, b"same command again to go on" in told, unhandled) == (130, True, 0)
    assert left_over(tmp_path / "out") == []
    assert len(rows(tmp_path / "out")) == 200
    again = call("convert", tmp_path / "in", "-o", tmp_path / "out", "--key", key)
    convert(tmp_path / "in", tmp_path / "straight", key=key)
    leave_out = ["manifest.jsonl", "report.json"]
    assert again.exit_code == 0
    assert tree(tmp_path / "out", leave_out) == tree(tmp_path / "straight", leave_out)
