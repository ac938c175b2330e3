"""Rules of one's own: what each does to each kind of attribute, which comes first, and what may still be claimed."""

import io
import pickle
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from dicomconv.deid.dates import shifted
from dicomconv.deid.deidentify import Deidentifier, Patient
from dicomconv.deid.markers import codes, methods
from dicomconv.deid.options import PRESETS, options_of
from dicomconv.deid.own_rules import CODE_OF_ACTION, OwnRule, OwnRules
from dicomconv.deid.profile import Profile, rule
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.deid.text.collect import Identifiers
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.part10 import split
from dicomconv.source import Original
from dicomconv.standard import tag_of
from tests import make

KEY = b"k" * 32
CREATOR = "ACME 1.0"
DAYS = Pseudonyms(KEY).shift_days("DEID-TEST")


def own(keyword: str, action: Any, value: str = "", path: str | None = None) -> OwnRule:
    """A rule for a standard attribute."""
    return OwnRule(tag_of(keyword), action, value, path, line=1)


def private(action: Any, offset: int = 1, vr: str = "") -> OwnRule:
    """A rule for an element of a made-up creator in group 0029."""
    return OwnRule(0x00290000 | offset, action, creator=CREATOR, vr=vr, line=1)


def profile_of(*rules: OwnRule, options: frozenset[str] = frozenset()) -> Profile:
    """The Basic Profile with options and rules of one's own."""
    return Profile(options, OwnRules(rules))


def read(content: bytes, profile: Profile) -> Dataset:
    """A file, de-identified."""
    deidentifier = Deidentifier(Pseudonyms(KEY), Patient("DEID-TEST"), profile, Scrubber(Identifiers()))
    return dcmread(io.BytesIO(b"".join(deidentifier(Original(1, "unused", split(content))).chunks())))


def became(keyword: str, value: Any, *rules: OwnRule, options: frozenset[str] = frozenset()) -> Any:
    """What a value became under rules of one's own; None if the attribute is gone."""
    dataset = read(make.ct_slice(**{keyword: value}), profile_of(*rules, options=options))
    return dataset[keyword].value if keyword in dataset else None


@pytest.mark.parametrize(
    ("keyword", "value", "action", "expected"),
    [
        ("AccessionNumber", "ACC-1", "keep", "ACC-1"),
        ("StudyDate", "20200102", "keep", "20200102"),
        ("DeviceUID", "1.2.3", "keep", "1.2.3"),
        ("PatientAge", "093Y", "keep", "090Y"),
        ("KVP", "120", "remove", None),
        ("ImageType", ["ORIGINAL", "PRIMARY"], "remove", None),
        ("BodyPartExamined", "HEAD", "empty", ""),
        ("InstitutionAddress", "MAIN ROAD 1", "empty", ""),
        ("AccessionNumber", "ACC-1", "empty", ""),
        ("DeviceUID", "1.2.3", "empty", ""),
    ],
)
def test_keeping_removing_and_emptying(keyword: str, value: Any, action: str, expected: Any) -> None:
    assert became(keyword, value, own(keyword, action)) == expected


def test_an_emptied_number_is_there_without_a_value() -> None:
    dataset = read(make.ct_slice(KVP="120"), profile_of(own("KVP", "empty")))
    assert "KVP" in dataset
    assert dataset.KVP is None


@pytest.mark.parametrize(
    ("keyword", "value", "new", "expected"),
    [
        ("StationName", "CT-ROOM-3", "SCANNER", "SCANNER"),
        ("StudyDate", "20200102", "20000101", "20000101"),
        ("PatientSize", "1.83", "1.7", 1.7),
        ("ExposureTime", "12", "5", 5),
        ("RecommendedDisplayFrameRate", "12", "5", 5),
        ("DeviceUID", "1.2.3", "2.25.7", "2.25.7"),
        ("RequestingPhysician", "DOE^JOHN", "A^B", "A^B"),
        ("LongitudinalTemporalOffsetFromEvent", 7.5, "1.5", 1.5),
        ("SmallestImagePixelValue", 7, "9", 9),
    ],
)
def test_replacing_puts_the_new_value_there_whatever_the_vr(keyword: str, value: Any, new: str, expected: Any) -> None:
    assert became(keyword, value, own(keyword, "replace", new)) == expected


def test_replacing_does_not_add_what_was_not_there() -> None:
    assert became("StationName", None, own("StationName", "replace", "SCANNER")) is None


