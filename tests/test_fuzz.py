"""Damaged files: what was found once, a few new ones of each kind, and that the guards notice what they guard against."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("limits of memory are set as Linux has them", allow_module_level=True)

from tests.fuzz import oracle, seeds
from tests.fuzz.campaign import case, run
from tests.fuzz.found import FOUND


def test_what_was_found_once_is_mended() -> None:
    assert [(one, fault) for one, fault in run(FOUND) if fault] == []


def test_some_damaged_files_of_every_kind_end_nothing_and_quote_nothing() -> None:
    faults = list(run(case(number, first_seed=20261127) for number in range(100)))
    assert [(one, fault) for one, fault in faults if fault not in ("", "-")] == []
    assert sum(fault == "" for _, fault in faults) > 85


@pytest.mark.parametrize(
    ("witness", "fault"),
    [
        ("hang", "hang: the processor time is up"),
        ("crash", "crash: ended with -6"),
        ("eat", "MemoryError at targets.py"),
        ("quote", "quotes 'JANE'"),
        ("fail", "KeyError at targets.py"),
    ],
)
def test_the_guards_notice_a_target_that_does_it(witness: str, fault: str) -> None:
    later = ("walk", "made ct", 1, "text")
    [(_, told), (_, after)] = run([(witness, "made ct", 8, "bits"), later], seconds=1)
    assert told.startswith(fault)
    assert after == ""


def test_what_our_own_sentences_say_is_no_quotation() -> None:
    data = seeds.content("made ct")
    assert oracle.quoted("the data set is cut short at SOPInstanceUID", data) == ""
    assert oracle.quoted("ACC-0815 is at offset 5", data) == "ACC-0815"
    assert oracle.quoted("ACC-08151 is at offset 5", data) == ""


def test_both_encodings_are_looked_into() -> None:
    assert "ID-4711" in set(oracle.values(seeds.content("made implicit")))
    assert "JANE" in set(oracle.values(seeds.content("made ct")))
