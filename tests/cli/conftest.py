"""Fixtures of the command line's tests: a key, a folder of DICOM, and what `convert` made of it."""

from pathlib import Path

import pytest

from dicomconv import convert
from tests import make
from tests.outputs import key_file


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key file."""
    return key_file(tmp_path_factory.mktemp("key") / "key")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a series of three and a text."""
    files = {f"{number}": content for number, content in enumerate(make.series(3))}
    return make.write(tmp_path / "in", {**files, "note.txt": b"text"})


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """An output folder with two containers. Nobody writes to it."""
    folder = tmp_path_factory.mktemp("made")
    make.write(folder / "in", {"a": make.ct_slice(), "b": make.ct_slice(SeriesInstanceUID="1.2.3")})
    convert(folder / "in", folder / "out", key=key)
    return folder / "out"
