"""Numbers of patients: in their range, no two the same, the same for ever, whatever else comes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.errors import UsageError
from dicomconv.export.numbers import Numbers

names = st.lists(st.text("ABC01", min_size=1, max_size=3), max_size=20)


@given(names, names)
def test_numbers_are_distinct_in_their_range_and_kept(tmp_path_factory, first, more):
    folder = tmp_path_factory.mktemp("tree")
    numbers = Numbers([folder])
    given_first = numbers.assign("patient", first, 100, 140)
    numbers.keep()
    later = Numbers([folder])
    both = later.assign("patient", [*more, *first], 100, 140)
    assert given_first.items() <= both.items()
    assert len(set(both.values())) == len(both)
    assert all(100 <= number <= 140 for number in both.values())


@given(names)
def test_the_same_names_get_the_same_numbers_in_any_order(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("tree")
    assert Numbers([folder]).assign("p", found, 1, 200) == Numbers([folder]).assign("p", reversed(found), 1, 200)


def test_numbers_in_order_follow_each_other_and_go_on(tmp_path: Path):
    numbers = Numbers([tmp_path])
    assert numbers.in_order("study", ["b", "a"], 1) == {"b": 1, "a": 2}
    numbers.keep()
    assert Numbers([tmp_path]).in_order("study", ["c", "a"], 1) == {"c": 3, "a": 2}


def test_too_few_numbers_are_said(tmp_path: Path):
    with pytest.raises(UsageError, match="only 3 numbers"):
        Numbers([tmp_path]).assign("p", "abcd", 1, 3)


def test_trees_that_gave_one_number_twice_are_not_exported_together(tmp_path: Path):
    for tree, name in (("one", "A"), ("two", "B")):
        (tmp_path / tree).mkdir()
        numbers = Numbers([tmp_path / tree])
        numbers.in_order("p", [name], 1)
        numbers.keep()
    with pytest.raises(UsageError, match="another one elsewhere"):
        Numbers([tmp_path / "one", tmp_path / "two"])