@pytest.mark.parametrize(
    "keyword", ["AccessionNumber", "StationAETitle", "InstitutionName", "RequestingPhysician", "StudyComments"]
)
def test_a_pseudonym_is_the_same_for_the_same_value_and_tells_nothing_of_it(keyword: str) -> None:
    one, again, other = (became(keyword, value, own(keyword, "pseudonymise")) for value in ("DOE7", "DOE7", "ROE8"))
    assert one == again != other
    assert str(one)[0] == "P"
    assert "DOE" not in str(one)


def test_a_pseudonym_of_a_uid_is_the_uid_that_stands_for_it_everywhere() -> None:
    assert became("DeviceUID", "1.2.3", own("DeviceUID", "pseudonymise")) == Pseudonyms(KEY).uid("1.2.3")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("StudyDate", "20200102"), ("PatientBirthDate", "19700101"), ("AcquisitionDateTime", "20200102030405")],
)
def test_shifting_moves_a_date_by_the_patients_weeks(keyword: str, value: str) -> None:
    vr = "DT" if keyword.endswith("Time") else "DA"
    assert became(keyword, value, own(keyword, "shift")).encode() == shifted(vr, value.encode(), DAYS)


@pytest.mark.parametrize("value", ["20201399", "SOON", "00000000"])
def test_what_is_no_date_is_treated_as_without_the_rule(value: str) -> None:
    assert became("StudyDate", value, own("StudyDate", "shift")) in (None, "", "19000101")


def test_cleaning_leaves_known_words_and_takes_the_rest() -> None:
    cleaned = became("StudyDescription", "CT CHEST Zqwertz 555-123-4567", own("StudyDescription", "clean"))
    assert "CHEST" in cleaned
    assert "Zqwertz" not in cleaned
    assert "4567" not in cleaned


def test_a_text_of_which_nothing_is_left_is_treated_as_without_the_rule() -> None:
    assert became("InstitutionName", "Zqwertz", own("InstitutionName", "clean")) is None
    assert became("StudyID", "Zqwertz", own("StudyID", "clean")) == ""


def test_a_sequence_that_is_kept_is_looked_into() -> None:
    items = [{"InstitutionName": "HOSPITAL", "StationName": "ROOM 3", "Manufacturer": "ACME"}]
    [item] = became("ContributingEquipmentSequence", items, own("ContributingEquipmentSequence", "keep"))[:1]
    assert "HOSPITAL" not in str(item)
    assert item.Manufacturer == "ACME"


@pytest.mark.parametrize("action", ["remove", "empty"])
def test_a_sequence_that_is_removed_or_emptied_has_no_items(action: str) -> None:
    left = became("AnatomicRegionSequence", [{"CodeMeaning": "Head"}], own("AnatomicRegionSequence", action))
    assert left is None if action == "remove" else len(left) == 0


NESTED = {"StudyID": "TOP", "RequestAttributesSequence": [{"StudyID": "NESTED"}]}
KEPT = own("RequestAttributesSequence", "keep")


@pytest.mark.parametrize(
    ("rules", "top", "nested"),
    [
        ([own("StudyID", "keep")], "TOP", "NESTED"),
        ([own("StudyID", "keep"), own("StudyID", "empty", path="RequestAttributesSequence")], "TOP", ""),
        ([own("StudyID", "empty", path="RequestAttributesSequence"), own("StudyID", "keep")], "TOP", ""),
        ([own("StudyID", "keep", path="RequestAttributesSequence")], "", "NESTED"),
        ([own("StudyID", "keep", path="ReferencedStudySequence")], "", ""),
    ],
)
def test_a_rule_for_a_path_comes_before_one_for_any_place(rules: list[OwnRule], top: str, nested: str) -> None:
    dataset = read(make.ct_slice(**NESTED), profile_of(KEPT, *rules))
    assert (dataset.StudyID, dataset.RequestAttributesSequence[0].StudyID) == (top, nested)


def test_a_rule_of_ones_own_comes_before_an_option_and_an_option_before_the_basic_profile() -> None:
    tag, options = tag_of("StudyDate"), options_of(["retain-full-dates"])
    assert rule(tag, "ct-image", "").code == "Z"
    assert Profile(options).rule(tag, "ct-image", "").code == "K"
    found = profile_of(own("StudyDate", "remove"), options=options).rule(tag, "ct-image", "")
    assert (found.code, found.source) == ("X", "profile file, line 1")


def test_a_rule_of_ones_own_overrides_the_preset_in_the_file() -> None:
    assert became("StudyDate", "20200102", own("StudyDate", "remove"), options=PRESETS["limited-dataset"]) is None
    assert became("PatientSex", "F", own("PatientSex", "empty"), options=PRESETS["research"]) == ""


