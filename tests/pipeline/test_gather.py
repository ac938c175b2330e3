"""From sources to rows and jobs: what is done does not depend on names, folders or the order of sources."""

import os
import random
from itertools import groupby
from pathlib import Path

import pytest

from dicomconv import convert
from dicomconv.errors import UsageError
from dicomconv.pipeline.gather import Gathered, gather, in_working_order
from dicomconv.pipeline.plan import Duplicates, Plan
from dicomconv.pipeline.select import Selection
from tests import make
from tests.outputs import by_name, rows

KEY = bytes(range(32))
ONE, OTHER = make.ct_slice(), make.ct_slice(PatientSex="M")  # the same instance, in two versions


def gathered(folder: Path, files: dict[str, bytes], **choices: object) -> Gathered:
    """What is gathered from these files."""
    return gather([make.write(folder, files)], Plan(KEY, **choices))  # type: ignore[arg-type]


def reasons(found: Gathered) -> dict[str, tuple[str, str]]:
    """Status and reason by file name, of those that need no work."""
    return {found.paths[outcome.row].name: (outcome.status, outcome.reason) for outcome in found.outcomes}


def to_do(found: Gathered) -> list[list[str]]:
    """The names of the files of each job."""
    return [[file.path.name for file in job.files] for job in found.jobs]


def mixed_files(seed: int) -> dict[str, bytes]:
    """Three series, an SR, texts and copies, under names and in folders by chance."""
    contents = [*make.series(4), *make.series(3, SeriesInstanceUID="1.2.3"), make.structured_report(InstanceNumber=9)]
    contents += [*make.series(2, SeriesInstanceUID="1.2.4", PatientID="OTHER"), b"text", b"", make.series(4)[0]]
    chance = random.Random(seed)
    chance.shuffle(contents)
    return {f"{chance.choice('abc')}/{chance.random()}": content for content in contents}


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_the_same_under_other_names_folders_and_orders(tmp_path: Path, seed: int) -> None:
    first, second = gathered(tmp_path / "a", mixed_files(99)), gathered(tmp_path / "b", mixed_files(seed))
    assert [first.paths[row].read_bytes() for row in first.paths] == [
        second.paths[row].read_bytes() for row in second.paths
    ]
    assert first.outcomes == second.outcomes


def test_rows_do_not_follow_names(tmp_path: Path) -> None:
    files = {f"{number:02}": make.ct_slice(SeriesInstanceUID=f"1.2.{number}") for number in range(12)}
    found = gathered(tmp_path, files)
    assert [path.name for path in found.paths.values()] != sorted(files)


def test_another_key_gives_other_rows(tmp_path: Path) -> None:
    files = {f"{number:02}": make.ct_slice(SeriesInstanceUID=f"1.2.{number}") for number in range(12)}
    make.write(tmp_path, files)
    first, second = gather([tmp_path], Plan(KEY)), gather([tmp_path], Plan(bytes(32)))
    assert list(first.paths.values()) != list(second.paths.values())


def test_every_file_has_exactly_one_row(tmp_path: Path) -> None:
    files = mixed_files(5)
    found = gathered(tmp_path, files)
    numbers = [file.row for job in found.jobs for file in job.files] + [outcome.row for outcome in found.outcomes]
    assert sorted(numbers) == list(range(1, len(files) + 1)) == sorted(found.paths)


def test_slices_are_in_order_of_position_not_of_name_or_number(tmp_path: Path) -> None:
    low, middle, high = (
        make.ct_slice(InstanceNumber=number, ImagePositionPatient=["0", "0", z])
        for number, z in ((2, "-5"), (3, "0"), (1, "5"))
    )
    assert to_do(gathered(tmp_path, {"c": low, "a": middle, "b": high})) == [["c", "a", "b"]]


def test_slices_without_position_are_in_order_of_their_number(tmp_path: Path) -> None:
    files = {
        name: make.ct_slice(InstanceNumber=number, ImagePositionPatient=None)
        for name, number in (("b", 2), ("c", 10), ("a", 1))
    }
    assert to_do(gathered(tmp_path, files)) == [["a", "b", "c"]]


def test_one_series_in_several_folders_is_one_job(tmp_path: Path) -> None:
    first, second = make.series(2)
    assert to_do(gathered(tmp_path, {"x/a": first, "y/b": second})) == [["a", "b"]]


def test_two_patients_in_one_series_are_two_jobs(tmp_path: Path) -> None:
    first, second = make.series(2, PatientID="A")[0], make.series(2, PatientID="B")[1]
    assert sorted(to_do(gathered(tmp_path, {"a": first, "b": second}))) == [["a"], ["b"]]


