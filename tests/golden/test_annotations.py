"""Annotation sets of every released layout are read for ever, and keep their digests."""

import json
from pathlib import Path

import pytest

from dicomconv.container.verify import verify
from tests.golden.make_annotations import annotated, sets

CONTAINERS = sorted(Path(__file__).parent.glob("annotations-v*/*.h5"))


def test_every_released_layout_has_a_golden_file() -> None:
    assert {path.parent.name for path in CONTAINERS} == {"annotations-v1.0"}


@pytest.mark.parametrize("path", CONTAINERS, ids=lambda path: path.parent.name)
def test_released_sets_verify_and_hold_what_they_held(path: Path) -> None:
    assert verify(path) == []
    assert sets(path) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def test_the_same_sets_have_the_same_digests_in_every_release(tmp_path: Path) -> None:
    annotated(tmp_path / "again.h5")
    assert sets(tmp_path / "again.h5") == json.loads(CONTAINERS[0].with_suffix(".json").read_text(encoding="utf-8"))
