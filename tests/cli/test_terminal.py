"""The names of files on the operator's terminal."""

from pathlib import Path

import pytest

from dicomconv.cli.terminal import visible
from tests import make
from tests.cli.command import call


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb", r"a\nb"), ("\x1b[2J", r"\x1b[2J"), ("\udcff", r"\udcff"), ("Ü 1", "Ü 1")]
)
def test_what_a_terminal_would_obey_is_written_out(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_a_file_with_a_line_break_in_its_name_is_told_of_in_one_line(tmp_path: Path) -> None:
    source = make.write(tmp_path / "in", {"odd\nname": make.ct_slice()[:-3]})
    result = call("convert", source, "-o", tmp_path / "out")
    assert [line for line in result.output.splitlines() if line.startswith("failed:") and r"odd\nname" in line]
