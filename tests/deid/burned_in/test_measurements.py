"""Only lines that say nothing of anybody are spared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.burned_in.measurements import SURE, is_harmless

MEASUREMENTS = [
    "MI 1.2 TIS 0.3", "Depth 8 cm", "FR 32 Hz", "Gain 60%", "TIS<0.4 MI=0.8 A0=100%", "28Hz", "11cm", "+ Dist 1.06 cm",
    "1.06 cm", "Gn 60", "W 400 L 40", "W:1500 C:-600", "MI 1.1TIS 0.3", "MI: 1.6", "EF 67 %", "Vmax 2.46 m/s",
    "HR 72 bpm", "120 kV 200 mA", "12 cm3", "R", "L", "PRF 1.5 kHz",
]  # fmt: skip
OTHERS = [
    "DOE JANE", "MI 1.1 JOHN", "MI 1.1TISSOT", "12345678", "ID 123", "AC 1234", "5/25/2011", "2:56:22 PM", "C5-1", "70 kg",
    "055Y", "M 45", "F 34", "34 M", "MI", "R L", "MR 12", "DR SMITH", "GRAY 12", "MAX 33", "8 cm 2", "1234 cm", "",
    "MI 1.13333", "St. Elsewhere 8 cm", "1957", "14.03.1957", "MRN 008",
]  # fmt: skip


@pytest.mark.parametrize("text", MEASUREMENTS)
def test_measurements_and_marks_of_the_side_are_spared(text):
    assert is_harmless(text, 0.95)
    assert is_harmless(text.lower(), 0.95)


@pytest.mark.parametrize("text", OTHERS)
def test_everything_else_is_not(text):
    assert not is_harmless(text, 1.0)


@pytest.mark.parametrize("text", MEASUREMENTS)
def test_what_was_not_read_with_certainty_is_not_spared(text):
    assert not is_harmless(text, SURE - 0.01)


@given(st.integers(1000, 10**12), st.sampled_from(["", "ID ", "MRN ", "MI ", "HR ", "Acc "]))
def test_no_number_of_four_digits_is_spared(number, label):
    assert not is_harmless(f"{label}{number}", 1.0)


@given(st.dates(), st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%d", "%Y%m%d", "%d %b %Y", "%d.%m.%y"]))
def test_no_date_is_spared(date, form):
    assert not is_harmless(date.strftime(form), 1.0)
