"""Which rule: the project's tables against the standard's, compound codes by Type, roles of UIDs."""

import csv
from pathlib import Path

import pytest
from pydicom.datadict import DicomDictionary

from dicomconv.deid.actions import dummies, dummy
from dicomconv.deid.profile import COMPOUND, iod_of, listed_tags, rule, type_of
from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, LONG_VRS, SHORT_VRS, scan
from dicomconv.standard import OPTIONS, confidentiality, stricter, tag_of, uid_roles, vr_of

STANDARD = Path(__file__).parents[3] / "shared" / "standard"
needs_standard = pytest.mark.skipif(not STANDARD.is_dir(), reason="the tables to compare with are not on this machine")
CT, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.22"


def standard_rows(name):
    with (STANDARD / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@needs_standard
def test_every_row_and_column_of_table_e_1_1_is_in_the_projects_table():
    own = confidentiality()
    for row in standard_rows("ps315_e1_1.csv"):
        tag = row["tag"].strip("()").replace(",", "") if "gggg" not in row["tag"] else "private"
        assert own[tag].basic == row["basic_profile"], tag
        assert own[tag].options == tuple(row[option] for option in OPTIONS), tag
    assert len(own) == 657


@needs_standard
def test_compound_codes_come_out_as_the_standards_types_say_in_every_iod():
    for row in standard_rows("ps315_e1_1_compound_by_iod.csv"):
        tag = int(row["tag"].strip("()").replace(",", ""), 16)
        assert rule(tag, row["iod"], "").code == row["resolved_action"], (row["keyword"], row["iod"])


def test_every_listed_attribute_has_a_code_and_a_vr():
    for tag in listed_tags():
        assert rule(tag, "", "").code in "KXZDUR"
        assert vr_of(tag), f"{tag:08X}"


def test_every_vr_has_a_dummy_and_every_dummy_is_an_element_of_its_vr():
    assert set(dummies()) >= LONG_VRS | SHORT_VRS
    for tag in {*listed_tags(), *stricter()} - {tag for tag in listed_tags() if tag >> 16 < 8}:
        for encoding in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG):
            encoded = dummy(tag, encoding)
            [element] = scan(encoded, 0, len(encoded), encoding, 1).elements
            assert (element.tag, element.vr, element.end) == (tag, vr_of(tag), len(encoded))


def test_a_compound_code_without_a_known_type_is_the_strongest():
    for code, by_type in COMPOUND.items():
        strongest = code.removesuffix("*").split("/")[-1]
        assert by_type[""] == strongest


@pytest.mark.parametrize(
    ("keyword", "iod", "path", "code"),
    [
        ("AcquisitionDateTime", "ct-image", "", "X"),
        ("AcquisitionDateTime", "enhanced-ct-image", "", "D"),
        ("SeriesDate", "ct-image", "", "X"),
        ("ContentDate", "ct-image", "", "Z"),
        ("DeviceSerialNumber", "enhanced-mr-image", "", "D"),
        ("DeviceSerialNumber", "ct-image", "", "X"),
        ("DeviceSerialNumber", "", "", "D"),
        ("DeviceSerialNumber", "ct-image", "RequestAttributesSequence", "D"),
    ],
)
def test_the_type_in_the_iod_and_path_decides(keyword, iod, path, code):
    assert rule(tag_of(keyword), iod, path).code == code


def test_conditional_types_count_as_if_present():
    assert type_of("ReferencedImageSequence", "enhanced-ct-image", "SharedFunctionalGroupsSequence") == "2"
    assert iod_of(CT) == "ct-image"
    assert iod_of("1.2.3.4") == ""


@pytest.mark.parametrize(
    "tag",
    [0x00091001, 0x00090010, 0x00040000, 0x00041130, 0x00080000, 0x50000005, 0x60003000, 0x60000022, 0x60001500,
     0x00081234, 0xFFFAFFFA, 0xFFFCFFFC, 0x00880200, 0x04000561, 0x04000500, 0x00020016],
)  # fmt: skip
def test_what_no_rule_keeps_is_removed(tag):
    assert rule(tag, "ct-image", "").code == "X"


def test_every_uid_attribute_has_a_role_and_unknown_ones_are_replaced():
    for tag, entry in DicomDictionary.items():
        if entry[0] == "UI" and tag >> 16 > 4 and tag not in uid_roles() and f"{tag:08X}" not in confidentiality():
            assert rule(tag, "", "").code == "U"
    assert rule(tag_of("SOPClassUID"), "", "").code == "K"
    assert rule(tag_of("CodingSchemeUID"), "", "").code == "R"
    assert rule(tag_of("TargetFrameOfReferenceUID"), "", "").code == "U"


def test_no_attribute_that_names_a_person_is_kept():
    for tag, entry in DicomDictionary.items():
        if entry[0] == "PN" and tag >> 16 > 4:
            assert rule(tag, "ct-image", "").code in "XZD", entry[4]


def test_every_stricter_row_says_why_and_is_not_in_table_e_1_1():
    for tag, row in stricter().items():
        assert row.reason
        assert f"{tag:08X}" not in confidentiality()
        assert tag_of(row.keyword) == tag


def test_references_in_functional_groups_keep_their_items():
    assert (
        rule(
            tag_of("SourceImageSequence"), "segmentation", "SharedFunctionalGroupsSequence.DerivationImageSequence"
        ).code
        in "UK"
    )
    assert rule(tag_of("ContentSequence"), iod_of(SR), "").code == "D"
