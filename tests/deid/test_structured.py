"""Content items by concept and Value Type: every row of the table, and what no table has."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sr._snomed_dict import mapping

from dicomconv.deid.structured import VALUE_OF_TYPE, concept_rule, concepts, is_content_item, rule_of_item
from dicomconv.elements import EXPLICIT_LITTLE, scan
from dicomconv.header import Header
from dicomconv.standard import OPTIONS, rows, tag_of
from tests import make

STANDARD = Path(__file__).parents[3] / "shared" / "standard"
needs_standard = pytest.mark.skipif(not STANDARD.is_dir(), reason="the tables to compare with are not on this machine")
NONE = frozenset[str]()
FULL, MODIFIED = "retain_longitudinal_full_dates", "retain_longitudinal_modified_dates"
TABLE = rows("ps3.15_e.3.4-1.csv")
OPTION_SETS = st.sets(st.sampled_from(OPTIONS)).map(frozenset).filter(lambda chosen: not {FULL, MODIFIED} <= chosen)
TYPES = [*VALUE_OF_TYPE, "SCOORD", "TCOORD", "TABLE", ""]


def code_item(code_value, scheme="DCM"):
    return [{"CodeValue": code_value, "CodingSchemeDesignator": scheme, "CodeMeaning": "Meaning"}]


def item(value_type=None, concept=None, **values):
    """A content item as a header; a concept as (code value, scheme)."""
    attributes = {
        "ValueType": value_type,
        **({"ConceptNameCodeSequence": code_item(*concept)} if concept else {}),
        **values,
    }
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, make.dataset(attributes))
    content = buffer.getvalue()
    return Header(content, scan(content, 0, len(content), EXPLICIT_LITTLE).elements, EXPLICIT_LITTLE)


def age(number, unit):
    measured = [{"NumericValue": str(number), "MeasurementUnitsCodeSequence": code_item(unit, "UCUM")}]
    return item("NUM", ("121033", "DCM"), MeasuredValueSequence=measured)


def codes(rule):
    """The codes of a kept item's values by keyword; "drop" if it goes."""
    if rule.action == "drop":
        return "drop"
    keywords = {tag_of(name): name for name in {*VALUE_OF_TYPE.values(), "ContentSequence"}}
    return {keywords[tag]: code for tag, code in rule.values.items()}


@needs_standard
def test_every_row_of_the_standards_table_is_in_the_projects():
    with (STANDARD / "ps315_e3_4_1_structured_content.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == TABLE
    assert len(TABLE) == sum(map(len, concepts().values()))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['code_value']} {row['value_type']}")
def test_every_row_comes_out_as_the_table_says(row):
    def code(*options):
        return concept_rule(row["code_value"], row["coding_scheme_designator"], row["value_type"], frozenset(options))

    assert (code() == "X") == (row["basic_profile"] == "X")
    for option in OPTIONS:
        said = row.get(option, "")
        expected = {"": code(), "K": "K", "C": "S" if option == MODIFIED else "C"}[said]
        assert code(option) == expected, option


@given(st.sampled_from(TABLE), OPTION_SETS)
def test_no_set_of_options_lets_more_stay_than_its_single_options(row, options):
    concept = row["code_value"], row["coding_scheme_designator"], row["value_type"]
    singles = {concept_rule(*concept, NONE), *(concept_rule(*concept, frozenset({one})) for one in options)}
    assert concept_rule(*concept, options) in singles


@given(
    st.text(max_size=12),
    st.sampled_from(["DCM", "SCT", "SRT", "99X", ""]),
    st.sampled_from([*TYPES, "WHAT"]),
    OPTION_SETS,
)
def test_every_concept_under_every_value_type_has_a_code_and_no_text_or_name_is_kept_unseen(
    code, scheme, kind, options
):
    made = concept_rule(code, scheme, kind, options)
    assert made in set("KCSUDZX")
    if (code, scheme.lower()) not in concepts():
        assert made != "K" or kind not in ("TEXT", "PNAME")
        assert made != "K" or kind not in ("DATE", "TIME", "DATETIME") or FULL in options
        assert made != "K" or kind != "UIDREF" or "retain_uids" in options


