"""What a review found that gave somebody away: narrow contexts, dates beside shifted ones, figures that are none."""

import io
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from dicomconv import deidentify
from dicomconv.errors import UsageError
from tests import make
from tests.outputs import by_name, tree

NAME = "Trumbleton^Agatha"


def outcome(
    folder: Path, key: Path, files: dict[str, bytes], **choices: Any
) -> tuple[dict[str, tuple[str, str]], bytes]:
    """Status and reason by file name, and every byte that was written."""
    report = deidentify(make.write(folder / "in", files), folder / "out", key=key, **choices)
    return by_name(report), b"\n".join(tree(folder / "out", ()).values())


def datasets(folder: Path) -> list[Dataset]:
    """What was written, in no order."""
    return [dcmread(io.BytesIO(content)) for content in tree(folder / "out", ()).values()]


OTHER = {"InstanceNumber": 2, "PatientName": "", "ManufacturerModelName": "Trumbleton CT"}


@pytest.mark.parametrize(
    "named",
    [
        make.ct_slice(PatientName=NAME)[:-7],
        make.ct_slice(PatientName=NAME, PatientID=""),
        make.ct_slice(PatientName=NAME, PatientID="id-4711"),
        make.ct_slice(PatientName=NAME, IssuerOfPatientID="A"),
    ],
    ids=["cut short", "without ID", "ID in other letters", "another issuer"],
)
def test_a_file_that_may_be_of_the_same_person_tells_the_name(tmp_path: Path, key: Path, named: bytes) -> None:
    found, written = outcome(tmp_path, key, {"named": named, "other": make.ct_slice(**OTHER)})
    assert found["other"][0] == "converted"
    assert b"trumbleton" not in written.lower()


def test_a_profile_file_cannot_keep_a_date_beside_shifted_ones(tmp_path: Path, key: Path) -> None:
    (tmp_path / "own.toml").write_text('preset = "research"\n[attributes]\nInstanceCreationDate = "keep"\n')
    with pytest.raises(UsageError, match=r"line 3.*gives the shift away"):
        outcome(tmp_path, key, {"a": make.ct_slice()}, profile=tmp_path / "own.toml")


def test_a_rule_that_shifts_makes_the_mark_say_so(tmp_path: Path, key: Path) -> None:
    (tmp_path / "own.toml").write_text('[attributes]\nContentDate = "shift"\n')
    outcome(tmp_path, key, {"a": make.ct_slice(ContentDate="20200102")}, profile=tmp_path / "own.toml")
    [one] = datasets(tmp_path)
    assert one.LongitudinalTemporalInformationModified == "MODIFIED"
    assert one.ContentDate not in ("", "20200102")


def test_shifted_and_full_dates_do_not_go_together_by_way_of_a_rule(tmp_path: Path, key: Path) -> None:
    (tmp_path / "own.toml").write_text('[attributes]\nContentDate = "shift"\n')
    with pytest.raises(UsageError, match="full dates"):
        outcome(tmp_path, key, {"a": make.ct_slice()}, profile=tmp_path / "own.toml", option=["retain-full-dates"])


def test_retained_uids_beside_shifted_dates_are_warned_of(tmp_path: Path, key: Path) -> None:
    source = make.write(tmp_path / "in", {"a": make.ct_slice()})
    report = deidentify(source, tmp_path / "out", key=key, option=["retain-uids", "retain-modified-dates"])
    assert any("gives away" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("keyword", "value"), [("ImageType", ["ORIGINAL", "PRIMARY", "20200102"]), ("AcquisitionNumber", "20200103"),
                           ("ReconstructionDiameter", "20200102.5"), ("AcquisitionNumber", "1577923200")],
)  # fmt: skip
def test_a_date_that_poses_as_a_code_or_a_number_goes(tmp_path: Path, key: Path, keyword: str, value: Any) -> None:
    found, written = outcome(tmp_path, key, {"a": make.ct_slice(**{keyword: value})}, preset="research")
    assert found["a"][0] == "converted"
    assert str(value[-1] if isinstance(value, list) else value).encode() not in written


