"""docs/sealing.md is enough to write a reader: the one that stands in it gets the originals back without dicomconv."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dicomconv import convert
from dicomconv.pipeline.seal_keys import make_pair
from tests import make, wheel
from tests.outputs import containers, tree

PAGE = (Path(__file__).parents[2] / "docs" / "sealing.md").read_text(encoding="utf-8")
KINDS = ("CT_small.dcm", "image_dfl.dcm", "JPEG2000.dcm", "no_meta.dcm", "rtplan.dcm", "MR_small_bigendian.dcm")


def run(reader: Path, *words: object) -> "subprocess.CompletedProcess[bytes]":
    """The reader of the page as a program."""
    return subprocess.run([sys.executable, "-I", str(reader), *map(str, words)], capture_output=True, check=False)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader that stands in the page."""
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert "import dicomconv" not in code
    path = tmp_path_factory.mktemp("reader") / "reader.py"
    path.write_text(code, encoding="utf-8")
    return path


def test_the_reader_of_the_page_gets_originals_back(reader: Path, tmp_path: Path) -> None:
    files = {f"a/{path.name}": path.read_bytes() for path in wheel.paths() if path.name in KINDS}
    files |= {f"b/{number}": content + b"\0trailing" * 2 for number, content in enumerate(make.series(3))}
    make.write(tmp_path / "in", files)
    make_pair(tmp_path / "custodian")
    choices = {"seal_to": [tmp_path / "custodian.pub"], "burned_in": "keep", "png": False}
    report = convert(tmp_path / "in", tmp_path / "out", **choices)  # type: ignore[arg-type]
    for path in containers(tmp_path / "out"):
        done = run(reader, path, tmp_path / "custodian.pem", tmp_path / "back")
        assert done.returncode == 0, done.stderr.decode()
    converted = {report.paths[one.row] for one in report.outcomes if one.status == "converted"}
    assert len(converted) >= 8
    expected = {path.relative_to(tmp_path / "in").as_posix(): path.read_bytes() for path in sorted(converted)}
    assert tree(tmp_path / "back") == expected


def test_the_reader_of_the_page_sees_a_changed_seal(reader: Path, tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice()})
    make_pair(tmp_path / "custodian")
    convert(tmp_path / "in", tmp_path / "out", png=False, seal_to=[tmp_path / "custodian.pub"])
    [path] = containers(tmp_path / "out")
    content = path.read_bytes()
    path.write_bytes(content[:700] + bytes([content[700] ^ 1]) + content[701:])
    assert run(reader, path, tmp_path / "custodian.pem", tmp_path / "back").returncode != 0
    assert not (tmp_path / "back").exists()
