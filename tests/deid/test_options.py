"""Every attribute under every set of options has an action, and the engine carries it out; what it says of itself."""

import io
import struct
from functools import cache, lru_cache
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.datadict import DicomDictionary

from dicomconv.deid.actions import dummies, dummy_value
from dicomconv.deid.dates import role_of_date, shifted
from dicomconv.deid.deidentify import Deidentifier, Patient
from dicomconv.deid.markers import codes
from dicomconv.deid.options import (
    BY_NAME,
    DEVICE,
    FULL_DATES,
    MODIFIED_DATES,
    OPTIONS,
    PRESETS,
    names_of,
    options_of,
)
from dicomconv.deid.profile import Profile, is_image, listed_tags, rule
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.deid.values import BINARY_VRS, STRING_VRS, is_valid
from dicomconv.elements import EXPLICIT_LITTLE, LONG_VRS, SHORT_VRS, scan
from dicomconv.encode import encode
from dicomconv.errors import UsageError
from dicomconv.part10 import split
from dicomconv.source import Original
from dicomconv.standard import OPTIONS as COLUMNS
from dicomconv.standard import confidentiality, keyword_of, modules_of_iod, stricter, tag_of, uid_roles, vr_of
from tests import make, strategies

KEY = b"k" * 32
PATIENT = Patient("DEID-TEST")
SHIFT = Pseudonyms(KEY).shift_days(PATIENT.patient_id)
SETS = {
    "basic": frozenset(),
    **{option.name: frozenset({option.column}) for option in OPTIONS},
    **{f"preset {name}": options for name, options in PRESETS.items() if options},
    **{f"{a.name} {b.name}": frozenset({a.column, b.column}) for a, b in combinations(OPTIONS, 2)
       if {a.column, b.column} != {FULL_DATES, MODIFIED_DATES}},
}  # fmt: skip
TAGS = tuple(sorted({
    tag
    for tag in (*listed_tags(), *stricter(), *uid_roles(), *DicomDictionary)
    if 4 < tag >> 16 < 0x7FE0 and not tag >> 16 & 1 and tag & 0xFFFF and vr_of(tag) in LONG_VRS | SHORT_VRS
}))  # fmt: skip
SPOKEN_OF = tuple(
    sorted({*listed_tags(), *stricter(), *uid_roles(), tag_of("Rows"), tag_of("ConceptNameCodeSequence")})
)
ANY_OPTIONS = st.sets(st.sampled_from([option.column for option in OPTIONS])).map(frozenset).filter(
    lambda options: not {FULL_DATES, MODIFIED_DATES} <= options
)  # fmt: skip
# What the engine writes itself, and what tells it how to read the rest
WRITTEN = {
    tag_of(keyword)
    for keyword in (
        "PatientName", "PatientID", "SOPClassUID", "SOPInstanceUID", "SpecificCharacterSet", "PatientIdentityRemoved",
        "DeidentificationMethod", "DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified",
        "ContributingEquipmentSequence", "EncapsulatedDocument", "EncapsulatedDocumentLength", "PixelRepresentation",
        "PrivateDataElementCharacteristicsSequence",
    )
}  # fmt: skip
PLACED = {int.from_bytes(e[:2], "little") << 16 | int.from_bytes(e[2:4], "little"): e for e in make.minimal()}
TEXTS = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def letters(number: int) -> str:
    """A word that nobody knows, another for each number."""
    return "ZQ" + "".join("BDFGHJKLMN"[int(digit)] for digit in f"{number:04}") + "X"


