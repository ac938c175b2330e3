"""Fixtures of the pipeline's tests."""

from pathlib import Path

import pytest

from tests.outputs import key_file


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key file, the same in every test."""
    return key_file(tmp_path / "key")
