"""A split is by patient, repeats, keeps what it gave, and is near the ratio in every stratum."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.errors import UsageError
from dicomconv.export.splits import (
    PARTS,
    Split,
    completed,
    one_split,
    parse_ratio,
    read_split,
    tree_of,
    write_split,
)

strata = st.dictionaries(st.text("ABCDEF0123", min_size=1, max_size=4), st.sampled_from(["", "ill", "well"]), max_size=60)
ratios = st.sampled_from(["70/10/20", "80/20", "1/1/1", "60/0/40", "100/0/0"])


@given(strata, ratios, st.integers(0, 5))
def test_every_patient_has_one_part_whatever_the_order(patients, ratio, seed):
    found = completed(None, patients, parse_ratio(ratio), seed)
    again = completed(None, dict(reversed(patients.items())), parse_ratio(ratio), seed)
    assert found.subjects == again.subjects
    assert set(found.subjects) == set(patients)


@given(strata, ratios, st.integers(0, 5))
def test_each_stratum_is_divided_as_the_ratio_says_to_little_more_than_one_patient(patients, ratio, seed):
    parsed = parse_ratio(ratio)
    shares = dict(zip(PARTS, (parsed.train, parsed.val, parsed.test), strict=True))
    found = completed(None, patients, parsed, seed).subjects
    for stratum in set(patients.values()):
        counts = Counter(found[one] for one in patients if patients[one] == stratum)
        for part, share in shares.items():  # three parts: no two of them can be more than 2/3 over
            assert abs(counts[part] - share * counts.total() / sum(shares.values())) <= 4 / 3, (stratum, part)


@given(strata, strata, ratios)
def test_who_has_a_part_keeps_it(first, more, ratio):
    before = completed(None, first, parse_ratio(ratio), 0)
    after = completed(before, {**more, **first}, parse_ratio("50/50"), 7)
    assert before.subjects.items() <= after.subjects.items()
    assert set(after.subjects) == set(first) | set(more)


def test_another_seed_is_another_split():
    patients = {f"P{n}": "" for n in range(50)}
    splits = [completed(None, patients, parse_ratio("50/50"), seed).subjects for seed in (0, 1)]
    assert splits[0] != splits[1]


def test_a_split_comes_back_from_its_file(tmp_path: Path):
    split = completed(None, {"A": "", "B": ""}, parse_ratio("50/50"), 3)
    write_split(tmp_path, split)
    assert read_split(tmp_path) == split
    assert read_split(tmp_path / "none") is None


@pytest.mark.parametrize("text", ["", "[]", '{"subjects": {"A": "holdout"}, "ratio": "1", "seed": 0}', '{"subjects": 3}'])
def test_a_damaged_split_is_never_taken_for_none(tmp_path: Path, text: str):
    (tmp_path / "splits.json").write_text(text)
    with pytest.raises(UsageError, match="is damaged"):
        read_split(tmp_path)


def test_a_patient_in_two_parts_is_refused(tmp_path: Path):
    one, other = Split("1/1", 0, {"A": "train", "B": "val"}), Split("1/1", 0, {"A": "val"})
    with pytest.raises(UsageError, match=r"patient A is in train by .* and in val by"):
        one_split([(tmp_path / "x", one), (tmp_path / "y", other)])
    assert one_split([(tmp_path, one), (tmp_path, Split("1/1", 0, {"C": "test"}))]).subjects["C"] == "test"


@pytest.mark.parametrize("text", ["", "70", "a/b", "-1/2", "0/0", "1/2/3/4", "1/0/x"])
def test_what_is_no_ratio_is_refused(text: str):
    with pytest.raises(UsageError, match="--split"):
        parse_ratio(text)


def test_a_tree_begins_at_its_manifest(tmp_path: Path):
    path = tmp_path / "out/p/s/series.h5"
    assert tree_of(path) == path.parent
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.jsonl").touch()
    assert tree_of(path) == tmp_path / "out"
