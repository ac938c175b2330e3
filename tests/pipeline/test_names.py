"""Names of what is written are safe on any file system, Windows included, whatever the pseudonyms are."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv import convert
from dicomconv.pipeline.names import digits, patient_folder, series_names
from tests import make
from tests.outputs import rows

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*").fullmatch
DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{digit}" for kind in ("com", "lpt") for digit in "0123456789")}
ODD = [
    "CON",
    "nul.txt",
    "com1",
    "LPT9.a",
    "a.",
    "a ",
    ".a",
    "..",
    "a/b",
    "a\\b",
    "a:b",
    "a*",
    "?",
    '"',
    "<x>",
    "|",
    "-",
    "x" * 64,
]
IDS = st.sampled_from(ODD) | st.text("".join(map(chr, range(32, 127))), min_size=1, max_size=64)


@given(IDS)
def test_the_folder_of_a_patient_is_a_safe_name(patient_id: str) -> None:
    name = patient_folder(patient_id)
    assert SAFE(name)
    assert len(name) <= 64
    assert not name.endswith(".")
    assert name.split(".")[0].casefold() not in DEVICES


@given(IDS, IDS)
def test_two_patients_have_two_folders(one: str, other: str) -> None:
    assert (patient_folder(one) == patient_folder(other)) == (one == other)


@pytest.mark.parametrize("patient_id", ["DEID-ABC234", "STUDY_01.b", "7"])
def test_an_id_that_is_safe_is_the_name_of_its_folder(patient_id: str) -> None:
    assert patient_folder(patient_id) == patient_id


def test_study_and_series_have_short_names_and_the_container_stands_beside_its_folder() -> None:
    names = series_names("P", "1.2.3", "1.2.4")
    assert [len(part) for part in names.folder.parts] == [1, 15, 15]
    assert names.container == names.folder.with_name(f"{names.series}.h5")


@pytest.mark.parametrize(("count", "expected"), [(1, 4), (9999, 4), (10000, 5), (123456, 6)])
def test_numbers_are_padded_so_that_names_sort_as_numbers_do(count: int, expected: int) -> None:
    assert digits(count) == expected


@pytest.mark.parametrize("own", ["CON", "a/../../b", "two words", ".hidden"])
def test_an_odd_id_from_the_patient_map_is_in_the_header_and_not_in_a_path(tmp_path: Path, key: Path, own: str) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice(PatientID="A")})
    (tmp_path / "map.csv").write_text(f"A,{own}\n")
    convert(tmp_path / "in", tmp_path / "out", key=key, patient_map=tmp_path / "map.csv")
    [row] = rows(tmp_path / "out")
    assert row["container"].startswith("pt-")
    assert (tmp_path / "out" / row["container"]).is_file()


@pytest.mark.parametrize("own", ["manifest.jsonl", "report.json"])
def test_an_id_from_the_patient_map_does_not_take_the_manifests_name(tmp_path: Path, key: Path, own: str) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice(PatientID="A")})
    (tmp_path / "map.csv").write_text(f"A,{own}\n")
    convert(tmp_path / "in", tmp_path / "out", key=key, patient_map=tmp_path / "map.csv")
    assert len(rows(tmp_path / "out")) == 1
