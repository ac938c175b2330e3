"""What is found in files and folders: DICOM by content, everything else with a reason, nothing in silence (law L6)."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomconv.inspected import Aside, inspect
from dicomconv.model import Span
from dicomconv.pipeline.instances import quiet
from dicomconv.source import SourceFile
from dicomconv.walk import walk
from tests import make, wheel

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*VR UI.*:UserWarning"
)  # pydicom's, of the UIDs that are made to be none
BY_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
DIRECTORY_RECORD = make.text(0x00041130, "CS", "SAMPLES")


def file_of(folder: Path, content: bytes, name: str = "a") -> SourceFile | Aside:
    """What a file with this content is."""
    return inspect(make.write(folder, {name: content}) / name)


def reason(found: SourceFile | Aside) -> tuple[bool, str]:
    """Whether it failed, and why it was put aside."""
    assert isinstance(found, Aside)
    return found.failed, found.reason


def in_file(*elements: bytes, instance: str = "") -> bytes:
    """Encoded elements behind a File Meta that names class and instance."""
    sop_class = make.text(0x00020002, "UI", make.SOP_CLASS["CT"])
    name = make.text(0x00020003, "UI", instance or make.uid("instance"))
    syntax = make.text(0x00020010, "UI", make.EXPLICIT)
    return make.PREAMBLE + make.with_group_length(2, sop_class + name + syntax) + b"".join(elements)


@pytest.mark.parametrize("name", ["a", "a.dcm", "a.txt", "a.zip", "a.jpg", "IM 0001", ".hidden"])
def test_dicom_is_known_whatever_its_name_is(tmp_path: Path, name: str) -> None:
    assert isinstance(file_of(tmp_path, make.ct_slice(), name), SourceFile)


@pytest.mark.parametrize("encoding", make.ENCODINGS)
def test_a_data_set_without_preamble_is_found(tmp_path: Path, encoding: make.Encoding) -> None:
    found = file_of(tmp_path, b"".join(make.minimal(encoding)))
    assert isinstance(found, SourceFile)
    assert found.patient_id == "ID-4711"


@pytest.mark.parametrize("content", [b"text\n" * 99, bytes(1000), bytes(range(256)) * 4, b"\x08\0", b"{}"])
def test_other_content_is_skipped(tmp_path: Path, content: bytes) -> None:
    assert reason(file_of(tmp_path, content, "a.dcm")) == (False, "the content is not DICOM")


def test_an_empty_file_is_skipped_as_empty(tmp_path: Path) -> None:
    assert reason(file_of(tmp_path, b"", "a.dcm")) == (False, "the file is empty")


def test_a_dicomdir_is_skipped_by_its_sop_class(tmp_path: Path) -> None:
    content = make.raw_dataset(*make.minimal(SOPClassUID="1.2.840.10008.1.3.10"))
    assert "DICOMDIR" in reason(file_of(tmp_path, content))[1]


def test_a_dicomdir_is_skipped_by_its_attributes(tmp_path: Path) -> None:
    assert "DICOMDIR" in reason(file_of(tmp_path, make.raw_dataset(DIRECTORY_RECORD)))[1]


def test_the_wheels_dicomdirs_are_all_skipped() -> None:
    directories = [path for path in wheel.paths() if path.name.startswith("DICOMDIR") and path.suffix == ""]
    assert {"DICOMDIR" in reason(inspect(path))[1] for path in directories} == {True}


def test_folders_are_walked_in_depth(tmp_path: Path) -> None:
    make.write(tmp_path, {"a/b/c/d": make.ct_slice(), "e": make.ct_slice()})
    assert sorted(one.path.name for one in walk([tmp_path])) == ["d", "e"]


def test_a_dangling_link_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    assert [reason(one) for one in walk([tmp_path])] == [(False, "a link that leads nowhere")]


def test_a_link_to_itself_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    assert [reason(one) for one in walk([tmp_path])] == [(False, "a link that leads nowhere")]


def test_a_link_that_makes_a_loop_is_skipped_and_the_walk_ends(tmp_path: Path) -> None:
    make.write(tmp_path, {"a/slice": make.ct_slice()})
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    found = {one.path.name: one for one in walk([tmp_path])}
    assert isinstance(found["slice"], SourceFile)
    assert reason(found["up"]) == (False, "a link to a folder that was walked already")


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    make.write(tmp_path / "elsewhere", {"slice": make.ct_slice()})
    folder = make.write(tmp_path / "in", {"note": b"text"})
    (folder / "link").symlink_to(tmp_path / "elsewhere" / "slice")
    assert [isinstance(one, SourceFile) for one in walk([folder])] == [True, False]


def test_a_folder_named_twice_is_walked_once_and_said_to_be(tmp_path: Path) -> None:
    make.write(tmp_path, {"slice": make.ct_slice()})
    first, second = walk([tmp_path, tmp_path / ".." / tmp_path.name])
    assert isinstance(first, SourceFile)
    assert reason(second) == (False, "a folder that was walked already")


def test_a_folder_inside_one_that_was_named_before_is_walked_once_and_said_to_be(tmp_path: Path) -> None:
    make.write(tmp_path, {"a/slice": make.ct_slice()})
    first, second = walk([tmp_path / "a", tmp_path])
    assert (isinstance(first, SourceFile), reason(second)) == (True, (False, "a folder that was walked already"))


@pytest.mark.parametrize("link", ["0", "z"])
def test_a_link_takes_no_name_from_a_real_folder(tmp_path: Path, link: str) -> None:
    make.write(tmp_path / "in", {"real/deep/slice": make.ct_slice()})
    (tmp_path / "in" / link).symlink_to(tmp_path / "in" / "real")
    found = {isinstance(one, SourceFile): one for one in walk([tmp_path / "in"])}
    slice_, aside = found[True], found[False]
    assert isinstance(slice_, SourceFile)
    assert (slice_.name, aside.path) == ("real/deep/slice", tmp_path / "in" / link)
    assert reason(aside) == (False, "a link to a folder that was walked already")


def test_a_folder_that_only_a_link_leads_to_has_the_name_of_the_link(tmp_path: Path) -> None:
    make.write(tmp_path / "elsewhere", {"deep/slice": make.ct_slice()})
    (make.write(tmp_path / "in", {"note": b"text"}) / "link").symlink_to(tmp_path / "elsewhere")
    assert [one.name for one in walk([tmp_path / "in"]) if isinstance(one, SourceFile)] == ["link/deep/slice"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_skipped_and_never_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert [reason(one) for one in walk([tmp_path])] == [(False, "not a regular file")]


@BY_ROOT
def test_an_unreadable_file_fails(tmp_path: Path) -> None:
    make.write(tmp_path, {"a": make.ct_slice()})
    (tmp_path / "a").chmod(0)
    assert [reason(one) for one in walk([tmp_path])] == [(True, "cannot be read (permission denied)")]


@BY_ROOT
def test_an_unreadable_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0)
    assert [reason(one) for one in walk([tmp_path])] == [(True, "cannot be read (permission denied)")]


def test_a_missing_source_fails(tmp_path: Path) -> None:
    assert [reason(one) for one in walk([tmp_path / "gone"])] == [(True, "cannot be read (no such file or directory)")]


def test_a_file_that_shrinks_while_it_is_read_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make.write(tmp_path, {"a": make.ct_slice()})

    def shrunk(*_: object) -> bytes:
        raise EOFError("the file became shorter while it was read")

    monkeypatch.setattr(Span, "read", shrunk)
    assert [reason(one)[0] for one in walk([tmp_path])] == [True]


def test_six_hundred_nested_folders_are_walked(tmp_path: Path) -> None:
    deepest = tmp_path.joinpath(*["a"] * 600)
    deepest.mkdir(parents=True)
    (deepest / "slice").write_bytes(make.ct_slice())
    assert len(list(walk([tmp_path]))) == 1


def test_identity_and_place_are_read(tmp_path: Path) -> None:
    found = file_of(tmp_path, make.ct_slice(IssuerOfPatientID="HOSPITAL", SeriesDescription="Thorax"))
    assert isinstance(found, SourceFile)
    assert (found.issuer, found.patient_id, found.series_description) == ("HOSPITAL", "ID-4711", "Thorax")
    assert (found.instance_number, found.position) == (1.0, (-10.0, -20.0, 0.0))


def test_missing_sop_uids_come_from_file_meta(tmp_path: Path) -> None:
    found = file_of(tmp_path, in_file(*make.minimal()[2:]))
    assert isinstance(found, SourceFile)
    assert (found.sop_class_uid, found.sop_instance_uid) == (make.SOP_CLASS["CT"], make.uid("instance"))


def test_missing_sop_uids_that_nothing_tells_fail(tmp_path: Path) -> None:
    failed, why = reason(file_of(tmp_path, make.raw_dataset(*make.minimal()[2:])))
    assert failed
    assert "SOPClassUID" in why


def test_an_instance_without_study_and_series_is_one_of_its_own(tmp_path: Path) -> None:
    found = file_of(tmp_path, make.raw_dataset(*make.minimal()[:-2]))
    assert isinstance(found, SourceFile)
    assert found.study_instance_uid == found.series_instance_uid == found.sop_instance_uid


def test_an_instance_uid_cut_short_fails(tmp_path: Path) -> None:
    content = in_file(*make.minimal(SOPInstanceUID=make.uid("instance")[:-4]))
    assert reason(file_of(tmp_path, content)) == (
        True,
        "the value is shorter than in File Meta Information at SOPInstanceUID",
    )


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("value", ["1.2.", "1..2", "DOE^JANE", "1.2." + "3" * 62])
def test_a_uid_that_is_none_fails(tmp_path: Path, keyword: str, value: str) -> None:
    failed, why = reason(file_of(tmp_path, make.raw_dataset(*make.minimal(**{keyword: value}))))
    assert failed
    assert keyword in why


def test_a_patient_id_out_of_order_is_found(tmp_path: Path) -> None:
    *before, patient_id, study, series = make.minimal()
    found = file_of(tmp_path, make.raw_dataset(*before, study, series, patient_id))
    assert isinstance(found, SourceFile)
    assert found.patient_id == "ID-4711"


def test_no_reason_and_no_repr_quotes_a_value_or_a_path(tmp_path: Path) -> None:
    secret = "SECRET"
    contents = [
        make.raw_dataset(*make.minimal(**{k: secret})) for k in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID")
    ]
    contents += [
        make.ct_slice(PatientName=secret, PatientID=secret),
        make.ct_slice(PatientName=secret)[:700],
        b"SECRET" * 99,
    ]
    make.write(tmp_path / secret, {f"{secret}{number}": content for number, content in enumerate(contents)})
    (tmp_path / secret / f"{secret}link").symlink_to(secret * 2)
    found = list(walk([tmp_path]))
    assert len(found) == 7
    assert secret not in repr(found)


def damaged(file: bytes, seed: int) -> bytes:
    """A file with a few bytes of its first kilobyte overwritten, or cut."""
    chance, content = random.Random(seed), bytearray(file)
    for _ in range(chance.randint(1, 6)):
        offset = chance.randrange(min(len(content), 1200))
        content[offset : offset + 1] = chance.choice([b"\xff", b"\0", b"\\", b"\x1b", b"S", b"9", b""])
    return bytes(content[: chance.choice([len(content), chance.randrange(len(content))])])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from([make.ct_slice(), make.structured_report(), make.ct_slice(syntax=make.IMPLICIT)]),
    seed=st.integers(0),
)
def test_a_damaged_file_never_ends_the_walk(tmp_path: Path, file: bytes, seed: int) -> None:
    with quiet():
        found = list(walk([make.write(tmp_path, {"a": damaged(file, seed)})]))
    assert len(found) == 1


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([b"", b"text", make.ct_slice(), make.ct_slice()[:300], b"".join(make.minimal())]), max_size=9
    )
)
def test_every_file_comes_out_once(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("walk")
    make.write(folder, {f"{number % 3}/{number}": content for number, content in enumerate(contents)})
    assert sorted(one.path.name for one in walk([folder])) == [str(number) for number in range(len(contents))]
