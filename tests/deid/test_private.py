"""Private elements stay by creator and offset in any block, or not at all."""

import csv
import pickle
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.private import (
    Blocks,
    SafeAttribute,
    SafeList,
    decide,
    is_creator,
    needed_creators,
    parsed_un,
    safe_attributes,
    sane,
)
from dicomconv.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, LONG_VRS, SHORT_VRS, scan
from dicomconv.header import Header
from tests import make, strategies

STANDARD = Path(__file__).parents[3] / "shared" / "standard"
needs_standard = pytest.mark.skipif(not STANDARD.is_dir(), reason="the tables to compare with are not on this machine")
SAFE = SafeList()
VALUES = {
    "AT": b"\x08\x00\x18\x00", "CS": b"YES ", "DS": b"1.5 ", "IS": b"12", "LO": b"Text", "LT": b"Text", "OB": b"\1\2",
    "OW": b"\1\2", "OW/OB": b"\1\2", "SH": b"Text", "ST": b"Text", "UI": b"1.2.840.99\0"[:10], "FL": struct.pack("<f", 0.5),
    "FD": struct.pack("<d", 0.5), "SL": struct.pack("<i", 7), "SS": struct.pack("<h", 7), "UL": struct.pack("<I", 7),
    "US": struct.pack("<H", 7),
}  # fmt: skip
ITEM = make.item(make.text(0x00080060, "CS", "MR", "implicit"), "implicit")


def header(*encoded, encoding=EXPLICIT_LITTLE):
    buffer = b"".join(encoded)
    found = scan(buffer, 0, len(buffer), encoding)
    assert found.stop == len(buffer)
    return Header(buffer, found.elements, encoding)


def decided(*encoded, safe_list=SAFE, claims=None, encoding=EXPLICIT_LITTLE):
    """Code and VR of each private element that is no creator."""
    read = header(*encoded, encoding=encoding)
    blocks = Blocks.of(read, claims)
    private = [one for one in read if one.tag >> 16 & 1 and not is_creator(one.tag)]
    return [(one.code, one.vr) for one in (decide(blocks, element, safe_list) for element in private)]


def block(creator, group, offset, vr, value, *, number=0x10, encoding="explicit"):
    reserved = make.text(group << 16 | number, "LO", creator, encoding)
    return reserved + make.element(group << 16 | number << 8 | offset, vr, value, encoding)


def listed_value(row):
    """A value as the list says it: its VR, as many values as its VM asks for."""
    if row.vr == "SQ":
        return make.item(b"")
    value, least = VALUES[row.vr or "FD"], max(1, int(row.vm[0]))
    if row.vr in ("CS", "DS", "IS", "LO", "SH"):
        joined = b"\\".join([value.strip()] * least)
        return joined + b" " * (len(joined) % 2)
    return value * least


@needs_standard
def test_every_row_of_the_standards_table_is_in_the_projects():
    with (STANDARD / "ps315_safe_private.csv").open(encoding="utf-8", newline="") as file:
        theirs = list(csv.DictReader(file))
    assert len(theirs) == len(safe_attributes()) == 479
    for row in theirs:
        own = safe_attributes()[row["private_creator"], int(row["tag"][1:5], 16), int(row["tag"][8:10], 16)]
        assert (own.vr, own.vm, own.meaning) == (row["vr"], row["vm"], row["meaning"])


@pytest.mark.parametrize("number", [0x10, 0x11, 0xFF])
def test_every_listed_attribute_stays_in_any_block(number):
    for row in safe_attributes().values():
        vr = row.vr.split("/")[0] or "FD"
        encoded = block(row.creator, row.group, row.offset, vr, listed_value(row), number=number)
        assert decided(encoded) == [("U" if vr == "UI" else "K", vr)], row


def test_every_listed_attribute_stays_under_un_if_its_value_is_of_its_vr():
    for row in safe_attributes().values():
        value = ITEM if row.vr == "SQ" else listed_value(row)
        [(code, vr)] = decided(block(row.creator, row.group, row.offset, "UN", value))
        assert (code, vr) == (("X", "UN") if not row.vr else ("U" if row.vr == "UI" else "K", row.vr.split("/")[0])), (
            row
        )


@given(strategies.private_blocks())
def test_a_creator_that_is_not_on_the_list_keeps_nothing(made):
    assert {code for code, _ in decided(made[1])} <= {"X"}


@pytest.mark.parametrize("creator", ["gems_parm_01", "GEMS_PARM_02", "GEMS_PARM_01\0X", "GEMS_PARM_01\\B", ""])
def test_another_creator_is_not_the_listed_one(creator):
    assert decided(block(creator, 0x0043, 0x27, "SH", b"0.5:1 ")) == [("X", "UN")]


