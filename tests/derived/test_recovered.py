"""`recover` brings annotations along."""

import json
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from tests import outputs
from tests.cli.command import call
from tests.derived.test_back import originals, references

pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")


def by_modality(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.dcm")):
        found.setdefault(dcmread(path, stop_before_pixels=True).Modality, []).append(path)
    return found


def test_annotations_come_along_beside_their_series(study: Path, tmp_path: Path):
    result = call("recover", study / "out", "-o", tmp_path / "back")
    assert result.exit_code == 0
    assert "8 files recovered" in result.stdout
    assert "2 files of annotations" in result.stdout
    found = by_modality(tmp_path / "back")
    assert {modality: len(paths) for modality, paths in found.items()} == {"CT": 8, "SEG": 1, "SR": 1}
    (series,) = {path.parent for path in found["CT"]}
    assert found["SEG"][0].parent == series.with_name(f"{series.name}_reviewer-a_seg")
    assert found["SEG"][0].read_bytes() == by_modality(study / "dicom")["SEG"][0].read_bytes()
    assert references(dcmread(found["SEG"][0]), "ReferencedSOPInstanceUID") <= {path.stem for path in found["CT"]}


def test_without_annotations_if_so_asked(study: Path, tmp_path: Path):
    assert call("recover", study / "out", "-o", tmp_path / "back", "--no-annotations").exit_code == 0
    assert by_modality(tmp_path / "back").keys() == {"CT"}


def test_originals_come_with_annotations_of_the_originals(study: Path, tmp_path: Path):
    words = ("recover", study / "out", "-o", tmp_path / "back", "--original", "--identity", study / "custodian.pem")
    assert call(*words, "--json").exit_code == 0
    sources = outputs.tree(study / "in")
    found = outputs.tree(tmp_path / "back")
    assert {name: found[name] for name in sources} == sources
    rest = sorted(found.keys() - sources.keys())
    assert [name.split("/")[0] for name in rest] == ["annotations"] * 2
    known = {one.SOPInstanceUID for one in originals(study)}
    for name in rest:
        dataset = dcmread(tmp_path / "back" / name)
        assert references(dataset, "ReferencedSOPInstanceUID") <= known
        assert dataset.PatientName == "DOE^JANE"
        assert Path(name).stem == dataset.SOPInstanceUID


def test_without_highdicom_the_files_are_recovered_and_a_sentence_says_what_is_missing(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "highdicom", None)
    result = call("recover", study / "out", "-o", tmp_path / "back", "--json")
    assert result.exit_code == 3
    assert result.stderr.count("install dicomconv[seg]") == 2
    assert json.loads(result.stdout)[0]["files"] == 8
    assert by_modality(tmp_path / "back").keys() == {"CT"}
    assert call("annotate", "dicom", study / "out", "-o", tmp_path / "dicom").exit_code == 2


def test_recovering_again_skips_what_is_there(study: Path, tmp_path: Path):
    words = ("recover", study / "out", "-o", tmp_path / "back")
    call(*words)
    before = outputs.tree(tmp_path / "back")
    result = call(*words, "--existing", "skip")
    assert (result.exit_code, "10 there already" in result.stdout) == (0, True)
    assert outputs.tree(tmp_path / "back") == before