def test_unnamed_patients_are_one_each_study(tmp_path: Path) -> None:
    files = {
        uid: make.ct_slice(PatientID=None, StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1") for uid in ("1.2", "1.3")
    }
    assert len({job.patient.patient_id for job in gathered(tmp_path, files).jobs}) == 2


def test_padding_does_not_make_another_patient(tmp_path: Path) -> None:
    files = {"a": make.ct_slice(PatientID="A"), "b": make.ct_slice(PatientID="A ", SeriesInstanceUID="1.2")}
    assert len({job.patient.patient_id for job in gathered(tmp_path, files).jobs}) == 1


def test_of_files_with_the_same_bytes_one_counts(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a": ONE, "b": ONE, "c": ONE})
    assert [len(names) for names in to_do(found)] == [1]
    assert {status for status, _ in reasons(found).values()} == {"skipped"}


def test_a_copy_names_the_row_it_is_a_copy_of(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a": ONE, "b": ONE})
    [[kept]] = [[file.row for file in job.files] for job in found.jobs]
    assert [reason for _, reason in reasons(found).values()] == [f"a copy of row {kept}, byte for byte"]


def test_files_that_differ_under_one_uid_fail_all_of_them(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a": ONE, "b": OTHER})
    assert {name: status for name, (status, _) in reasons(found).items()} == {"a": "failed", "b": "failed"}


def test_files_that_differ_under_one_uid_name_each_other(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a": ONE, "b": OTHER})
    first, second = found.outcomes
    assert (str(second.row) in first.reason, str(first.row) in second.reason) == (True, True)


def two_versions(folder: Path, newest: str, **attributes: str) -> Path:
    """Two versions of an instance as files a and b, `newest` written later."""
    make.write(folder, {"a": make.ct_slice(**attributes), "b": OTHER})
    for name in "ab":
        os.utime(folder / name, (2_000_000_000, 2_000_000_000) if name == newest else (1_000_000_000, 1_000_000_000))
    return folder


@pytest.mark.parametrize("newest", ["a", "b"])
def test_newest_keeps_the_file_written_last(tmp_path: Path, newest: str) -> None:
    found = gather([two_versions(tmp_path, newest)], Plan(KEY, duplicates="newest"))
    assert to_do(found) == [[newest]]
    assert {status for status, _ in reasons(found).values()} == {"skipped"}


def test_newest_keeps_the_file_written_last_whatever_its_series(tmp_path: Path) -> None:
    for newest in "ab":
        folder = two_versions(
            tmp_path / newest, newest, SeriesInstanceUID="1.2", SOPInstanceUID=make.uid(f"{make.uid('series')} 1")
        )
        assert [names for names in to_do(gather([folder], Plan(KEY, duplicates="newest"))) if names] == [[newest]]


def test_keep_both_gives_one_of_them_another_uid(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ONE, "b": OTHER})
    convert(tmp_path / "in", tmp_path / "out", key=key, duplicates="keep-both")
    assert len({row["sop_instance_uid"] for row in rows(tmp_path / "out") if row["outcome"] == "converted"}) == 2


def test_keep_both_says_which_one_has_another_uid(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ONE, "b": OTHER})
    report = convert(tmp_path / "in", tmp_path / "out", key=key, duplicates="keep-both")
    assert sum("UID" in reason for _, reason in by_name(report).values()) == 1


@pytest.mark.parametrize("duplicates", ["fail", "newest", "keep-both"])
def test_duplicates_settle_alike_under_other_names(tmp_path: Path, duplicates: Duplicates) -> None:
    outcomes = []
    for folder, first, second in (("x", "a", "b"), ("y", "b", "a")):
        make.write(tmp_path / folder, {first: ONE, second: OTHER})
        for path, seconds in ((tmp_path / folder / first, 1e9), (tmp_path / folder / second, 2e9)):
            os.utime(path, (seconds, seconds))
        found = gather([tmp_path / folder], Plan(KEY, duplicates=duplicates))
        outcomes.append((found.outcomes, [found.paths[row].read_bytes() == ONE for row in found.paths]))
    assert outcomes[0] == outcomes[1]


def selected(folder: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> set[str]:
    """The names of the files that are worked on, of a CT series of two, a localizer, and an MR."""
    first, second = make.series(2, SeriesDescription="Thorax, lung 1.0")
    localizer = make.ct_slice(
        SeriesInstanceUID="1.2", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SeriesDescription=""
    )
    mr = make.instance("MR", make.ramp(4, 5), SeriesInstanceUID="1.3", SeriesDescription="T1 HEAD")
    found = gathered(
        folder, {"ct1": first, "ct2": second, "loc": localizer, "mr": mr}, include=include, exclude=exclude
    )
    return {name for names in to_do(found) for name in names}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("CT",), {"ct1", "ct2", "loc"}),
        (("modality=mr",), {"mr"}),
        (("lung",), {"ct1", "ct2"}),
        (("description=head",), {"mr"}),
        (("lun",), set()),
        (("localizer",), {"loc"}),
        (("min-slices=2",), {"ct1", "ct2"}),
        ((f"sop-class={make.SOP_CLASS['MR']}",), {"mr"}),
        ((make.SOP_CLASS["MR"],), {"mr"}),
        (("modality=CT", "modality=MR"), {"ct1", "ct2", "loc", "mr"}),
        (("modality=CT", "min-slices=2"), {"ct1", "ct2"}),
    ],
)
def test_include_takes_what_its_words_say_and_exclude_the_rest(
    tmp_path: Path, words: tuple[str, ...], names: set[str]
) -> None:
    assert selected(tmp_path / "a", include=words) == names
    if len(words) == 1:
        assert selected(tmp_path / "b", exclude=words) == {"ct1", "ct2", "loc", "mr"} - names


def test_what_is_left_out_has_a_row_that_says_so(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a": make.ct_slice()}, include=("MR",))
    assert reasons(found) == {"a": ("skipped", "left out: no --include matches")}


@pytest.mark.parametrize("word", ["modalities=CT", "min-slices=many", "=", "min-slices="])
def test_a_word_that_cannot_select_is_a_usage_error(word: str) -> None:
    with pytest.raises(UsageError):
        Selection((word,), ())


def test_two_patient_ids_in_one_study_are_warned_of(tmp_path: Path) -> None:
    first, second = make.series(2, PatientID="A")[0], make.series(2, PatientID="B")[1]
    [warning] = gathered(tmp_path, {"a": first, "b": second}).warnings
    assert "2 Patient IDs" in warning


def test_one_patient_id_under_two_issuers_is_warned_of(tmp_path: Path) -> None:
    files = {
        issuer: make.ct_slice(IssuerOfPatientID=issuer, StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1")
        for issuer, uid in (("NORTH", "1.2"), ("SOUTH", "1.3"))
    }
    [warning] = gathered(tmp_path, files).warnings
    assert "2 issuers" in warning


@pytest.mark.parametrize(
    ("modality", "part", "count"), [("CT", "HEAD", 1), ("MR", "BRAIN", 1), ("CT", "CHEST", 0), ("US", "HEAD", 0)]
)
def test_heads_in_ct_and_mr_are_warned_of(tmp_path: Path, modality: str, part: str, count: int) -> None:
    found = gathered(tmp_path, {"a": make.ct_slice(Modality=modality, BodyPartExamined=part)})
    assert sum("face" in warning for warning in found.warnings) == count


def test_no_warning_and_no_repr_names_a_patient(tmp_path: Path) -> None:
    secret = {"PatientID": "SECRET", "SeriesDescription": "HEAD SECRET", "IssuerOfPatientID": "SECRETARY"}
    first, second = make.series(2, **secret)[0], make.series(2, **{**secret, "PatientID": "SECRET2"})[1]
    found = gathered(tmp_path / "SECRET", {"SECRET1": first, "SECRET2": second})
    assert found.warnings
    assert "SECRET" not in repr(found)


def test_a_file_name_that_is_no_utf_8_does_not_end_the_run(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"r\xf6ntgen.txt")).write_bytes(b"text")
    assert len(gather([tmp_path], Plan(KEY)).outcomes) == 1


def test_the_series_of_a_patient_are_worked_on_one_after_the_other(tmp_path: Path) -> None:
    """A worker remembers what identifies two patients: of series in any order each would read all headers anew."""
    files = {}
    for patient in range(4):
        for series in range(4):
            choices = {"PatientID": f"ID{patient}", "StudyInstanceUID": make.uid(f"study {patient}")}
            choices |= {"SeriesInstanceUID": make.uid(f"{patient} {series}")}
            for number in range(1 + (patient + series) % 3):
                instance = make.uid(f"{patient} {series} {number}")
                files[f"{series}/{patient}/{number}"] = make.ct_slice(SOPInstanceUID=instance, **choices)
    jobs = gathered(tmp_path, files).jobs
    for order in (jobs, in_working_order(jobs)):
        patients = [job.patient.patient_id for job in order]
        assert [one for one, _ in groupby(patients)] == list(dict.fromkeys(patients))
    lengths = [len(job.files) for job in in_working_order(jobs)[:4]]
    assert lengths == sorted(lengths, reverse=True)
