"""Segmentations out of containers, as other software reads them."""

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from dicomconv.annotation import AnnotationSet, FrameKey, Region
from dicomconv.container.reader import Container
from dicomconv.pipeline.derived.readback import wrong_segmentations, wrong_structure_set
from dicomconv.pipeline.derived.segmentation import segmentations
from dicomconv.pipeline.derived.structure_set import structure_set
from tests import make
from tests.derived.study import COLUMNS, LABELS, ROWS, converted, drawn, enhanced_mr, oblique_ct, ring

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")


@pytest.fixture(scope="module")
def oblique(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """A shuffled oblique CT with a gap."""
    return converted(tmp_path_factory.mktemp("oblique"), oblique_ct())


def masks_in(contents: list[bytes]) -> Iterator[tuple[str, str, int | None, np.ndarray, list[float] | None]]:
    """Label, SOP Instance UID, frame number, mask and position of each frame, by pydicom alone."""
    for content in contents:
        seg = dcmread(io.BytesIO(content))
        bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
        size = int(seg.NumberOfFrames), seg.Rows, seg.Columns
        pixels = bits[: np.prod(size)].reshape(size).astype(bool)
        names = {item.SegmentNumber: item.SegmentLabel for item in seg.SegmentSequence}
        shared = seg.SharedFunctionalGroupsSequence[0]
        for mask, groups in zip(pixels, seg.PerFrameFunctionalGroupsSequence, strict=True):
            either = [groups, shared]
            number = _first(either, "SegmentIdentificationSequence").ReferencedSegmentNumber
            source = _first(either, "DerivationImageSequence").SourceImageSequence[0]
            place = _first(either, "PlanePositionSequence")
            position = [float(value) for value in place.ImagePositionPatient] if place else None
            frame = source.get("ReferencedFrameNumber")
            yield names[number], source.ReferencedSOPInstanceUID, frame and int(frame), mask, position


def _first(either: list[Dataset], keyword: str) -> Dataset | None:
    return next((groups[keyword][0] for groups in either if keyword in groups), None)


def drawn_in(container: Container, one: AnnotationSet) -> dict[tuple[str, str, int], np.ndarray]:
    """The masks of a set by label, SOP Instance UID and frame number."""
    found = {}
    for region in one.regions:
        frames = container.stacks[region.key.stack].frames
        instance = container.instances[int(frames["instance"][region.key.frame])]
        number = int(frames["frame_number"][region.key.frame])
        found[one.label(region.label).name, instance.sop_instance_uid, number] = region.mask
    return found


def assert_same(container: Container, one: AnnotationSet, contents: list[bytes]) -> None:
    expected, found = drawn_in(container, one), list(masks_in(contents))
    assert len(found) == len(expected)
    for label, sop_instance_uid, number, mask, position in found:
        assert np.array_equal(expected[label, sop_instance_uid, number or 1], mask)
        if position is not None:
            row = [i.sop_instance_uid for i in container.instances].index(sop_instance_uid)
            frames = container.stacks[0].frames
            here = (frames["instance"] == row) & (frames["frame_number"] == (number or 1))
            assert np.allclose(frames["position"][here][0], position, rtol=0, atol=1e-6)


def test_each_mask_refers_to_its_own_slice_and_lies_where_that_does(oblique: Container):
    one = drawn(oblique)
    assert_same(oblique, one, list(segmentations(oblique, one)))


def test_highdicom_reads_the_masks_back_by_their_instances(oblique: Container):
    one = drawn(oblique)
    (content,) = segmentations(oblique, one)
    found = highdicom.seg.segread(io.BytesIO(content))
    numbers = {"liver": 1, "kidney": 2}
    for (label, uid, _), mask in drawn_in(oblique, one).items():
        assert found.get_segment_description(numbers[label]).segment_label == label
        pixels = found.get_pixels_by_source_instance([uid], segment_numbers=[numbers[label]])
        assert np.array_equal(pixels[0, :, :, 0].astype(bool), mask)


def test_it_is_of_the_same_patient_study_and_frame_of_reference(oblique: Container):
    seg = dcmread(io.BytesIO(next(segmentations(oblique, drawn(oblique)))))
    source = dcmread(io.BytesIO(b"".join(next(oblique.recover()).chunks())))
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "FrameOfReferenceUID", "PatientIdentityRemoved"):
        assert seg[keyword].value == source[keyword].value, keyword
    (series,) = seg.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == source.SeriesInstanceUID != seg.SeriesInstanceUID


