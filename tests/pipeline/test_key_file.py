"""Key files and patient maps: read with care, and never quoted."""

import re
import stat
from pathlib import Path

import pytest

from dicomconv.errors import KeyFileError, UsageError
from dicomconv.pipeline.key_file import new_key, read_key, read_patient_map, write_key

GOOD = f"dicomconv-key-v1 {'ab' * 32}"
FAULTY_MAPS = [
    ("SECRET", 1),
    ("A,S1\nSECRET,", 2),
    ("A,S1\n,SECRET", 2),
    ("A,S1\n\nSECRET,x,y", 3),
    ("A,S1\nA,SECRET", 2),
    ("A,SECRET\\1", 1),
    ("A,SECRET\x07", 1),
    ("A,SECRÉT", 1),
    (f"A,{'SECRET' * 11}", 1),
    ("patient_id,new\nA,S1\nSECRET", 3),
]


def map_of(folder: Path, text: str) -> dict[str, str]:
    """The patient map of a file with this text."""
    (folder / "map.csv").write_text(text, encoding="utf-8")
    return read_patient_map(folder / "map.csv")


def test_a_key_is_read_as_it_was_written(tmp_path: Path) -> None:
    key = new_key()
    write_key(tmp_path / "key", key)
    assert (read_key(tmp_path / "key"), len(key)) == (key, 32)


def test_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_key(tmp_path / "key", new_key())
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    write_key(tmp_path / "key", bytes(32))
    with pytest.raises(UsageError):
        write_key(tmp_path / "key", new_key())
    assert read_key(tmp_path / "key") == bytes(32)


@pytest.mark.parametrize(
    "text", ["", "secret", "ab" * 32, GOOD[:-1], GOOD + "0", GOOD.upper(), GOOD.replace("v1", "v2"), "é"]
)
def test_what_keygen_did_not_make_is_no_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text, encoding="utf-8")
    with pytest.raises(KeyFileError) as raised:
        read_key(tmp_path / "key")
    assert not re.search("secret|abab", str(raised.value))


@pytest.mark.parametrize("name", ["nothing", "."])
def test_a_key_file_that_is_not_there_is_a_key_file_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFileError):
        read_key(tmp_path / name)


@pytest.mark.parametrize("heading", ["", "patient_id,study_id\n", "PatientID,new\n", "original,new\n", "\ufeff"])
def test_a_map_is_read_with_and_without_a_heading(tmp_path: Path, heading: str) -> None:
    assert map_of(tmp_path, heading + 'A,S1\n\n "B, the second" , S2 \n'.replace(' "', '"').replace('" ,', '",')) == {
        "A": "S1", "B, the second": "S2",
    }  # fmt: skip


def test_a_line_given_twice_is_no_fault(tmp_path: Path) -> None:
    assert map_of(tmp_path, "A,S1\nA,S1\n") == {"A": "S1"}


@pytest.mark.parametrize(("text", "line"), FAULTY_MAPS)
def test_a_faulty_map_names_the_line_and_not_what_stands_in_it(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"line {line}\\b") as raised:
        map_of(tmp_path, text)
    assert "SECR" not in str(raised.value)


def test_new_ids_that_one_file_system_in_two_takes_for_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="capital letters"):
        map_of(tmp_path, "A,study1\nB,STUDY1\n")


def test_a_map_that_is_no_utf_8_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_bytes(b"M\xfcller,S1\n")
    with pytest.raises(UsageError):
        read_patient_map(tmp_path / "map.csv")


def test_a_map_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_patient_map(tmp_path / "map.csv")