def test_each_retired_snomed_code_is_treated_as_the_one_of_today():
    for row in rows("ps3.16_o.csv"):
        for kind, options in (("TEXT", NONE), ("DATETIME", frozenset({MODIFIED})), ("COMPOSITE", NONE)):
            today = concept_rule(row["code_value"], "SCT", kind, options)
            for scheme in ("SRT", "SNM3", "99SDM", "srt "):
                assert concept_rule(row["retired_code_value"], scheme, kind, options) == today


def test_the_retired_snomed_codes_are_those_of_the_standard():
    listed = {row["retired_code_value"]: row["code_value"] for row in rows("ps3.16_o.csv")}
    assert set(listed.values()) == {row["code_value"] for row in TABLE if row["coding_scheme_designator"] == "SCT"}
    assert all(mapping["SRT"][old] == new for old, new in listed.items())


@pytest.mark.parametrize("scheme", ["NCDR [2.0b]", "NCDR", "ncdr [3.0]"])
def test_the_version_of_a_scheme_does_not_count(scheme):
    assert concept_rule("76", scheme, "PNAME", NONE) == "D"
    assert concept_rule("53", scheme, "TEXT", NONE) == "X"


@pytest.mark.parametrize("kind", ["TEXT", "CODE", "NUM", "PNAME", "UIDREF", "DATE", "COMPOSITE", "CONTAINER"])
def test_a_concept_that_identifies_goes_under_any_value_type(kind):
    assert concept_rule("121022", "DCM", kind, frozenset({"clean_descriptors"})) == "X"  # Accession Number


def test_a_descriptor_may_stay_as_a_code_though_the_table_has_it_as_a_text():
    assert concept_rule("121071", "DCM", "CODE", NONE) == "K"  # Finding


ITEMS = {
    "TEXT": {"TextValue": "Mrs Doe is well."}, "PNAME": {"PersonName": "DOE^JANE"}, "UIDREF": {"UID": "1.2.3"},
    "DATE": {"Date": "19771103"}, "TIME": {"Time": "101112"}, "DATETIME": {"DateTime": "19771103101112"},
    "CODE": {"ConceptCodeSequence": code_item("1")}, "CONTAINER": {"ContentSequence": []},
    "NUM": {"MeasuredValueSequence": [{"NumericValue": "1"}]}, "NUMERIC": {"NumericValue": "1"},
    "IMAGE": {"ReferencedSOPSequence": []}, "COMPOSITE": {"ReferencedSOPSequence": []},
    "WAVEFORM": {"ReferencedSOPSequence": []},
}  # fmt: skip
BASIC = {
    "TEXT": "D", "PNAME": "D", "UIDREF": "U", "DATE": "D", "TIME": "D", "DATETIME": "D", "CODE": "K", "CONTAINER": "K",
    "NUM": "K", "NUMERIC": "K", "IMAGE": "K", "COMPOSITE": "K", "WAVEFORM": "K",
}  # fmt: skip


@pytest.mark.parametrize("kind", ITEMS)
def test_a_concept_that_no_table_has_is_treated_by_its_value_type(kind):
    made = rule_of_item(item(kind, ("99999", "99ACME"), **ITEMS[kind]), NONE)
    assert codes(made) == {VALUE_OF_TYPE[kind]: BASIC[kind]}
    assert codes(rule_of_item(item(kind, **ITEMS[kind]), NONE)) == codes(made)


@pytest.mark.parametrize("kind", ["TEXT", "PNAME", "UIDREF", "DATE", "TIME", "DATETIME"])
def test_an_item_without_a_known_value_type_is_treated_by_the_value_it_holds(kind):
    for said in (None, "WHAT"):
        assert codes(rule_of_item(item(said, ("99999", "99ACME"), **ITEMS[kind]), NONE)) == {
            VALUE_OF_TYPE[kind]: BASIC[kind]
        }


def test_options_free_texts_and_dates_of_items():
    text, dated = item("TEXT", **ITEMS["TEXT"]), item("DATE", **ITEMS["DATE"])
    assert codes(rule_of_item(text, frozenset({"clean_descriptors"}))) == {"TextValue": "C"}
    assert codes(rule_of_item(dated, frozenset({MODIFIED}))) == {"Date": "S"}
    assert codes(rule_of_item(dated, frozenset({FULL}))) == {"Date": "K"}


def test_a_listed_concept_that_is_removed_takes_its_item_along():
    number = item("TEXT", ("121022", "DCM"), TextValue="ACC-0815")
    assert rule_of_item(number, frozenset(OPTIONS) - {FULL}).action == "drop"
    observer = item("PNAME", ("121008", "DCM"), PersonName="DOE^JANE")
    assert codes(rule_of_item(observer, NONE)) == {"PersonName": "D"}