def test_segments_have_codes_algorithm_and_tracking_identifiers(oblique: Container):
    seg = dcmread(io.BytesIO(next(segmentations(oblique, drawn(oblique, algorithm="AUTOMATIC")))))
    liver, kidney = seg.SegmentSequence
    assert liver.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Liver"
    modifier = kidney.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence[0]
    assert (modifier.CodeValue, modifier.CodingSchemeDesignator) == ("7771000", "SCT")
    assert {item.SegmentAlgorithmType for item in seg.SegmentSequence} == {"AUTOMATIC"}
    assert len({item.TrackingUID for item in seg.SegmentSequence}) == 2


def test_the_same_bytes_every_time_and_other_uids_for_another_set(oblique: Container):
    one, other = drawn(oblique), drawn(oblique, lambda frame, rows, columns: ring(rows, columns, 9, 9))
    assert list(segmentations(oblique, one)) == list(segmentations(oblique, one))
    uids = [dcmread(io.BytesIO(next(segmentations(oblique, each)))).SOPInstanceUID for each in (one, other)]
    assert uids[0] != uids[1]


def test_labels_that_overlap_both_keep_their_pixels(oblique: Container):
    full = np.ones(oblique.stacks[0].shape[1:], bool)
    regions = tuple(Region(FrameKey(0, frame), label, full) for frame in (2, 5) for label in (1, 3, 7))
    one = AnnotationSet("a", "", "test", (), "MANUAL", LABELS, frozenset(), regions)
    assert_same(oblique, one, list(segmentations(oblique, one)))


def test_frames_of_a_multi_frame_object_are_referred_to_by_number(tmp_path: Path):
    container = converted(tmp_path, {"mr": enhanced_mr()})
    one = drawn(container)
    (content,) = segmentations(container, one)
    assert_same(container, one, [content])
    seg = dcmread(io.BytesIO(content))
    assert [len(s.ReferencedInstanceSequence) for s in seg.ReferencedSeriesSequence] == [1]


def test_phases_at_one_place_are_segmentations_of_their_own(tmp_path: Path):
    files = {str(n): make.ct_slice(InstanceNumber=n, ImagePositionPatient=["0", "0", str(n // 2)]) for n in range(8)}
    container = converted(tmp_path, files)
    one = drawn(container, lambda frame, rows, columns: np.ones((rows, columns), bool))
    contents = list(segmentations(container, one))
    assert len(contents) == 2
    assert_same(container, one, contents)


def test_names_that_dicom_has_no_place_for_are_written_without_what_parts_values(oblique: Container, tmp_path: Path):
    odd = dataclasses.replace(LABELS[0], name="left\\right\t" + "ä" * 80)
    one = dataclasses.replace(drawn(oblique), labels=(odd, *LABELS[1:]), annotator="a^b=c\\d")
    seg = dcmread(io.BytesIO(next(segmentations(oblique, one))))
    assert seg.SegmentSequence[0].SegmentLabel == "left right " + "ä" * 53
    assert not wrong_segmentations(oblique, one, list(segmentations(oblique, one)))
    assert not wrong_structure_set(oblique, one, structure_set(oblique, one))


def test_odd_values_of_the_source_are_taken_over_as_they_are(tmp_path: Path):
    odd = {"PatientSex": "X", "StudyTime": "030405", "PatientAge": "030Y", "StudyDescription": "CT"}
    container = converted(tmp_path, {"a": make.ct_slice(**odd)}, option=["retain-patient-characteristics"])
    one = drawn(container, lambda frame, rows, columns: np.ones((rows, columns), bool))
    seg = dcmread(io.BytesIO(next(segmentations(container, one))))
    source = dcmread(io.BytesIO(b"".join(next(container.recover()).chunks())))
    assert source.PatientAge == "030Y"
    for keyword in (*odd, "PatientName", "PatientBirthDate", "StudyDate"):
        assert seg.get(keyword) == source.get(keyword), keyword


def test_a_slice_without_a_thickness(tmp_path: Path):
    container = converted(tmp_path, {str(n): make.ct_slice(InstanceNumber=n, SliceThickness=None) for n in (1,)})
    one = drawn(container, lambda frame, rows, columns: np.ones((rows, columns), bool))
    assert_same(container, one, list(segmentations(container, one)))


@pytest.mark.parametrize("kind", ["CR", "US multi-frame", "SC words"])
def test_a_frame_without_a_place_has_a_segmentation_of_its_own_without_frame_of_reference(tmp_path: Path, kind: str):
    several = 1 if kind == "CR" else 3
    pixels = make.ramp(*([several] if several > 1 else []), ROWS, COLUMNS, dtype="uint8")
    container = converted(tmp_path, {"a": make.instance(kind, pixels, BurnedInAnnotation="NO")}, burned_in="keep")
    one = drawn(container)
    contents = list(segmentations(container, one))
    assert_same(container, one, contents)
    assert all("FrameOfReferenceUID" not in dcmread(io.BytesIO(content)) for content in contents)