def plain(vr: str, number: int) -> bytes:
    """A valid value of a VR, another for each number, that no dummy holds."""
    word = letters(number)
    day = f"20{number % 80:02}{number // 80 % 12 + 1:02}{number // 960 + 11:02}"
    values = {
        "AS": "033Y", "DA": day, "DT": f"{day}1213", "TM": "121314", "DS": f"7{number}.25", "IS": f"7{number}",
        "UI": f"1.2.7.{number + 1}", "UR": f"https://{word}.example", **dict.fromkeys(TEXTS | {"AE", "CS"}, word),
    }  # fmt: skip
    if vr in values:
        value = values[vr].encode()
        return value + (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    formats = {"FD": "<d", "FL": "<f", "SL": "<i", "SS": "<h", "SV": "<q", "UL": "<I", "US": "<H", "UV": "<Q"}
    if vr in formats:
        return struct.pack(formats[vr], 7000 + number)
    return struct.pack("<HH", 0x7171, number) * (1 if vr == "AT" else 2)


def content_of(tag: int, number: int) -> bytes:
    """An element with a value of its VR; a sequence with an item that names somebody and is drawn and written."""
    vr = vr_of(tag) or "UN"
    if vr != "SQ":
        return encode(tag, vr, plain(vr, number), EXPLICIT_LITTLE)
    inside = [
        make.text(tag_of("PatientComments"), "LT", letters(number)),
        make.sequence(tag_of("GraphicObjectSequence"), [make.item(make.text(0x00700023, "CS", "POINT"))]),
    ]
    return make.sequence(tag, [make.item(b"".join(inside))])


@cache
def everything() -> bytes:
    """A file with every attribute that a table knows, each with a value of its own."""
    own = {tag: content_of(tag, number) for number, tag in enumerate(TAGS) if tag not in WRITTEN}
    elements = {**own, **PLACED}
    return make.raw_dataset(*(elements[tag] for tag in sorted(elements)))


def deidentified(content: bytes, profile: Profile) -> bytes:
    """The bytes of a de-identified file."""
    deidentifier = Deidentifier(Pseudonyms(KEY), PATIENT, profile, Scrubber(Identifiers()))
    return b"".join(deidentifier(Original(1, "unused", split(content))).chunks())


@lru_cache(maxsize=2)
def values_of(content: bytes) -> dict[int, bytes]:
    """The value of each element of the top level."""
    parts = split(content)
    return {element.tag: parts.head[element.value : element.end] for element in parts.elements}


def wrong_with(tag: int, number: int, profile: Profile, result: bytes) -> str:
    """What is wrong with what became of an attribute; nothing if its code was carried out."""
    before, now, vr = values_before()[tag], values_of(result).get(tag), vr_of(tag)
    code = profile.rule(tag, "ct-image", "").code
    if letters(number).encode() in result and (code != "K" or vr == "SQ"):
        return "its value is somewhere in the result"
    if code == "K" and vr not in ("SQ", "AS"):
        return "" if now == before else "it was not kept"
    if code == "S":
        return "" if (now or b"").strip() == (shifted(vr or "", before, SHIFT) or b"").strip() else "it was not shifted"
    if code == "X":
        return "" if now is None else "it was not removed"
    return (
        "its value is still there" if vr != "SQ" and code not in "KIG" and before.strip(b" \0") in (now or b"") else ""
    )


@cache
def values_before() -> dict[int, bytes]:
    """The values of that file."""
    return values_of(everything())


def check_all(options: frozenset[str]) -> None:
    """Every attribute with a value of its own: what its code says was done, and what came out is a value of its VR."""
    profile, result = Profile(options), deidentified(everything(), Profile(options))
    for number, tag in enumerate(TAGS):
        if tag not in WRITTEN and tag not in PLACED:
            assert wrong_with(tag, number, profile, result) == "", (
                f"{keyword_of(tag)} {profile.rule(tag, 'ct-image', '')}"
            )
    for tag, value in values_of(result).items():
        assert vr_of(tag) == "SQ" or is_valid(vr_of(tag) or "UN", value), keyword_of(tag)


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_left_of_a_value_whose_code_is_not_to_keep_it(name: str) -> None:
    check_all(SETS[name])


@settings(deadline=None, max_examples=10)
@given(ANY_OPTIONS)
def test_that_holds_for_any_options_that_go_together(options: frozenset[str]) -> None:
    check_all(options)


@settings(deadline=None, max_examples=150)
@given(
    ANY_OPTIONS, st.sampled_from(["", *sorted(modules_of_iod())]), st.sampled_from(["", "RequestAttributesSequence"])
)
def test_every_attribute_has_a_code_that_can_be_carried_out_for_its_vr(
    options: frozenset[str], iod: str, path: str
) -> None:
    allowed = {
        "T": TEXTS, "C": TEXTS | {"OB"}, "S": {"DA", "DT", "TM", "SH"}, "P": TEXTS | {"AE"}, "I": {"SQ"}, "G": {"SQ"},
        "V": set(), "R": {"UI"}, "U": {"UI", "SQ"},
    }  # fmt: skip
    profile = Profile(options)
    for tag in SPOKEN_OF:
        found, vr = profile.rule(tag, iod, path), vr_of(tag)
        for code in (found.code, found.otherwise):
            assert code in "KXZD" or vr in allowed[code], f"{keyword_of(tag)} {vr} {code}"
        assert found.source, keyword_of(tag)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_OPTIONS, st.data(), st.sampled_from(make.ENCODINGS))
