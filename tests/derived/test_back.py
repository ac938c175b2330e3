"""Objects on de-identified files back onto the hospital's own study."""

import copy
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite

from dicomconv import convert
from dicomconv.container.annotations import add_set
from dicomconv.container.reader import Container
from dicomconv.pipeline.seal_keys import make_pair
from tests import make, outputs
from tests.cli.command import call
from tests.derived.study import COLUMNS, ROWS, drawn

pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")


def back(study: Path, source: Path, out: Path, *, key: str = "custodian.pem") -> Any:
    return call("reidentify", source, "--identity", study / key, "--from", study / "out", "-o", out)


def originals(study: Path) -> list[Dataset]:
    return [dcmread(path) for path in sorted((study / "in").iterdir())]


def uids_in(dataset: Dataset) -> set[str]:
    found = [element.value for element in dataset.iterall() if element.VR == "UI" and element.value]
    return {str(uid) for value in found for uid in ([value] if isinstance(value, str) else value)}


def references(dataset: Dataset, *keywords: str) -> set[str]:
    return {str(element.value) for element in dataset.iterall() if element.keyword in keywords}


@pytest.mark.parametrize("kind", ["dicom", "rtstruct"])
def test_every_reference_is_one_of_the_originals_and_no_pseudonym_is_left(study: Path, tmp_path: Path, kind: str):
    assert back(study, study / kind, tmp_path / "back").exit_code == 0
    sources = originals(study)
    known = {one.SOPInstanceUID for one in sources}
    made = set().union(*(uids_in(dcmread(path)) for path in (study / kind).rglob("*.dcm")))
    found = sorted((tmp_path / "back").rglob("*.dcm"))
    assert len(found) == len(list((study / kind).rglob("*.dcm")))
    for path in found:
        dataset = dcmread(path)
        assert references(dataset, "ReferencedSOPInstanceUID") - {sources[0].StudyInstanceUID} <= known
        assert dataset.StudyInstanceUID == sources[0].StudyInstanceUID
        places = references(dataset, "FrameOfReferenceUID", "ReferencedFrameOfReferenceUID")
        assert places <= {sources[0].FrameOfReferenceUID}
        assert {uid for uid in uids_in(dataset) & made if uid.startswith("2.25.")} == set()


def test_it_is_of_the_original_patient_study_and_date(study: Path, tmp_path: Path):
    back(study, study / "dicom", tmp_path / "back")
    for path in (tmp_path / "back").rglob("*.dcm"):
        dataset = dcmread(path)
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "AccessionNumber", "StudyID"):
            assert dataset[keyword].value == originals(study)[0][keyword].value
        assert (dataset.ContentDate, dataset.ContentTime) == ("20200104", "101112")
        assert not {"PatientIdentityRemoved", "DeidentificationMethod"} & {one.keyword for one in dataset}


def test_in_the_shareable_space_dates_are_the_shifted_ones(study: Path):
    source = originals(study)[0]
    for path in (study / "dicom").rglob("*.dcm"):
        dataset = dcmread(path)
        assert dataset.ContentDate not in ("20200104", "19000101")
        assert dataset.StudyDate != source.StudyDate
        assert dataset.ContentDate > dataset.StudyDate


def test_each_mask_is_on_its_own_slice(study: Path, tmp_path: Path):
    back(study, study / "dicom", tmp_path / "back")
    (path,) = [path for path in (tmp_path / "back").rglob("*.dcm") if dcmread(path).Modality == "SEG"]
    (before,) = [path for path in (study / "dicom").rglob("*.dcm") if dcmread(path).Modality == "SEG"]
    seg, made = dcmread(path), dcmread(before)
    assert seg.PixelData == made.PixelData
    places = {one.SOPInstanceUID: [float(value) for value in one.ImagePositionPatient] for one in originals(study)}
    for groups in seg.PerFrameFunctionalGroupsSequence:
        uid = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        position = [float(value) for value in groups.PlanePositionSequence[0].ImagePositionPatient]
        assert np.allclose(places[uid], position, atol=1e-6)


def test_what_highdicom_made_elsewhere_is_mapped_once(study: Path, tmp_path: Path):
    """Its objects share sequences; its date is the day it was made, which is nobody's secret, and stays."""
    import highdicom

    call("recover", study / "out", "-o", tmp_path / "images")
    images = sorted((dcmread(path) for path in (tmp_path / "images").rglob("*.dcm") if "_" not in path.parent.name),
                    key=lambda one: one.InstanceNumber)  # fmt: skip
    images = [one for one in images if one.Modality == "CT"]
    code = highdicom.sr.CodedConcept("10200004", "SCT", "Liver")
    segment = highdicom.seg.SegmentDescription(1, "liver", code, code, "MANUAL")
    seg = highdicom.seg.Segmentation(
        images, np.ones((len(images), *images[0].pixel_array.shape), np.uint8), "BINARY", [segment],
        highdicom.UID(), 5, highdicom.UID(), 1, "AI", "model", "1", "0",
    )  # fmt: skip
    (tmp_path / "ai").mkdir()
    seg.save_as(tmp_path / "ai" / "seg.dcm")
    assert back(study, tmp_path / "ai", tmp_path / "back").exit_code == 0
    found = dcmread(tmp_path / "back" / "seg.dcm")
    known = {one.SOPInstanceUID for one in originals(study)}
    assert references(found, "ReferencedSOPInstanceUID") == known
    assert str(found.ContentDate) == str(seg.ContentDate)
    assert found.SOPInstanceUID != seg.SOPInstanceUID


