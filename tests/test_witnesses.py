"""Programs that others wrote read what dicomconv writes: dciodvfy and dcmdump the DICOM, h5dump the containers.

Where a program is missing its tests are skipped, and say so; `.ci/run` installs all three.
"""

import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dicomconv import convert, deidentify
from dicomconv.deid.options import BY_NAME
from tests import make, wheel
from tests.outputs import containers, key_file

# What dciodvfy says of an input that it did not read to its end, or whose class it could not tell: no judgement
NOT_JUDGED = re.compile(r"read failed|missing SOPClassUID|SOP Class not recognized|Assertion .* failed")
VALUE = re.compile(r"<(?!\w*[A-Za-z]\w*>)[^>]*>|= .*$")  # the names of attributes and modules are kept, values are not


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a program is missing."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def told(*words: object) -> tuple[int, list[str]]:
    """A program's exit code and all it said."""
    done = subprocess.run(list(map(str, words)), capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("latin-1").splitlines()


WAYS: dict[str, dict[str, Any]] = {
    "basic": {},
    "research": {"preset": "research"},
    "limited-dataset": {"preset": "limited-dataset"},
    "most options": {"option": [name for name in BY_NAME if name != "retain-full-dates"]},
}


@pytest.fixture(scope="module", params=WAYS)
def pairs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """Every file of the wheel that was de-identified, with its output."""
    folder = tmp_path_factory.mktemp("witnesses")
    choices = {"key": key_file(folder / "key"), "burned_in": "keep", "duplicates": "keep-both", **WAYS[request.param]}
    report = deidentify(wheel.FOLDER, folder / "out", jobs=2, **choices)
    done = [outcome for outcome in report.outcomes if isinstance(report.paths[outcome.row], Path)]
    done = [outcome for outcome in done if outcome.status == "converted"]
    return [(report.paths[outcome.row], folder / "out" / str(outcome.facts["file"])) for outcome in done]


def faults(path: Path) -> tuple[Counter[str], bool]:
    """The errors that dciodvfy finds, values left out, and whether it could judge the file at all."""
    code, lines = told("dciodvfy", path)
    judged = code in (0, 1) and not any(NOT_JUDGED.search(line) for line in lines)
    return Counter(VALUE.sub("<>", line) for line in lines if line.startswith("Error")), judged


@needs("dciodvfy")
def test_no_output_has_an_error_that_its_input_had_not(pairs: list[tuple[Path, Path]]) -> None:
    with ThreadPoolExecutor(2) as pool:
        before = list(pool.map(lambda pair: faults(pair[0]), pairs))
        after = list(pool.map(lambda pair: faults(pair[1]), pairs))
    judged = [index for index, (_, is_judged) in enumerate(before) if is_judged]
    new = {pairs[index][0].name: after[index][0] - before[index][0] for index in judged}
    assert {name: errors for name, errors in new.items() if errors} == {}
    assert len(judged) > 120


@needs("dciodvfy")
def test_dciodvfy_sees_an_attribute_that_is_missing(tmp_path: Path) -> None:
    """So that the test above is known to be able to fail."""
    make.write(tmp_path, {"whole": make.ct_slice(), "less": make.ct_slice(StudyInstanceUID=None)})
    assert faults(tmp_path / "less")[0] - faults(tmp_path / "whole")[0]


@needs("dcmdump")
def test_every_output_is_read_to_its_end_by_dcmdump(pairs: list[tuple[Path, Path]]) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda pair: (pair[1].name, *told("dcmdump", "-q", "--load-short", pair[1])), pairs)
        bad = [name for name, code, lines in found if code or any(line.startswith(("E:", "F:")) for line in lines)]
    assert bad == []


@needs("dcmdump")
def test_dcmdump_sees_the_patient_of_the_output_and_not_that_of_the_input(pairs: list[tuple[Path, Path]]) -> None:
    name = next(pair for pair in pairs if pair[0].name == "CT_small.dcm")
    before, after = ("".join(told("dcmdump", "+P", "PatientName", path)[1]) for path in name)
    assert ("CompressedSamples" in before, "CompressedSamples" in after, "DEID-" in after) == (True, False, True)


def frame_values(path: Path, dataset: str, folder: Path) -> bytes:
    """A dataset's values as h5dump writes them, little endian."""
    code, lines = told("h5dump", "-d", dataset, "-b", "LE", "-o", folder / "values", path)
    assert code == 0, lines
    return (folder / "values").read_bytes()


@needs("h5dump")
@pytest.mark.parametrize("compression", ["fast", "small"])
def test_h5dump_gives_the_frames_that_the_dicom_file_holds(tmp_path: Path, compression: str) -> None:
    make.write(tmp_path / "in", {str(number): one for number, one in enumerate(make.series(3))})
    convert(tmp_path / "in", tmp_path / "out", png=False, compression=compression)  # type: ignore[arg-type]
    values = frame_values(containers(tmp_path / "out")[0], "/stacks/0/pixels", tmp_path)
    expected = np.array([1000 + number + make.ramp(4, 5) for number in (1, 2, 3)])
    assert np.array_equal(np.frombuffer(values, "<u2").reshape(3, 4, 5), expected)


@needs("h5dump")
def test_h5dump_reads_every_dataset_of_every_container(tmp_path: Path) -> None:
    convert(wheel.FOLDER, tmp_path / "out", png=False, burned_in="keep", duplicates="keep-both", jobs=2)
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(lambda path: (path.name, *told("h5dump", "-o", "/dev/null", path)), containers(tmp_path / "out"))
        )
    assert [name for name, code, lines in found if code or any("unable" in line for line in lines)] == []
    assert len(found) > 40


@needs("h5dump")
def test_h5dump_gives_the_values_of_h5py_in_a_real_container(tmp_path: Path) -> None:
    convert(wheel.FOLDER / "test_files" / "CT_small.dcm", tmp_path / "out", png=False)
    [path] = containers(tmp_path / "out")
    with h5py.File(path) as file:
        expected = file["stacks/0/pixels"][()]
    assert (
        frame_values(path, "/stacks/0/pixels", tmp_path) == expected.astype(expected.dtype.newbyteorder("<")).tobytes()
    )
