"""What a file says of its own private elements takes away what it asks for, and frees little."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.claims import UNSAFE, characteristics
from dicomconv.elements import LONG_VRS, SHORT_VRS
from tests import make
from tests.deid.test_private import ITEM, block, decided, header

CLAIMED = "ACME IMAGING 1.0"


def us(*numbers):
    return struct.pack(f"<{len(numbers)}H", *numbers)


def claim(group, creator, status, nonidentifying=(), actions=(), vrs=()):
    """The encoded item of Private Data Element Characteristics Sequence for one block."""
    acted = [
        make.item(make.element(0x00080306, "US", us(*offsets)) + make.text(0x00080307, "CS", action))
        for action, offsets in actions
    ]
    defined = [
        make.item(make.element(0x00080308, "US", us(offset)) + make.text(0x0008030A, "CS", vr)) for offset, vr in vrs
    ]
    return make.item(
        make.element(0x00080301, "US", us(group))
        + make.text(0x00080302, "LO", creator)
        + make.text(0x00080303, "CS", status)
        + make.element(0x00080304, "US", us(*nonidentifying))
        + (make.sequence(0x00080305, acted) if acted else b"")
        + (make.sequence(0x00080310, defined) if defined else b"")
    )


def claims(*items):
    return characteristics(header(make.sequence(0x00080300, items)))


def under_claim(vr, value, status="SAFE", creator=CLAIMED, **more):
    said = claims(claim(0x0029, creator, status, **more))
    [decision] = decided(block(creator, 0x0029, 0x01, vr, value), claims=said)
    return decision[0]


@pytest.mark.parametrize(
    ("vr", "value", "code"),
    [("DS", b"1.5 ", "K"), ("US", b"\1\0", "K"), ("TM", b"101112", "K"), ("LO", b"Text", "C"), ("UT", b"Text", "C"),
     ("CS", b"DOE ", "C"), ("DA", b"19771103", "S"), ("DT", b"19771103", "S"), ("UI", b"1.2.3\0", "U"),
     ("PN", b"DOE^JANE", "X"), ("OB", b"\1\2", "X"), ("UN", b"\1\2", "X"), ("AE", b"SCANNER ", "X"), ("UR", b"http://x", "X"),
     ("DS", b"DOE^JANE", "X"), ("LO", b"19771103", "X"), ("FD", b"DOE^JANE", "X"), ("SQ", make.item(b""), "K"),
     ("UN", ITEM, "K"), ("AS", b"093Y", "X")],
)  # fmt: skip
def test_the_files_word_frees_only_what_is_harmless_or_can_be_cleaned(vr, value, code):
    assert under_claim(vr, value) == code


@pytest.mark.parametrize("vr", sorted((LONG_VRS | SHORT_VRS) - {"SQ"}))
def test_the_files_word_never_lets_a_text_stay_as_it_is(vr):
    assert under_claim(vr, b"DOE^JANE") in ("X", "C")


@pytest.mark.parametrize("creator", ["DOE^JANE", "19771103", "DOE\\JANE", "D\xd6E"])
def test_a_creator_that_may_be_somebodys_text_frees_nothing(creator):
    assert under_claim("DS", b"1.5 ", creator=creator) == "X"


@pytest.mark.parametrize(
    ("status", "nonidentifying", "code"),
    [("SAFE", (), "K"), ("MIXED", (1,), "K"), ("MIXED", (2,), "X"), ("MIXED", (), "X"), ("UNSAFE", (1,), "X"),
     ("safe?", (1,), "X"), ("", (1,), "X")],
)  # fmt: skip
def test_the_status_of_a_block_is_followed(status, nonidentifying, code):
    assert under_claim("DS", b"1.5 ", status, nonidentifying=nonidentifying) == code


@pytest.mark.parametrize(
    ("action", "vr", "value", "code"),
    [("D", "LO", b"Text", "D"), ("Z", "LO", b"Text", "Z"), ("X", "LO", b"Text", "X"), ("U", "UI", b"1.2.3\0", "U"),
     ("U", "LO", b"1.2.3 ", "X"), ("D", "OB", b"\1\2", "X"), ("Z", "UN", b"\1\2", "X"), ("K", "LO", b"Text", "X"),
     ("C", "LO", b"Text", "X"), ("D", "SQ", make.item(b""), "X")],
)  # fmt: skip
def test_the_action_of_an_element_is_followed_where_its_vr_allows_it(action, vr, value, code):
    assert under_claim(vr, value, "SAFE", actions=[(action, (1,))]) == code


def test_what_the_file_calls_unsafe_goes_though_the_list_has_it():
    encoded = block("GEMS_ACQU_01", 0x0019, 0x23, "DS", b"1.5 ")
    said = claims(claim(0x0019, "GEMS_ACQU_01", "UNSAFE"))
    assert decided(encoded, claims=said)[0][0] == "X"
    assert decided(encoded, claims=claims(claim(0x0019, "GEMS_ACQU_02", "UNSAFE")))[0][0] == "K"


def test_a_sequence_of_undefined_length_under_un_is_looked_into():
    said = claims(claim(0x0029, CLAIMED, "SAFE"))
    encoded = make.text(0x00290010, "LO", CLAIMED) + make.sequence(0x00291001, [ITEM], undefined=True, vr="UN")
    assert decided(encoded, claims=said) == [("K", "SQ")]


@given(st.text("ABDEFIMNSUX^ ", max_size=16))
def test_a_status_is_one_of_three_whatever_the_file_writes(status):
    said = claims(claim(0x0029, CLAIMED, status))[0x0029, CLAIMED]
    assert said.status == (status.strip() if status.strip() in ("SAFE", "MIXED") else "UNSAFE")


def test_a_block_spoken_of_twice_is_unsafe():
    assert claims(*[claim(0x0029, CLAIMED, "SAFE")] * 2) == {(0x0029, CLAIMED): UNSAFE}


def test_two_actions_for_one_element_remove_it():
    assert under_claim("LO", b"Text", "SAFE", actions=[("D", (1,)), ("Z", (1, 2))]) == "X"


def test_a_vr_that_the_file_defines_is_used_where_the_encoding_has_none():
    said = claims(claim(0x0029, CLAIMED, "SAFE", vrs=[(1, "DS"), (2, "PN"), (3, "??")]))
    values = [(1, "UN", b"1.5 "), (2, "UN", b"DOE "), (3, "UN", b"1.5 "), (4, "UN", b"1.5 ")]
    assert [code for code, _ in decided(make.private_block(CLAIMED, values), claims=said)] == ["K", "X", "X", "X"]


def test_a_block_whose_actions_cannot_be_read_is_unsafe_and_a_damaged_sequence_says_nothing():
    whole = make.sequence(0x00080300, [claim(0x0029, CLAIMED, "SAFE", actions=[("D", (1,))])])
    inner, outer = whole.rfind(b"\xfe\xff\x00\xe0"), whole.find(b"\xfe\xff\x00\xe0")
    assert characteristics(header(whole))[0x0029, CLAIMED].actions == {1: "D"}
    assert characteristics(header(whole[:inner] + b"DOE^" + whole[inner + 4 :])) == {(0x0029, CLAIMED): UNSAFE}
    assert characteristics(header(whole[:outer] + b"DOE^" + whole[outer + 4 :])) == {}


@given(st.binary(max_size=200))
def test_nothing_that_a_file_says_raises(content):
    for one in (make.item(content), content):
        assert isinstance(characteristics(header(make.element(0x00080300, "SQ", one))), dict)