def test_the_version_of_a_vocabulary_that_is_the_day_of_the_study_is_no_version(tmp_path: Path, key: Path) -> None:
    def coded(day: str) -> dict[str, Any]:
        code = {"CodeValue": "1", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Chest", "ContextGroupVersion": day}
        return {"AnatomicRegionSequence": [code]}

    files = {"a": make.ct_slice(**coded("20200102")), "b": make.ct_slice(InstanceNumber=2, **coded("20040614"))}
    _, written = outcome(tmp_path, key, files, preset="research")
    assert (b"20200102" in written, b"20040614" in written) == (False, True)


@pytest.mark.parametrize("preset", ["basic", "research", "limited-dataset"])
@pytest.mark.parametrize(
    "identity",
    [{"StudyID": "20200102"}, {"StudyID": "030405"}, {"PatientID": "20200102"},
     {"PatientID": "350400", "WindowWidth": ["350", "400"]},
     {"PatientName": "Original^Primary"}, {"StationName": "ISO_IR 100", "SpecificCharacterSet": "ISO_IR 100"},
     {"PatientID": "MONOCHROME2"}, {"PatientName": "Head^May", "BodyPartExamined": "HEAD"}],
    ids=str,
)  # fmt: skip
def test_an_innocent_file_is_neither_refused_nor_broken(
    tmp_path: Path, key: Path, preset: str, identity: dict[str, Any]
) -> None:
    found, _ = outcome(tmp_path, key, {"a": make.ct_slice(**identity)}, preset=preset)
    assert found["a"] == ("converted", "")
    [one] = datasets(tmp_path)
    assert (one.PhotometricInterpretation, one.ImageType[:2]) == ("MONOCHROME2", ["ORIGINAL", "PRIMARY"])
    assert one.get("BodyPartExamined", "HEAD") == "HEAD"
    assert one.get("SpecificCharacterSet", "ISO_IR 100") == "ISO_IR 100"


@pytest.mark.parametrize(
    ("number", "unit", "stays"), [("93", "a", False), ("1120", "mo", False), ("60", "a", True), ("93", "mm", True)]
)
def test_an_age_over_89_goes_under_whatever_concept(
    tmp_path: Path, key: Path, number: str, unit: str, stays: bool
) -> None:
    code = {"CodeValue": "99-1", "CodingSchemeDesignator": "99X", "CodeMeaning": "Span"}
    units = {"CodeValue": unit, "CodingSchemeDesignator": "UCUM", "CodeMeaning": "unit"}
    item = {"RelationshipType": "CONTAINS", "ValueType": "NUM", "ConceptNameCodeSequence": [code],
            "MeasuredValueSequence": [{"NumericValue": number, "MeasurementUnitsCodeSequence": [units]}]}  # fmt: skip
    report = make.structured_report(ContentSequence=[item])
    outcome(tmp_path, key, {"a": report}, option=["clean-structured-content"])
    [one] = datasets(tmp_path)
    assert ("ContentSequence" in one and len(one.ContentSequence) == 1) is stays


def test_a_uid_that_stays_in_one_place_is_no_leak_of_another_place(tmp_path: Path, key: Path) -> None:
    """The Study Instance UID in a private element that goes is the one that is retained in the open."""
    study = make.uid("study")
    plain = dcmread(io.BytesIO(make.ct_slice()))
    plain.private_block(0x0043, "MAKER OF SCANNERS", create=True).add_new(0x61, "UI", study)
    found, _ = outcome(tmp_path, key, {"a": make.encoded(plain)}, option=["retain-uids"])
    assert found["a"] == ("converted", "")
    assert datasets(tmp_path)[0].StudyInstanceUID == study


def test_what_stays_in_a_sequence_that_is_looked_into_is_not_searched_for(tmp_path: Path, key: Path) -> None:
    options = ["retain-uids", "clean-structured-content"]
    concept = {"CodeValue": "121071", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Finding"}
    image = {"ReferencedSOPClassUID": make.SOP_CLASS["CT"], "ReferencedSOPInstanceUID": "1.2.3.4.5.67890123456"}
    item = {"RelationshipType": "CONTAINS", "ValueType": "IMAGE", "ConceptNameCodeSequence": [concept],
            "ReferencedSOPSequence": [image]}  # fmt: skip
    found, written = outcome(tmp_path, key, {"a": make.structured_report(ContentSequence=[item])}, option=options)
    assert found["a"] == ("converted", "")
    assert b"1.2.3.4.5.67890123456" in written
