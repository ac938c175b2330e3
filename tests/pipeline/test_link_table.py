"""The link table tells what became of what, of converted instances only, to its owner only."""

import csv
import re
import stat
from pathlib import Path

import pytest
from pydicom import dcmread

from dicomconv.deid.dates import shifted
from dicomconv.pipeline.library import deidentify
from dicomconv.pipeline.link_table import Link, add, links_of
from tests import make
from tests.cli.command import call
from tests.outputs import containers, key_file

PATIENTS = {
    "a1": {"PatientID": "ID-A", "IssuerOfPatientID": "HOSPITAL", "StudyInstanceUID": "1.2.1", "SeriesInstanceUID": "1.3.1"},
    "a2": {"PatientID": "ID-A", "IssuerOfPatientID": "HOSPITAL", "StudyInstanceUID": "1.2.1", "SeriesInstanceUID": "1.3.2"},
    "b": {"PatientID": "ID-B", "StudyInstanceUID": "1.2.2", "SeriesInstanceUID": "1.3.3"},
    "nobody": {"PatientID": "", "StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.3.4"},
}  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Four files of three patients, one of them without an ID, and one that cannot be read to its end."""
    files = {
        name: make.ct_slice(SOPInstanceUID=f"1.4.{number}", StudyDate="20200102", **attributes)
        for number, (name, attributes) in enumerate(PATIENTS.items(), 1)
    }
    broken = make.ct_slice(PatientID="ID-BROKEN", StudyInstanceUID="1.2.9", SeriesInstanceUID="1.3.9")[:-1]
    return make.write(tmp_path / "in", {**files, "broken": broken, "note.txt": b"text"})


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a link table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(path: Path, kind: str) -> dict[str, str]:
    """Of one kind, what became of what."""
    return {row["old"]: row["new"] for row in rows(path) if row["kind"] == kind}


@pytest.mark.parametrize("options", [[], ["--option", "retain-uids"], ["--preset", "research"]], ids=str)
def test_it_tells_what_stands_in_the_files(source: Path, tmp_path: Path, options: list[str]) -> None:
    links = tmp_path / "links.csv"
    call("deidentify", source, "-o", tmp_path / "out", "--link-table", links, *options)
    made = [dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    kinds = {"study_instance_uid": "StudyInstanceUID", "series_instance_uid": "SeriesInstanceUID",
             "sop_instance_uid": "SOPInstanceUID", "patient_id": "PatientID"}  # fmt: skip
    assert len(made) == 4
    for kind, keyword in kinds.items():
        assert set(told(links, kind).values()) == {one[keyword].value for one in made}
    assert set(told(links, "study_instance_uid")) == {"1.2.1", "1.2.2", "1.2.3"}
    assert set(told(links, "sop_instance_uid")) == {"1.4.1", "1.4.2", "1.4.3", "1.4.4"}
    assert set(told(links, "patient_id")) == {"ID-A", "ID-B", ""}


@pytest.mark.parametrize("uid", ["1.2.3 ", "1.2.03", "1.2.840.10008.1.1"])
@pytest.mark.parametrize("options", [[], ["retain-uids"]], ids=str)
def test_uids_that_are_odd_are_told_as_they_came_out(tmp_path: Path, uid: str, options: list[str]) -> None:
    make.write(tmp_path / "in", {"a": make.raw_dataset(*make.minimal(StudyInstanceUID=uid))})
    report = deidentify(tmp_path / "in", tmp_path / "out", option=options)
    [made] = [dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    assert [link.new for link in links_of(report) if link.kind == "study_instance_uid"] == [made.StudyInstanceUID]


def test_each_line_names_the_patient_it_belongs_to(source: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    call("convert", source, "-o", tmp_path / "out", "--no-png", "--link-table", links)
    patient = told(links, "patient_id")["ID-A"]
    theirs = [(row["kind"], row["old"]) for row in rows(links) if row["patient"] == patient]
    assert ("issuer_of_patient_id", "HOSPITAL") in theirs
    assert {old for kind, old in theirs if kind == "series_instance_uid"} == {"1.3.1", "1.3.2"}
    assert len(theirs) == len(set(theirs)) == 7


def test_it_tells_by_how_many_days_dates_moved_where_they_moved(source: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    call("deidentify", source, "-o", tmp_path / "a", "--link-table", links)
    assert not [row for row in rows(links) if row["kind"] == "date_shift_days"]
    call("deidentify", source, "-o", tmp_path / "b", "--link-table", links, "--option", "retain-modified-dates")
    days = {row["patient"]: int(row["new"]) for row in rows(links) if row["kind"] == "date_shift_days"}
    for path in (tmp_path / "b").rglob("*.dcm"):
        made = dcmread(path)
        assert made.StudyDate.encode() == shifted("DA", b"20200102", days[made.PatientID])


def test_what_was_not_converted_is_not_in_it(source: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    result = call("convert", source, "-o", tmp_path / "out", "--no-png", "--link-table", links)
    assert result.exit_code == 3
    assert "ID-BROKEN" not in links.read_text(encoding="utf-8")
    assert "1.2.9" not in told(links, "study_instance_uid")


def test_a_copy_that_got_a_uid_of_its_own_has_a_line_of_its_own(tmp_path: Path) -> None:
    files = {"one": make.ct_slice(), "other": make.ct_slice(KVP="80")}
    report = deidentify(make.write(tmp_path / "in", files), tmp_path / "out", duplicates="keep-both")
    new = {link.new for link in links_of(report) if link.kind == "sop_instance_uid"}
    assert new == {path.stem for path in (tmp_path / "out").rglob("*.dcm")}
    assert len(new) == 2


def test_runs_add_to_it_without_repeating_a_line(source: Path, tmp_path: Path) -> None:
    links, key = tmp_path / "links.csv", key_file(tmp_path / "key")
    words = ["--key", key, "--link-table", links]
    call("deidentify", source / "b", "-o", tmp_path / "out", *words)
    first = links.read_text(encoding="utf-8")
    call("deidentify", source, "-o", tmp_path / "out", *words, "--existing", "skip")
    second = links.read_text(encoding="utf-8")
    call("convert", source, "-o", tmp_path / "other", *words)
    assert second.startswith(first)
    assert len(second) > len(first)
    assert links.read_text(encoding="utf-8") == second
    assert second.count("kind,old,new,patient") == 1


def test_it_is_for_its_owner_alone(source: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    links.touch(mode=0o644)
    call("deidentify", source, "-o", tmp_path / "out", "--link-table", links)
    assert stat.S_IMODE(links.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("place", "said"),
    [("out/links.csv", "outside OUT"), ("out/a/links.csv", "outside OUT"), ("a/../out/links.csv", "outside OUT"),
     ("none/links.csv", "cannot be written")],
)  # fmt: skip
def test_one_in_out_or_that_cannot_be_written_stops_the_run_before_it_begins(
    source: Path, tmp_path: Path, place: str, said: str
) -> None:
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "a").mkdir()
    words = ["--key", key_file(tmp_path / "key"), "--link-table", tmp_path / place]
    result = call("convert", source, "-o", tmp_path / "out", *words)
    assert (result.exit_code, containers(tmp_path), said in result.stderr) == (2, [], True)
    assert list((tmp_path / "out").rglob("*")) == [tmp_path / "out" / "a"]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "kind,old,new,patient\nDOE^JANE\n", "DOE^JANE"])
def test_another_file_is_left_alone_and_not_quoted(source: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text, encoding="utf-8")
    result = call("convert", source, "-o", tmp_path / "out", "--link-table", tmp_path / "other")
    assert (result.exit_code, (tmp_path / "other").read_text(encoding="utf-8")) == (2, text)
    assert "DOE" not in result.stderr


def test_a_dry_run_writes_none(source: Path, tmp_path: Path) -> None:
    call("convert", source, "-o", tmp_path / "out", "--dry-run", "--link-table", tmp_path / "links.csv")
    assert not (tmp_path / "links.csv").exists()


def test_nothing_in_out_and_no_repr_tells_what_is_in_it(source: Path, tmp_path: Path) -> None:
    report = deidentify(source, tmp_path / "out")
    assert [link for link in links_of(report) if link.old == "ID-A"]
    assert not re.search(r"(?<!DE)ID-A", repr(report))
    assert "1.2.1" not in repr(report)


def test_values_that_csv_has_to_quote_come_back_as_they_were(tmp_path: Path) -> None:
    odd = [Link("patient_id", text, "DEID-1", "DEID-1") for text in ('a,"b"', "c\r\nd", "Gerät", "\udce9", " e ")]
    add(_empty(tmp_path), odd)
    add(tmp_path / "links.csv", odd)
    with (tmp_path / "links.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert [Link(*row) for row in csv.reader(file)][1:] == odd


def _empty(folder: Path) -> Path:
    (folder / "links.csv").touch()
    return folder / "links.csv"
