"""What a VR lets stand, and what is made plain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.values import BINARY_VRS, STRING_VRS, is_valid, made_plain
from tests import strategies


@given(st.sampled_from(sorted(STRING_VRS)).flatmap(lambda vr: st.tuples(st.just(vr), strategies.values(vr, "1-n"))))
def test_a_valid_value_is_left_as_it_is(case):
    vr, value = case
    assert is_valid(vr, value)


@given(st.sampled_from(sorted(STRING_VRS)), st.binary(max_size=80))
def test_what_is_made_plain_is_valid_and_has_no_byte_behind_a_nul(vr, value):
    plain = made_plain(vr, value)
    if plain is not None:
        assert is_valid(vr, plain)
        assert b"\0" not in plain.rstrip(b"\0")


@given(st.sampled_from(sorted(BINARY_VRS)), st.binary(max_size=33))
def test_binary_values_have_whole_words(vr, value):
    plain = value if is_valid(vr, value) else made_plain(vr, value)
    assert plain is None or len(plain) % 2 == 0


@pytest.mark.parametrize(
    ("vr", "value"),
    [("DS", b"DOE JANE"), ("CS", b"Doe^Jane"), ("IS", b"12AB"), ("UI", b"1.2.DOE "), ("DA", b"19700230x "), ("AS", b"DOE "),
     ("TM", b"NOON"), ("DS", b"nan "), ("DS", b"inf "), ("US", b"\1\2\3"), ("UR", b"http://a b/\n ")],
)  # fmt: skip
def test_a_text_in_a_vr_that_has_no_room_for_it_is_removed(vr, value):
    assert not is_valid(vr, value)
    assert made_plain(vr, value) is None


@pytest.mark.parametrize(
    ("vr", "value", "plain"),
    [
        ("LO", b"GE\0DOE^JANE\0", b"GE"),
        ("UI", b"1.2.3\0DOE^JANE", b"1.2.3\0"),
        ("CS", b"ORIGINAL\\A/B\\X ", b"ORIGINAL\\\\X "),
        ("DS", b"0.48828125000000001\\1", b"0.48828125\\1"),
        ("DS", b"-123456.789012345678", b"-123456.78901235"),
        ("IS", b"12.000", b"12"),
        ("SH", b"0123456789ABCDEFGHIJ", b"0123456789ABCDEF"),
        ("CS", b"HEAD\0\0", b"HEAD"),
        ("LO", b"odd", b"odd "),
    ],
)
def test_a_plain_rule_makes_a_value_valid(vr, value, plain):
    assert made_plain(vr, value) == plain


def test_a_rounded_decimal_keeps_all_digits_there_is_room_for():
    assert float(made_plain("DS", b"0.333333333333333333")) == pytest.approx(1 / 3, rel=1e-13)


def test_characters_outside_ascii_and_escape_sequences_are_values():
    assert is_valid("PN", "Buc^Jérôme".encode("iso8859-1"))
    assert is_valid("PN", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B")
    assert is_valid("LT", b"two\r\nline!")
    assert not is_valid("LO", b"two\r\nline!")