def with_private(
    vr: str, value: bytes, *rules: OwnRule, options: frozenset[str] = frozenset(), block: int = 0x10
) -> Any:
    """What a private element became; None if it is gone."""
    creator = make.text(0x00290000 | block, "LO", CREATOR)
    other = make.element(0x00290000 | block << 8 | 2, "LO", b"OTHER ")
    element = make.element(0x00290000 | block << 8 | 1, vr, value)
    smaller = [e for e in make.minimal() if int.from_bytes(e[:2], "little") < 0x29]
    content = make.raw_dataset(*sorted(smaller, key=_tag), creator, element, other)
    dataset = read(content, profile_of(*rules, options=options))
    assert (0x0029, block << 8 | 2) not in dataset
    tag = (0x0029, block << 8 | 1)
    assert ((0x0029, block) in dataset) == (tag in dataset)
    return dataset[tag].value if tag in dataset else None


def _tag(element: bytes) -> tuple[int, int]:
    return int.from_bytes(element[:2], "little"), int.from_bytes(element[2:4], "little")


@pytest.mark.parametrize("block", [0x10, 0x11, 0xE1])
def test_a_private_element_with_a_rule_stays_in_any_block_and_its_neighbours_go(block: int) -> None:
    assert with_private("LO", b"gantry", private("keep"), block=block) == "gantry"
    assert with_private("LO", b"gantry", block=block) is None


@pytest.mark.parametrize(
    ("vr", "value", "action", "expected"),
    [
        ("DS", b"1.5 ", "keep", 1.5),
        ("US", b"\1\0", "keep", 1),
        ("LO", b"CT Zqwertz", "clean", "CT"),
        ("LO", b"Zqwertz ", "clean", None),
        ("LO", b"gantry", "empty", ""),
        ("LO", b"gantry", "remove", None),
        ("UI", b"1.2.3\0", "keep", Pseudonyms(KEY).uid("1.2.3")),
    ],
)
def test_private_elements_are_kept_cleaned_emptied_and_removed(
    vr: str, value: bytes, action: str, expected: Any
) -> None:
    found = with_private(vr, value, private(action))
    assert (found or None) == (expected or None)
    assert (found is None) == (expected is None)


def test_a_private_text_gets_a_pseudonym_and_a_private_date_moves() -> None:
    assert str(with_private("LO", b"gantry", private("pseudonymise"))).startswith("P")
    assert with_private("DA", b"20200102", private("shift")).encode() == shifted("DA", b"20200102", DAYS)
    assert with_private("LO", b"gantry", private("shift")) is None


def test_a_rule_for_another_creator_or_element_lets_nothing_stay() -> None:
    other = OwnRule(0x00290001, "keep", creator="ACME 2.0")
    assert with_private("LO", b"gantry", other, private("keep", offset=3)) is None


def test_removing_a_private_element_comes_before_the_list_of_safe_ones() -> None:
    philips, options = "Philips PET Private Group", options_of(["retain-safe-private"])
    block = make.private_block(philips, [(0, "DS", b"1.5 ")], group=0x7053)
    content = make.raw_dataset(*make.minimal(), block)
    kept = read(content, Profile(options))
    gone = read(content, profile_of(OwnRule(0x70530000, "remove", creator=philips), options=options))
    assert ((0x7053, 0x1000) in kept, (0x7053, 0x1000) in gone, (0x7053, 0x0010) in gone) == (True, False, False)


@pytest.mark.parametrize("action", CODE_OF_ACTION)
def test_the_basic_profile_is_claimed_only_if_no_rule_may_let_more_through(action: str) -> None:
    profile = profile_of(own("StudyID", "remove"), own("StudyDate", action, "20000101"))
    claimed = {code for code, _ in codes(profile)}
    assert ("113100" in claimed) == (action in ("remove", "empty"))
    assert "with rules of a profile file" in methods(profile)


def test_options_are_claimed_beside_rules_of_ones_own() -> None:
    profile = profile_of(own("StudyID", "keep"), options=PRESETS["limited-dataset"])
    assert {code for code, _ in codes(profile)} == {"113106", "113108"}


def test_rules_travel_between_processes_and_are_compared_by_what_they_say() -> None:
    rules = OwnRules([own("StudyID", "keep"), private("clean")])
    again = pickle.loads(pickle.dumps(rules))
    assert again == rules
    assert hash(again) == hash(rules)
    assert again.find_private(CREATOR, 0x00291101) == private("clean")
    assert OwnRules([own("StudyID", "empty")]) != OwnRules([own("StudyID", "keep")])
    assert not OwnRules()


def test_no_repr_shows_a_value_of_ones_own() -> None:
    assert "SECRET" not in repr(own("StationName", "replace", "SECRET"))
