"""The laws of docs/architecture.md over real scanners' files: those in pydicom's wheel. L1, L2, L4, L6; L3, L5, L7 stand

where their subjects are tested (tests/pipeline, tests/deid, tests/pixels).
"""

import json
import re
import warnings

import pytest
from click.testing import CliRunner
from pydicom import dcmread
from pydicom.uid import UID_dictionary

from dicomconv.cli import main
from dicomconv.errors import DicomconvError
from dicomconv.part10 import join, split
from tests.deid.test_planted import everything_in
from tests.wheel import paths

# What may still stand in an output, and why.
COINCIDENCES = {
    "19000101": "the dummy date of the profile",
    "ANON": "the dummy text of the profile",
    "----": "dashes, of which pydicom makes its rulers when a file is printed for the search",
}
NAMES = {"PN"}
IDS = {
    "PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "InstitutionName", "InstitutionAddress", "StationName",
    "PatientAddress", "PatientTelephoneNumbers", "DeviceSerialNumber", "RequestedProcedureID", "ScheduledProcedureStepID",
    "PerformedProcedureStepID", "PerformedStationName", "InstitutionalDepartmentName", "ReferringPhysicianAddress",
}  # fmt: skip
CLASSES = re.compile(r".*(SOPClass|TransferSyntax|ImplementationClass|CodingScheme|ContextUID|MappingResource).*")


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key"
    run("keygen", "-o", path)
    return path


def identifying(dataset):
    """Values that tell who it is: names, IDs, addresses, UIDs, dates, at every depth, as their bytes stand in text."""
    for element in dataset.iterall():
        if element.VR in NAMES | {"DA", "DT", "UI"} or element.keyword in IDS:
            if CLASSES.match(element.keyword):
                continue
            values = element.value if element.VM > 1 else [element.value]
            yield from (str(value).strip(" \0") for value in values or () if value)


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.name)
def test_l1_a_split_file_joins_to_the_same_bytes(path):
    try:
        parts = split(path)
    except DicomconvError:
        return
    assert b"".join(join(parts)) == path.read_bytes()


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.name)
def test_l2_l4_l6_a_real_file_comes_back_exactly_and_nothing_that_identifies_is_in_any_output(path, tmp_path, key):
    out, plain, back = tmp_path / "out", tmp_path / "plain", tmp_path / "back"
    options = ("--key", key, "--jobs", "1", "--burned-in", "keep")
    converted = run("convert", path, "-o", out, *options, "--json")
    run("deidentify", path, "-o", plain, *options, "-q")
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert [row["row"] for row in rows] == [1]
    if rows[0]["outcome"] != "converted":
        assert rows[0]["reason"]
        assert not list(out.rglob("*.h5"))
        return
    assert run("verify", out).exit_code == 0
    assert run("recover", out, "-o", back).exit_code == 0
    assert contents(back) == contents(plain) != {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = {value for value in identifying(dcmread(path, force=True)) if len(value) >= 4}
    searched = [*everything_in(out), *everything_in(plain), converted.stdout.encode()]
    found = {value for value in values for data in searched if is_in(value.encode("utf-8", "replace"), data)}
    assert found - set(COINCIDENCES) - set(UID_dictionary) - kept_elsewhere(path, found) == set()


def is_in(value, data):
    """Whether a value stands in some bytes; a number as a number, not as a part of the digits of a new UID."""
    if value.isdigit():
        return value in data and re.search(rb"(?<![0-9.])" + value + rb"(?![0-9.])", data) is not None
    return value in data


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept_elsewhere(path, found):
    """Values that the profile keeps in another attribute of the same file: a date that is also a version, say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(path, force=True)
        texts = [str(e.value) for e in dataset.iterall() if e.keyword in KEPT]
    return {value for value in found if any(value in text for text in texts)}


KEPT = {
    "Manufacturer": "a name of the maker is no name of the institution",
    "ManufacturerModelName": "as above",
    "SoftwareVersions": "a version may contain digits of a date",
    "CodeMeaning": "searched from the next release on",
    "ContextGroupVersion": "a date of the vocabulary",
    "Rows": "a number",
    "ImageType": "code strings",
}