def test_no_value_makes_an_option_fail_and_twice_is_the_same(
    options: frozenset[str], data: st.DataObject, encoding: make.Encoding
) -> None:
    tags = data.draw(st.lists(st.sampled_from([tag for tag in TAGS if tag not in WRITTEN]), unique=True, max_size=5))
    odd = st.one_of(st.binary(max_size=40), st.text("0123456789.-+:\\ ^DWMYZ", max_size=20).map(str.encode))
    extra = []
    for tag in tags:
        value = data.draw(odd)
        extra.append(make.element(tag, vr_of(tag) or "UN", value + b" " * (len(value) % 2), encoding))
    more = data.draw(strategies.datasets(encoding))
    content = make.raw_dataset(*_in_order([*extra, *make.minimal(encoding)], more, encoding), encoding=encoding)
    once = deidentified(content, Profile(options))
    assert once == deidentified(content, Profile(options))
    assert split(once).trailing == 0


def _in_order(own: list[bytes], more: bytes, encoding: make.Encoding) -> list[bytes]:
    from dicomconv.elements import EXPLICIT_BIG, IMPLICIT_LITTLE

    known = {"implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "big": EXPLICIT_BIG}[encoding]
    order = "big" if encoding == "big" else "little"
    by_tag = {e.tag: more[e.start : e.end] for e in scan(more, 0, len(more), known, 1).elements if e.tag >> 16 != 0x28}
    by_tag |= {int.from_bytes(e[:2], order) << 16 | int.from_bytes(e[2:4], order): e for e in own}
    return [by_tag[tag] for tag in sorted(by_tag)]


def test_every_vr_has_a_dummy_that_is_a_value_of_it() -> None:
    for vr in (LONG_VRS | SHORT_VRS) - {"SQ"}:
        encoded = encode(0x00081010, vr, dummy_value(vr, dummies()[vr], EXPLICIT_LITTLE), EXPLICIT_LITTLE)
        assert is_valid(vr, encoded[12 if vr in LONG_VRS else 8 :]), vr
    assert BINARY_VRS | STRING_VRS | {"SQ"} == LONG_VRS | SHORT_VRS


def test_an_option_says_for_each_attribute_what_its_column_says() -> None:
    for column, option in zip(COLUMNS, (frozenset({one}) for one in COLUMNS), strict=True):
        for tag in listed_tags():
            row = confidentiality()[f"{tag:08X}"]
            said, found, basic = (
                row.options[COLUMNS.index(column)],
                Profile(option).rule(tag, "ct-image", ""),
                rule(tag, "ct-image", ""),
            )
            if said == "K":
                assert found.code == "K", (column, row.keyword)
            elif not said and not (column == "retain_uids" and basic.code == "U"):
                assert found[:2] == basic[:2], (column, row.keyword)


def test_no_option_changes_what_the_basic_profile_keeps() -> None:
    for options in SETS.values():
        for tag in TAGS:
            if rule(tag, "ct-image", "").code in "KT":
                assert Profile(options).rule(tag, "ct-image", "") == rule(tag, "ct-image", ""), keyword_of(tag)


def test_modified_dates_win_over_device_identity_on_the_eleven_attributes_where_both_speak() -> None:
    places = COLUMNS.index(DEVICE), COLUMNS.index(MODIFIED_DATES)
    both = [tag for tag in listed_tags() if all(confidentiality()[f"{tag:08X}"].options[place] for place in places)]
    assert len(both) == 11
    profile = Profile(frozenset({DEVICE, MODIFIED_DATES}))
    for tag in both:
        is_time = vr_of(tag) == "TM"
        expected = "S" if is_time or role_of_date(tag) == "shift" else {"dummy": "D", "keep": "K"}[role_of_date(tag)]
        assert profile.rule(tag, "ct-image", "").code == expected, keyword_of(tag)


def test_a_date_of_a_device_is_not_shifted_though_the_device_is_kept() -> None:
    profile = Profile(frozenset({DEVICE, MODIFIED_DATES}))
    content = make.ct_slice(DateOfLastCalibration=["20190101", "20190201"], StudyDate="20200102")
    dataset = dcmread(io.BytesIO(deidentified(content, profile)))
    assert dataset.DateOfLastCalibration == "19000101"
    assert dataset.StudyDate.encode() == shifted("DA", b"20200102", SHIFT)


@pytest.mark.parametrize(
    "names", [["retain-full-dates", "retain-modified-dates"], ["retain-all"], ["RETAIN-UIDS"], [""]]
)
def test_options_that_do_not_go_together_or_do_not_exist_are_a_usage_error(names: list[str]) -> None:
    with pytest.raises(UsageError):
        options_of(names)


@pytest.mark.parametrize("preset", ["", "Basic", "all"])
def test_a_preset_that_does_not_exist_is_a_usage_error(preset: str) -> None:
    with pytest.raises(UsageError):
        options_of([], preset)


def test_full_dates_beside_a_preset_that_modifies_them_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="both"):
        options_of(["retain-full-dates"], "research")