def test_a_birth_date_goes_whatever_dates_are_retained():
    born = item("DATE", ("121031", "DCM"), Date="19771103")
    assert {rule_of_item(born, frozenset({dates})).action for dates in (FULL, MODIFIED)} == {"drop"}


def test_a_value_that_does_not_belong_to_the_value_type_goes():
    odd = item("CODE", ("121071", "DCM"), ConceptCodeSequence=code_item("1"), TextValue="DOE", PersonName="DOE^JANE")
    assert codes(rule_of_item(odd, NONE)) == {"TextValue": "X", "PersonName": "X", "ConceptCodeSequence": "K"}
    drawn = item("SCOORD", TextValue="DOE")
    assert codes(rule_of_item(drawn, NONE)) == {"TextValue": "X"}


@pytest.mark.parametrize("kind", ITEMS)
def test_where_items_cannot_go_nothing_is_left_of_their_value(kind):
    made = rule_of_item(item(kind, ("121022", "DCM"), **ITEMS[kind]), NONE, removal="dummy")
    assert made.action == "keep"
    expected = (
        "U" if kind == "UIDREF" else "K" if "ReferencedSOPSequence" in ITEMS[kind] else codes(made)[VALUE_OF_TYPE[kind]]
    )
    assert codes(made)[VALUE_OF_TYPE[kind]] == expected
    assert expected in "DZX" or kind in ("UIDREF", "IMAGE", "COMPOSITE", "WAVEFORM")
    below = rule_of_item(item(kind, ("121022", "DCM"), **{**ITEMS[kind], "ContentSequence": []}), NONE, removal="dummy")
    assert codes(below)["ContentSequence"] == "X"


@pytest.mark.parametrize(
    ("number", "unit", "kept"),
    [(89, "a", True), (90, "a", False), (93, "a", False), (1079, "mo", True), (1080, "mo", False), (40, "d", True),
     (33000, "d", False), (45, "??", False), (-1, "a", False)],
)  # fmt: skip
def test_an_age_is_retained_up_to_89_years_and_in_a_known_unit_only(number, unit, kept):
    retained = frozenset({"retain_patient_characteristics"})
    assert (rule_of_item(age(number, unit), retained).action == "keep") == kept
    assert rule_of_item(age(number, unit), NONE).action == "drop"
    assert rule_of_item(item("NUM", ("121033", "DCM"), MeasuredValueSequence=[]), retained).action == "drop"
    spoken = item("TEXT", ("121033", "DCM"), TextValue="93 years")
    assert rule_of_item(spoken, retained).action == "drop"


def test_code_values_of_any_length_are_read():
    for keyword in ("CodeValue", "LongCodeValue", "URNCodeValue"):
        concept = [{keyword: "121022", "CodingSchemeDesignator": "DCM"}]
        assert rule_of_item(item("TEXT", ConceptNameCodeSequence=concept, TextValue="ACC"), NONE).action == "drop"


@given(st.binary(max_size=60), st.binary(max_size=20).map(lambda raw: raw + b" " * (len(raw) % 2)), OPTION_SETS)
def test_no_item_raises_however_damaged(name, kind, options):
    content = make.element(tag_of("ValueType"), "CS", kind) + make.element(
        tag_of("ConceptNameCodeSequence"), "SQ", name
    )
    content += make.text(tag_of("TextValue"), "UT", "Mrs Doe is well.")
    damaged = Header(content, scan(content, 0, len(content), EXPLICIT_LITTLE).elements, EXPLICIT_LITTLE)
    made = rule_of_item(damaged, options)
    assert made.action == "drop" or made.values[tag_of("TextValue")] in "CDX"


def test_items_are_known_by_their_value_type_or_their_concept_and_value():
    assert is_content_item(item("CONTAINER"))
    assert is_content_item(item(None, ("121022", "DCM"), TextValue="ACC"))
    assert not is_content_item(item(None, ("121022", "DCM")))
    assert not is_content_item(item(None, TextValue="Text"))


def test_what_two_options_say_of_one_concept_is_the_stricter():
    both = frozenset({"retain_device_identity", "clean_descriptors"})
    assert concept_rule("121122", "DCM", "TEXT", both) == "C"  # Equipment Identification
