"""Containers of every released format are read for ever."""

import json
from pathlib import Path

import pytest

from dicomconv.container.verify import verify
from tests.golden.make import content

CONTAINERS = sorted(Path(__file__).parent.glob("container-v*/*.h5"))


def test_every_released_format_has_golden_files():
    assert {path.parent.name for path in CONTAINERS} == {"container-v1", "container-v1.1"}


@pytest.mark.parametrize("path", CONTAINERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_released_container_verifies_and_holds_what_it_held(path, tmp_path):
    assert verify(path) == []
    assert content(path, tmp_path) == json.loads(path.with_suffix(".json").read_text())
