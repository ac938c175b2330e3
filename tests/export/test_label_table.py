"""Labels of a table go to the rows that have its keys, and lines that are of none are told by number."""

from pathlib import Path

import pytest

from dicomconv.errors import UsageError
from dicomconv.export.label_table import labelled, read_label_table, translated
from dicomconv.export.rows import Row, Subject


def row(patient: str, number: int) -> Row:
    """A row of a patient."""
    uid = f"1.2.{number}"
    return Row(Path("c.h5"), 0, number, f"se_{number:04d}", Subject(patient), "1.2", "1.3", uid, "1.4", 1, "CR", "PA", 4, 5)


ROWS = [row("A", 1), row("A", 2), row("B", 3)]


def table(folder: Path, text: str):
    """A table with this text."""
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return read_label_table(path)


def test_a_label_of_a_patient_is_of_all_its_images_and_one_of_an_image_of_that(tmp_path: Path):
    found, unmatched = labelled(
        ROWS, table(tmp_path, "patient_id,sop_instance_uid,edema,note\nA,,1,\nA,1.2.2,,seen\nB,,0,\nC,,1,\nA,1.2.3,1,\n")
    )
    assert [(one.label("edema"), one.label("note")) for one in found] == [("1", ""), ("1", "seen"), ("0", "")]
    assert unmatched == [5, 6]


def test_files_are_known_by_name_whatever_folder_and_suffix(tmp_path: Path):
    found, unmatched = labelled(ROWS, table(tmp_path, "file,grade\nx\\y/se_0001.PNG,2\nse_0003,1\nse_0009.png,1\n"))
    assert [one.label("grade") for one in found] == ["2", "", "1"]
    assert unmatched == [4]


def test_two_lines_that_differ_are_named_and_not_quoted(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        labelled(ROWS, table(tmp_path, "patient_id,secret\nA,Jane\n\nA,June\n"))
    assert "lines 2 and 4" in str(caught.value)
    assert "Jane" not in str(caught.value)


def test_a_line_without_any_key_is_of_no_image(tmp_path: Path):
    _, unmatched = labelled(ROWS, table(tmp_path, "patient_id,grade\n,1\n"))
    assert unmatched == [2]


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "first line"), ("patient_id\nA\n", "first line"), ("a,b\n1,2\n", "first line"),
     ("patient_id,x,x\nA,1,2\n", "first line"), ("patient_id,x\nA\n", "line 2 has fewer")],
)  # fmt: skip
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, text: str, says: str):
    with pytest.raises(UsageError, match=says):
        table(tmp_path, text)


def test_keys_are_translated_and_labels_are_not(tmp_path: Path):
    found = translated(table(tmp_path, "patient_id,frame_number,x\nA,,A\n"), lambda key, cell: f"{key}:{cell}")
    assert found.lines == ((2, ("patient_id:A", ""), ("A",)),)
    assert "patient_id:A" not in repr(found)