@pytest.mark.parametrize("creator", ["GEMS_PARM_01", "GEMS_PARM_01  ", " GEMS_PARM_01", "GEMS_PARM_01\0\0"])
def test_the_padding_of_a_creator_does_not_count(creator):
    assert decided(block(creator, 0x0043, 0x27, "SH", b"0.5:1 ")) == [("K", "SH")]


def test_the_group_and_the_offset_count():
    assert decided(block("GEMS_PARM_01", 0x0045, 0x27, "SH", b"0.5:1 "))[0][0] == "X"
    assert decided(block("GEMS_PARM_01", 0x0043, 0x28, "SH", b"0.5:1 "))[0][0] == "X"


@pytest.mark.parametrize("tag", [0x00431027, 0x00431127, 0x00430001, 0x00430127, 0x00010010, 0x00011001])
def test_an_element_whose_block_nobody_reserved_goes(tag):
    creator = make.text(0x00430012, "LO", "GEMS_PARM_01")
    encoded = sorted([(0x00430012, creator), (tag, make.element(tag, "SH", b"0.5:1 "))])
    read = header(*(one for _, one in encoded))
    assert decide(Blocks.of(read), read.element(tag), SAFE).code == "X"


@pytest.mark.parametrize("group", [0x0001, 0x0007, 0xFFFF])
def test_groups_that_are_not_for_private_use_have_no_blocks(group):
    own = SafeList((SafeAttribute("ACME", group, 0x01, "LO", "1", "Kernel"),))
    assert {code for code, _ in decided(block("ACME", group, 0x01, "LO", b"B30f"), safe_list=own)} == {"X"}


@pytest.mark.parametrize(("creator", "tag"), [("GEMS_ACQU_01", 0x00191023), ("SIEMENS Ultrasound SC2000", 0x01191011)])
def test_a_sequence_where_the_list_has_none_goes(creator, tag):
    reserved = make.text(tag & 0xFFFF0000 | 0x10, "LO", creator)
    for vr, undefined in (("SQ", False), ("SQ", True), ("UN", True), ("UN", False)):
        assert decided(reserved + make.sequence(tag, [ITEM], undefined=undefined, vr=vr))[0][0] == "X"


def test_an_item_does_not_inherit_the_blocks_of_what_it_stands_in():
    inner = make.element(0x00431027, "SH", b"0.5:1 ")
    outer = header(make.text(0x00430010, "LO", "GEMS_PARM_01"), inner)
    item = header(inner)
    assert decide(Blocks.of(outer), outer.element(0x00431027), SAFE).code == "K"
    assert decide(Blocks.of(item), item.element(0x00431027), SAFE).code == "X"


@given(st.sets(st.integers(0, 0xFFFFFFFF)))
def test_a_creator_is_needed_exactly_when_an_element_of_its_block_stays(tags):
    private = {tag for tag in tags if tag >> 16 & 1 and tag & 0xFFFF >= 0x1000}
    assert needed_creators(tags) == {tag >> 16 << 16 | tag >> 8 & 0xFF for tag in private}


def test_a_creator_itself_is_not_kept_for_its_own_sake():
    read = header(make.text(0x00430010, "LO", "GEMS_PARM_01"))
    assert decide(Blocks.of(read), read.element(0x00430010), SAFE).code == "X"
    assert needed_creators([0x00430010]) == set()


@pytest.mark.parametrize(
    ("creator", "group", "offset", "vr", "value"),
    [
        ("GEMS_ACQU_01", 0x0019, 0x23, "DS", b"DOE^JANE"),
        ("GEMS_ACQU_01", 0x0019, 0x23, "LO", b"DOE^JANE"),
        ("GEMS_ACQU_01", 0x0019, 0x23, "UN", b"DOE^JANE"),
        ("GEMS_ACQU_01", 0x0019, 0x23, "PN", b"1.5 "),
        ("GEMS_ACQU_01", 0x0019, 0x23, "DS", b"1\\2 "),
        ("GEMS_ACQU_01", 0x0019, 0x9E, "LO", b"19771103"),
        ("GEMS_ACQU_01", 0x0019, 0x9E, "PN", b"DOE^JANE"),
        ("GEMS_ACQU_01", 0x0019, 0x9E, "UN", b"a\1b\2"),
        ("GEMS_PARM_01", 0x0043, 0x39, "IS", b"1\\2\\3 "),
        ("SIEMENS MR HEADER", 0x0019, 0x0E, "UN", b"DOE^JANE, 19771103 HERE "),
        ("SIEMENS MR HEADER", 0x0019, 0x0E, "FD", b"Doe, Jane; 3 Main Street"),
        ("SIEMENS MR HEADER", 0x0019, 0x0D, "CS", b"Doe^Jane"),
        ("Philips Imaging DD 001", 0x2001, 0x5F, "UN", b"DOE^JANE"),
        ("Philips Imaging DD 001", 0x2001, 0x5F, "OB", b"DOE^JANE"),
        ("NQHeader", 0x0099, 0x02, "LO", b"1.2.3 "),
    ],
)
def test_a_safe_attribute_whose_value_is_none_of_its_own_goes(creator, group, offset, vr, value):
    assert decided(block(creator, group, offset, vr, value))[0][0] == "X"


