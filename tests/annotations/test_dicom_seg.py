"""DICOM Segmentations that highdicom and others make: every pixel on the image that it was drawn on."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes

from dicomconv.annotations.dicom_seg import read
from dicomconv.annotations.drawn import Drawn, Fault
from tests.export import volumes

hd = pytest.importorskip("highdicom")

SHAPE = (5, 9, 12)  # slices, rows, columns


def sources(kind: str = "CT") -> list[Dataset]:
    """The images of a series, in an order that is not that of their places."""
    files = volumes.multiframe() if kind == "multi-frame" else volumes.slices(kind)
    return [dcmread(io.BytesIO(content)) for content in files]


def described(number: int, label: str, *, left: bool = False) -> Any:
    kidney = hd.seg.SegmentDescription(
        number, label, codes.SCT.AnatomicalStructure, codes.SCT.Kidney, "MANUAL", tracking_uid=hd.UID(), tracking_id=label,
    )  # fmt: skip
    if left:
        side = Dataset()
        side.CodeValue, side.CodingSchemeDesignator, side.CodeMeaning = "7771000", "SCT", "Left"
        kidney.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]
    return kidney


def masks(seed: int = 1, segments: int = 2) -> NDArray[np.uint8]:
    """(slices, rows, columns, segments): blots that overlap; one slice has nothing of the first segment."""
    found = (np.random.default_rng(seed).random((*SHAPE, segments)) > 0.6).astype(np.uint8)
    found[2, ..., 0] = 0
    return found


def segmentation(images: list[Dataset], pixels: NDArray[Any], kind: str = "BINARY", **options: Any) -> Any:
    count = pixels.shape[3] if pixels.ndim == 4 else int(pixels.max())
    return hd.seg.Segmentation(
        source_images=images, pixel_array=pixels, segmentation_type=kind,
        segment_descriptions=[described(number, f"part {number}", left=number == 2) for number in range(1, count + 1)],
        series_instance_uid=hd.UID(), series_number=9, sop_instance_uid=hd.UID(), instance_number=1,
        manufacturer="M", manufacturer_model_name="M", software_versions="1", device_serial_number="1", **options,
    )  # fmt: skip


def saved(folder: Path, content: Any, name: str = "seg.dcm") -> Path:
    content.save_as(folder / name)
    return folder / name


def drawn(path: Path, **options: Any) -> list[Drawn]:
    found = list(read(path, **options))
    assert all(isinstance(one, Drawn) for one in found), found
    return [one for one in found if isinstance(one, Drawn)]


def faults(path: Path, **options: Any) -> list[str]:
    return [one.reason for one in read(path, **options) if isinstance(one, Fault)]


def by_image(found: list[Drawn]) -> Iterator[tuple[tuple[str, int, str], NDArray[np.bool_]]]:
    for one in found:
        if one.mask is not None:
            assert one.picture is not None
            yield (one.picture.sop_instance_uid, one.picture.frame_number, str(one.label)), one.mask


def wanted(images: list[Dataset], pixels: NDArray[Any]) -> dict[tuple[str, int, str], NDArray[np.bool_]]:
    """What is to be read, from what was written: highdicom takes planes in the order of the images that it is given."""
    is_multi = len(images) == 1
    keys = [(images[0].SOPInstanceUID, frame + 1) for frame in range(SHAPE[0])] if is_multi else [
        (image.SOPInstanceUID, 1) for image in images
    ]  # fmt: skip
    return {
        (*keys[plane], f"part {segment + 1}"): pixels[plane, ..., segment] != 0
        for plane in range(SHAPE[0])
        for segment in range(pixels.shape[3])
        if pixels[plane, ..., segment].any()
    }


def assert_same(found: list[Drawn], expected: dict[tuple[str, int, str], NDArray[np.bool_]]) -> None:
    got = dict(by_image(found))
    assert got.keys() == expected.keys()
    for key, mask in got.items():
        np.testing.assert_array_equal(mask, expected[key])


@pytest.mark.parametrize("kind", ["CT", "multi-frame"])
@pytest.mark.parametrize("segments", [1, 2])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])
def test_a_binary_one_is_read_on_the_frames_that_it_names(
    tmp_path: Path, kind: str, segments: int, syntax: str
) -> None:
    images, pixels = sources(kind), masks(segments=segments)
    path = saved(tmp_path, segmentation(images, pixels, transfer_syntax_uid=syntax))
    found = drawn(path)
    assert_same(found, wanted(images, pixels))
    assert {one.picture.size for one in found if one.picture} == {(12, 9)}


def test_empty_frames_are_seen_and_have_nothing_on_them(tmp_path: Path) -> None:
    images, pixels = sources(), masks()
    path = saved(tmp_path, segmentation(images, pixels, omit_empty_frames=False))
    found = drawn(path)
    assert_same(found, wanted(images, pixels))
    assert [one.is_seen_only for one in found].count(True) == 1


def test_a_label_map_is_read(tmp_path: Path) -> None:
    images = sources()
    pixels = np.random.default_rng(3).integers(0, 3, SHAPE).astype(np.uint8)
    path = saved(tmp_path, segmentation(images, pixels, "LABELMAP"))
    apart = np.stack([pixels == 1, pixels == 2], axis=3)
    assert_same(drawn(path), wanted(images, apart))


def test_a_compressed_one_is_read(tmp_path: Path) -> None:
    images, pixels = sources(), masks(segments=1)
    content = segmentation(images, pixels, "LABELMAP", transfer_syntax_uid="1.2.840.10008.1.2.5")
    assert_same(drawn(saved(tmp_path, content)), wanted(images, pixels))


def test_a_deflated_one_is_read(tmp_path: Path) -> None:
    images, pixels = sources(), masks()
    content = segmentation(images, pixels)
    content.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    assert_same(drawn(saved(tmp_path, content)), wanted(images, pixels))


def test_codes_and_sides_of_segments_are_told(tmp_path: Path) -> None:
    found = drawn(saved(tmp_path, segmentation(sources(), masks())))
    coded = {one.label: one.coded for one in found}
    assert coded["part 1"] is not None
    assert coded["part 2"] is not None
    assert (coded["part 1"].value, coded["part 1"].type.value, coded["part 1"].modifier) == (1, "64033007", None)
    assert coded["part 2"].modifier is not None
    assert coded["part 2"].modifier.meaning == "Left"
    assert coded["part 2"].category.value == "91723000"


def test_codes_of_snomed_rt_become_those_of_snomed_ct(tmp_path: Path) -> None:
    content = segmentation(sources(), masks(segments=1))
    code = content.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0]
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-62000", "SRT", "liver"
    [first, *_] = drawn(saved(tmp_path, content))
    assert first.coded is not None
    assert (first.coded.type.scheme, first.coded.type.value, first.coded.type.meaning) == ("SCT", "10200004", "Liver")


def test_fractions_are_refused_without_a_threshold_and_cut_with_one(tmp_path: Path) -> None:
    images = sources()
    fractions = np.random.default_rng(4).random((*SHAPE, 1))
    content = segmentation(images, fractions, "FRACTIONAL", max_fractional_value=200)
    path = saved(tmp_path, content)
    assert "--threshold 0.5" in faults(path)[0]
    assert_same(drawn(path, threshold=0.5), wanted(images, np.rint(fractions * 200) >= 100))
    whole = saved(tmp_path, segmentation(images, masks(segments=1).astype(float), "FRACTIONAL"), "whole.dcm")
    assert_same(drawn(whole), wanted(images, masks(segments=1)))


def test_without_references_the_place_says_which_image_is_meant(tmp_path: Path) -> None:
    images, pixels = sources(), masks(segments=1)
    content = segmentation(images, pixels)
    for group in content.PerFrameFunctionalGroupsSequence:
        del group.DerivationImageSequence
    found = drawn(saved(tmp_path, content))
    places = {tuple(float(part) for part in one.ImagePositionPatient): one.SOPInstanceUID for one in images}
    expected = wanted(images, pixels)
    for one in found:
        assert one.picture is not None
        assert one.picture.plane is not None
        assert one.picture.sop_instance_uid == ""
        assert one.picture.frame_of_reference_uid == images[0].FrameOfReferenceUID
        uid = places[one.picture.plane.position]
        np.testing.assert_array_equal(one.mask, expected[uid, 1, "part 1"])
    assert len(found) == len(expected)


def test_a_multi_frame_image_named_without_a_frame_is_found_by_place(tmp_path: Path) -> None:
    content = segmentation(sources("multi-frame"), masks(segments=1))
    for group in content.PerFrameFunctionalGroupsSequence:
        del group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
    found = drawn(saved(tmp_path, content))
    assert {one.picture.sop_instance_uid for one in found if one.picture} == {""}
    assert len({one.picture.plane for one in found if one.picture}) == 4


def test_a_frame_that_names_several_images_is_found_by_place(tmp_path: Path) -> None:
    content = segmentation(sources(), masks(segments=1))
    first, second = content.PerFrameFunctionalGroupsSequence[:2]
    first.DerivationImageSequence[0].SourceImageSequence.append(
        second.DerivationImageSequence[0].SourceImageSequence[0]
    )
    one, other = drawn(saved(tmp_path, content))[:2]
    assert (one.picture.sop_instance_uid, bool(other.picture.sop_instance_uid)) == ("", True)  # type: ignore[union-attr]


def test_a_frame_that_says_neither_image_nor_place_is_a_fault_of_that_frame(tmp_path: Path) -> None:
    content = segmentation(sources(), masks(segments=1))
    group = content.PerFrameFunctionalGroupsSequence[1]
    del group.DerivationImageSequence, group.PlanePositionSequence
    found = list(read(saved(tmp_path, content)))
    assert [one.place for one in found if isinstance(one, Fault)] == ["frame 2"]
    assert len(found) == 4


def test_two_segments_of_one_name_are_two_objects(tmp_path: Path) -> None:
    content = segmentation(sources(), masks())
    content.SegmentSequence[1].SegmentLabel = "part 1"
    assert {(one.label, one.object) for one in drawn(saved(tmp_path, content))} == {("part 1", 1), ("part 1", 2)}


def test_a_segment_that_is_not_described_is_a_fault(tmp_path: Path) -> None:
    content = segmentation(sources(), masks())
    del content.SegmentSequence[1]
    assert set(faults(saved(tmp_path, content))) == {"it has segment 2, which is not described"}


@pytest.mark.parametrize("size", [0, 100, 1000, -1, -40])
def test_a_file_that_is_cut_short_is_a_sentence(tmp_path: Path, size: int) -> None:
    content = saved(tmp_path, segmentation(sources(), masks())).read_bytes()
    (tmp_path / "cut.dcm").write_bytes(content[:size])
    assert faults(tmp_path / "cut.dcm")


def test_what_is_no_segmentation_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ct.dcm").write_bytes(volumes.slices()[0])
    assert faults(tmp_path / "ct.dcm") == ["it is DICOM, but no segmentation"]
    (tmp_path / "text").write_bytes(b"not DICOM at all, whatever it is called")
    assert "not DICOM" in faults(tmp_path / "text")[0]


def test_a_header_that_lies_about_its_frames_takes_no_memory(tmp_path: Path) -> None:
    content = segmentation(sources(), masks())
    content.NumberOfFrames = 2147483647
    assert "more frames than" in faults(saved(tmp_path, content))[0]
    content.NumberOfFrames, content.Rows, content.Columns = 2, 65535, 65535
    assert "shorter than" in faults(saved(tmp_path, content))[0]


def test_no_name_of_a_person_is_told(tmp_path: Path) -> None:
    content = segmentation(sources(), masks(segments=1), content_creator_name="READER^ROBIN")
    content.PatientName = "DOE^JANE"
    told = repr(list(read(saved(tmp_path, content))))
    assert "DOE" not in told
    assert "READER" not in told


@pytest.mark.parametrize("kind", ["CT", "MR"])
def test_what_dcmqi_makes_of_a_label_map_is_read_as_it_was(tmp_path: Path, kind: str) -> None:
    program = shutil.which("itkimage2segimage", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    sitk = pytest.importorskip("SimpleITK")
    if program is None:
        pytest.skip("dcmqi (PyPI) is not installed")
    images = sources(kind)
    for number, image in enumerate(images):
        image.save_as(tmp_path / f"{number}.dcm")
    in_order = sorted(images, key=lambda one: np.dot(one.ImagePositionPatient, volumes.normal(volumes.OBLIQUE)))
    values = np.random.default_rng(5).integers(0, 3, SHAPE).astype(np.uint8)
    volume = sitk.GetImageFromArray(values)
    volume.SetOrigin([float(part) for part in in_order[0].ImagePositionPatient])
    volume.SetSpacing((volumes.SPACING[1], volumes.SPACING[0], volumes.STEP))
    axes = [*np.reshape(volumes.OBLIQUE, (2, 3)), volumes.normal(volumes.OBLIQUE)]
    volume.SetDirection(np.column_stack(axes).ravel().tolist())
    sitk.WriteImage(volume, tmp_path / "labels.nrrd")
    code = {"CodeValue": "64033007", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Kidney"}
    category = {"CodeValue": "91723000", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Anatomical Structure"}
    segments = [
        {"labelID": number, "SegmentLabel": f"part {number}", "SegmentDescription": "x", "SegmentAlgorithmType": "MANUAL",
         "SegmentedPropertyCategoryCodeSequence": category, "SegmentedPropertyTypeCodeSequence": code}
        for number in (1, 2)
    ]  # fmt: skip
    about = {"ContentCreatorName": "R1", "ClinicalTrialSeriesID": "1", "SeriesNumber": "9", "InstanceNumber": "1",
             "segmentAttributes": [segments], "ContentLabel": "SEG", "ContentDescription": "x",
             "ClinicalTrialCoordinatingCenterName": "x", "BodyPartExamined": "KIDNEY", "SeriesDescription": "x",
             "ClinicalTrialTimePointID": "1"}  # fmt: skip
    (tmp_path / "about.json").write_text(json.dumps(about))
    done = subprocess.run(
        [program, "--inputImageList", tmp_path / "labels.nrrd", "--inputDICOMDirectory", tmp_path,
         "--inputMetadata", tmp_path / "about.json", "--outputDICOM", tmp_path / "out.seg"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (tmp_path / "out.seg").exists(), done.stdout + done.stderr
    apart = np.stack([values == 1, values == 2], axis=3)
    assert_same(drawn(tmp_path / "out.seg"), wanted(in_order, apart))