@given(st.sets(st.sampled_from(sorted(BY_NAME))))
def test_names_and_columns_stand_for_each_other(names: set[str]) -> None:
    if {"retain-full-dates", "retain-modified-dates"} <= names:
        return
    assert set(names_of(options_of(names))) == names


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("basic", {"113100"}),
        ("research", {"113100", "113105", "113107", "113108", "113109", "113111"}),
        ("limited-dataset", {"113100", "113106", "113108"}),
    ],
)
def test_a_preset_claims_exactly_its_codes_of_cid_7050(preset: str, expected: set[str]) -> None:
    dataset = dcmread(io.BytesIO(deidentified(make.ct_slice(), Profile(PRESETS[preset]))))
    claimed = [(item.CodeValue, item.CodingSchemeDesignator) for item in dataset.DeidentificationMethodCodeSequence]
    assert sorted(claimed) == sorted((code, "DCM") for code in expected)
    assert {code for code, _ in codes(Profile(PRESETS[preset]))} == expected


def test_each_option_has_the_code_of_cid_7050() -> None:
    """PS3.16 CID 7050, without Clean Pixel Data 113101 and Clean Recognizable Visual Features 113102."""
    assert {option.name: int(option.code) - 113100 for option in OPTIONS} == {
        "clean-graphics": 3, "clean-structured-content": 4, "clean-descriptors": 5, "retain-full-dates": 6,
        "retain-modified-dates": 7, "retain-patient-characteristics": 8, "retain-device-identity": 9, "retain-uids": 10,
        "retain-safe-private": 11, "retain-institution-identity": 12,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("option", "said"), [(None, "REMOVED"), (FULL_DATES, "UNMODIFIED"), (MODIFIED_DATES, "MODIFIED")]
)
def test_what_was_done_to_dates_is_said(option: str | None, said: str) -> None:
    profile = Profile(frozenset({option} if option else ()))
    content = make.ct_slice(LongitudinalTemporalInformationModified="UNMODIFIED")
    assert dcmread(io.BytesIO(deidentified(content, profile))).LongitudinalTemporalInformationModified == said


PURPOSE = {"CodeValue": "109101", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Acquisition Equipment"}
SCANNER = {"Manufacturer": "ACME", "InstitutionName": "HOSPITAL", "PurposeOfReferenceCodeSequence": [PURPOSE]}
KEEPS_EQUIPMENT = Profile(options_of(["retain-device-identity"]))


def purposes_of(content: bytes) -> list[str]:
    """What each equipment that contributed to an instance did."""
    items = dcmread(io.BytesIO(content)).ContributingEquipmentSequence
    return [item.PurposeOfReferenceCodeSequence[0].CodeValue for item in items]


def test_this_tool_is_appended_to_the_equipment_that_was_there() -> None:
    once = deidentified(make.ct_slice(ContributingEquipmentSequence=[SCANNER]), KEEPS_EQUIPMENT)
    assert purposes_of(once) == ["109101", "109104"]
    assert b"HOSPITAL" not in once


def test_this_tool_is_appended_once_only() -> None:
    once = deidentified(make.ct_slice(ContributingEquipmentSequence=[SCANNER]), KEEPS_EQUIPMENT)
    assert purposes_of(deidentified(once, KEEPS_EQUIPMENT)) == ["109101", "109104"]


def test_what_has_no_pixels_and_what_no_table_knows_is_told_apart() -> None:
    assert (is_image("ct-image"), is_image("basic-text-sr"), is_image("")) == (True, False, True)


@pytest.mark.parametrize(("age", "kept"), [("033Y", "033Y"), ("089Y", "089Y"), ("090Y", "090Y"), ("101Y", "090Y")])
def test_the_limited_dataset_keeps_ages_up_to_89_and_dates_as_they_are(age: str, kept: str) -> None:
    content = make.ct_slice(PatientAge=age, PatientSize="1.7", StudyDate="20200102")
    dataset = dcmread(io.BytesIO(deidentified(content, Profile(PRESETS["limited-dataset"]))))
    assert (dataset.PatientAge, dataset.PatientSize, dataset.StudyDate) == (kept, 1.7, "20200102")


def test_uids_are_kept_where_they_are_retained_and_files_fit_together() -> None:
    content = make.ct_slice(ReferencedImageSequence=[], DeviceUID="1.2.3")
    before = dcmread(io.BytesIO(content))
    dataset = dcmread(io.BytesIO(deidentified(content, Profile(options_of(["retain-uids"])))))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        assert dataset[keyword].value == before[keyword].value
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