@pytest.mark.parametrize(
    ("creator", "group", "offset", "vr", "value"),
    [
        ("SIEMENS MR HEADER", 0x0019, 0x0C, "SL", struct.pack("<i", 1000)),
        ("GEMS_ACQU_01", 0x0019, 0x23, "FL", struct.pack("<f", 39.37)),
        ("GEMS_ACQU_01", 0x0019, 0x23, "LO", b"39.37 "),
        ("GEMS_PARM_01", 0x0043, 0x6F, "DS", b"1.5\\2\\3 "),
        ("GEMS_PARM_01", 0x0043, 0x6F, "DS", b""),
        ("Philips Imaging DD 001", 0x2001, 0x7D, "OB", b"\1\2"),
    ],
)
def test_a_safe_attribute_stays_under_a_vr_that_can_hold_its_values(creator, group, offset, vr, value):
    assert decided(block(creator, group, offset, vr, value)) == [("K", vr)]


def test_implicit_vr_takes_the_lists_vr():
    encoded = block("GEMS_ACQU_01", 0x0019, 0x23, "DS", b"1.5 ", encoding="implicit")
    assert decided(encoded, encoding=IMPLICIT_LITTLE) == [("K", "DS")]


def test_ones_own_list_adds_to_the_standards_and_travels():
    own = SafeList((SafeAttribute("ACME", 0x0029, 0x01, "LO", "1", "Kernel"),))
    encoded = block("ACME", 0x0029, 0x01, "LO", b"B30f")
    assert decided(encoded) == [("X", "UN")]
    assert decided(encoded, safe_list=pickle.loads(pickle.dumps(own))) == [("K", "LO")]
    assert hash(own) == hash(pickle.loads(pickle.dumps(own)))


@given(
    st.sampled_from([*sorted(LONG_VRS | SHORT_VRS), "", "OW/OB"]),
    st.sampled_from(["1", "2-n", "0-1", "x"]),
    st.binary(max_size=50),
)
def test_no_value_makes_the_check_raise_and_no_control_character_passes_as_text(vr, vm, value):
    if sane(vr, vm, value) and vr in ("LO", "SH", "CS", "DS", "IS"):
        body = value.rstrip(b" \0").translate(None, b"\t\r\n\f\x1b")
        assert not any(byte < 0x20 or byte == 0x7F for byte in body)


@pytest.mark.parametrize(
    ("vm", "count", "fits"),
    [("1", 1, True), ("1", 2, False), ("1", 0, True), ("2-n", 1, False), ("2-n", 9, True), ("0-1", 2, False), ("3-4", 3, True),
     ("3-4", 5, False), ("0-n", 7, True)],
)  # fmt: skip
def test_as_many_values_as_the_vm_allows(vm, count, fits):
    assert sane("US", vm, b"\1\0" * count) == fits
    text = b"\\".join([b"1"] * count)
    assert sane("IS", vm, text + b" " * (len(text) % 2)) == fits


@given(st.lists(strategies.datasets("implicit", 1), min_size=1, max_size=3), st.booleans())
def test_a_sequence_of_implicit_items_under_un_is_seen(contents, undefined):
    assert parsed_un(b"".join(make.item(content, "implicit", undefined=undefined) for content in contents))


@given(strategies.datasets("implicit", 1).filter(bool), st.data())
def test_a_sequence_that_does_not_end_with_its_value_is_none(content, data):
    value = make.item(content, "implicit")
    cut = data.draw(st.integers(0, len(value) - 1))
    assert not parsed_un(value[:cut])
    assert not parsed_un(value + b"DOE^JANE")


@given(st.binary(max_size=200))
def test_no_value_of_vr_un_raises(value):
    assert parsed_un(value) in (True, False)
    assert parsed_un(b"\xfe\xff\x00\xe0" + value) in (True, False)


def test_explicit_items_and_a_damaged_inner_sequence_are_no_implicit_ones():
    assert not parsed_un(make.item(make.text(0x00080060, "CS", "MR")))
    inner = make.element(0x00081140, "SQ", b"DOE^JANE", "implicit")
    assert not parsed_un(make.item(inner, "implicit"))
    assert not parsed_un(b"")
