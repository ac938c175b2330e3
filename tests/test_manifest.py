"""The manifest: one JSON line a row, replaced as a whole, counted and summed up."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv import manifest
from dicomconv.model import Outcome

STATUSES = st.sampled_from(["converted", "skipped", "failed", "refused"])
OUTCOMES = st.builds(Outcome, st.integers(1, 10**6), STATUSES, st.text(max_size=20))


@given(st.lists(OUTCOMES, max_size=20))
def test_the_counts_add_up_to_the_rows(outcomes: list[Outcome]) -> None:
    assert sum(manifest.counts(outcomes).values()) == len(outcomes)


@given(OUTCOMES)
def test_a_row_is_one_line_of_json(outcome: Outcome) -> None:
    line = manifest.as_json(outcome)
    assert "\n" not in line
    assert json.loads(line)["row"] == outcome.row


def test_a_row_says_row_outcome_reason_and_facts() -> None:
    row = json.loads(manifest.as_json(Outcome(3, "failed", "damaged", {"frames": 2})))
    assert row == {"row": 3, "outcome": "failed", "reason": "damaged", "frames": 2}


def test_rows_are_added_behind_those_of_earlier_runs(tmp_path: Path) -> None:
    manifest.append(tmp_path, [Outcome(1, "converted")])
    manifest.append(tmp_path, [Outcome(2, "skipped", "empty")])
    assert [row["row"] for row in manifest.read(tmp_path)] == [1, 2]
    assert manifest.rows_so_far(tmp_path) == 2


def test_a_folder_without_a_manifest_has_no_rows(tmp_path: Path) -> None:
    assert list(manifest.read(tmp_path)) == []
    assert manifest.rows_so_far(tmp_path) == 0


def test_a_manifest_whose_writing_fails_stays_what_it_was(tmp_path: Path) -> None:
    def failing() -> Iterator[Outcome]:
        yield Outcome(2, "converted")
        raise OSError("the disk is full")

    manifest.append(tmp_path, [Outcome(1, "converted")])
    with pytest.raises(OSError, match="full"):
        manifest.append(tmp_path, failing())
    assert [row["row"] for row in manifest.read(tmp_path)] == [1]
    assert [path.name for path in tmp_path.iterdir()] == [manifest.NAME]


def test_the_summary_counts_each_reason() -> None:
    outcomes = [Outcome(1, "converted"), *(Outcome(row, "skipped", "empty") for row in (2, 3))]
    assert manifest.summary(outcomes) == ["3 files: 1 converted, 2 skipped", "  2 skipped: empty"]


def test_the_summary_of_many_reasons_is_short() -> None:
    lines = manifest.summary([Outcome(row, "failed", f"fault {row}") for row in range(40)])
    assert (len(lines), lines[-1]) == (14, "  and 28 reasons more: see the manifest")
