"""A length that is damaged makes values of whatever follows: that costs little, and what is in them is found all the same."""

from dicomconv.deid.profile import Profile
from dicomconv.deid.text import collect
from dicomconv.deid.text.collect import Collector, Identifiers
from dicomconv.deid.text.forms import matcher_of
from dicomconv.deid.text.spellings import LONGEST_NAME, name_forms
from dicomconv.part10 import split
from tests import make


def test_a_name_longer_than_any_is_its_words() -> None:
    words = [f"word{chr(97 + n)}{chr(97 + 3 * n % 26)}" for n in range(26)]
    name = "^".join(" ".join(words) for _ in range(3))
    assert len(name) > LONGEST_NAME
    forms = list(name_forms(name))
    assert len(forms) < 1000
    assert set(words) <= {form.letters for form in forms}


def test_names_beyond_all_measure_are_looked_for_as_they_stand() -> None:
    names = [f"FAMILY{chr(65 + n % 26)}{chr(65 + n // 26)}^GIVEN" for n in range(200)]
    collector = Collector(Profile())
    collector.add(split(make.ct_slice(PatientName="\\".join(names))).header())
    found = collector.identifiers()
    assert len(found.names & set(names)) == collect.MOST_NAMES
    matcher = matcher_of(Identifiers(phrases=found.phrases))
    assert [name for name in names[collect.MOST_NAMES :] if not list(matcher.find(name.replace("^", " ")))] == []


def test_a_number_that_ends_in_zeros_makes_no_empty_spelling() -> None:
    for number in ("+0000155.00000000000000000000", "15500000000000", "1550000000005"):
        matcher = matcher_of(Identifiers(numbers=frozenset([number])))
        assert "" not in matcher.letters
        assert matcher.find("slice 5 of 0000005") == []
        assert number.startswith("+") or matcher.find(f"call {number}") != []