def test_a_reference_that_is_not_known_is_named(study: Path, tmp_path: Path):
    (path,) = [path for path in (study / "dicom").rglob("*.dcm") if dcmread(path).Modality == "SEG"]
    dataset = dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence[2].DerivationImageSequence[0].SourceImageSequence[
        0
    ].ReferencedSOPInstanceUID = "2.25.4711"
    (tmp_path / "odd").mkdir()
    dataset.save_as(tmp_path / "odd" / "seg.dcm")
    result = back(study, tmp_path / "odd", tmp_path / "back")
    assert result.exit_code == 1
    assert "2.25.4711" in result.stderr
    assert list((tmp_path / "back").rglob("*.dcm")) == []


def test_a_wrong_key_and_a_container_without_a_seal(study: Path, tmp_path: Path):
    assert back(study, study / "dicom", tmp_path / "back", key="stranger.pem").exit_code == 7
    convert(study / "in", tmp_path / "open")
    words = ("--identity", study / "custodian.pem", "--from", tmp_path / "open", "-o", tmp_path / "back")
    result = call("reidentify", study / "dicom", *words)
    assert result.exit_code == 2
    assert "no seal" in result.stderr


def test_the_files_of_the_container_themselves_are_refused(study: Path, tmp_path: Path):
    call("recover", study / "out", "-o", tmp_path / "images", "--no-annotations")
    result = back(study, tmp_path / "images", tmp_path / "back")
    assert result.exit_code == 1
    assert "recover --original" in result.stderr


def test_a_report_that_refers_to_a_segmentation_of_the_same_call(study: Path, tmp_path: Path):
    files = {dcmread(path).Modality: dcmread(path) for path in (study / "dicom").rglob("*.dcm")}
    evidence = files["SR"].CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    item = copy.deepcopy(evidence[0])
    item.SeriesInstanceUID = files["SEG"].SeriesInstanceUID
    item.ReferencedSOPSequence = [copy.deepcopy(item.ReferencedSOPSequence[0])]
    item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID = files["SEG"].SOPInstanceUID
    evidence.append(item)
    for name, dataset in files.items():
        (tmp_path / "both").mkdir(exist_ok=True)
        dcmwrite(tmp_path / "both" / f"{name}.dcm", dataset)
    assert back(study, tmp_path / "both", tmp_path / "back").exit_code == 0
    seg, sr = dcmread(tmp_path / "back" / "SEG.dcm"), dcmread(tmp_path / "back" / "SR.dcm")
    assert seg.SOPInstanceUID in references(sr, "ReferencedSOPInstanceUID")
    assert seg.SeriesInstanceUID in references(sr, "SeriesInstanceUID")


@pytest.mark.parametrize(
    "syntax", [make.IMPLICIT, make.BIG_ENDIAN, make.DEFLATED, make.RLE], ids=["le", "be", "deflated", "rle"]
)
def test_originals_however_they_are_encoded(tmp_path: Path, syntax: str):
    values = {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "DÖE^JÅNE", "StudyDescription": "Schädel"}
    pixels = make.ramp(ROWS, COLUMNS)
    made = (
        make.encapsulated(pixels, **values)
        if syntax == make.RLE
        else make.instance("CT", pixels, syntax=syntax, **values)
    )
    make.write(tmp_path / "in", {"a": made})
    make_pair(tmp_path / "key")
    convert(tmp_path / "in", tmp_path / "out", seal_to=[tmp_path / "key.pub"], detach_seal=True, option=["retain-uids"])
    (path,) = outputs.containers(tmp_path / "out")
    add_set(path, drawn(Container(path)))
    call("annotate", "dicom", tmp_path / "out", "-o", tmp_path / "dicom")
    words = ("--identity", tmp_path / "key.pem", "--from", path, "-o", tmp_path / "back")
    assert call("reidentify", tmp_path / "dicom", *words).exit_code == 0
    (found,) = (dcmread(one) for one in (tmp_path / "back").rglob("*.dcm"))
    assert str(found.PatientName) == "DÖE^JÅNE"
    assert found.StudyDescription == "Schädel"
    (before,) = (dcmread(one) for one in (tmp_path / "dicom").rglob("*.dcm"))
    source = dcmread(io.BytesIO(made))
    assert references(found, "ReferencedSOPInstanceUID") == {source.SOPInstanceUID}
    assert (found.ContentDate, found.StudyDate) == ("20200102", "20200102")
    assert found.PixelData == before.PixelData
    assert found.SOPInstanceUID != before.SOPInstanceUID
