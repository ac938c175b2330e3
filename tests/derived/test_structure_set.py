"""Structure sets out of containers: contours that give the same pixels back."""

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from dicomconv.annotation import AnnotationSet, FrameKey, Region
from dicomconv.container.reader import Container
from dicomconv.pipeline.derived.errors import Unwritable
from dicomconv.pipeline.derived.structure_set import structure_set
from tests import make
from tests.derived.study import COLUMNS, LABELS, ROWS, converted, drawn, enhanced_mr, oblique_ct


@pytest.fixture(
    scope="module", params=[oblique_ct, lambda: {"mr": enhanced_mr()}], ids=["oblique CT", "multi-frame MR"]
)
def series(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Container, AnnotationSet]:
    """A container and what is drawn on it."""
    container = converted(tmp_path_factory.mktemp("series"), request.param())
    return container, drawn(container)


def read(content: bytes) -> Dataset:
    return dcmread(io.BytesIO(content))


def inside(ring: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """By the even-odd rule, the pixels whose centres (whole numbers here) lie within a ring of (column, row)."""
    mask = np.zeros((rows, columns), bool)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        for row in range(rows):
            if (y0 > row) != (y1 > row):
                mask[row] ^= np.arange(columns) < x0 + (row - y0) * (x1 - x0) / (y1 - y0)
    return mask


def test_contours_give_the_masks_back_slice_by_slice(series: tuple[Container, AnnotationSet]):
    container, one = series
    dataset, frames = read(structure_set(container, one)), container.stacks[0].frames
    names = {item.ROINumber: item.ROIName for item in dataset.StructureSetROISequence}
    found: dict[tuple[str, int], np.ndarray] = {}
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            image = contour.ContourImageSequence[0]
            uids = [container.instances[i].sop_instance_uid for i in frames["instance"]]
            number = int(image.get("ReferencedFrameNumber", 1))
            is_it = (np.array(uids) == image.ReferencedSOPInstanceUID) & (frames["frame_number"] == number)
            (frame,) = np.nonzero(is_it)[0]
            points = np.array(contour.ContourData, float).reshape(-1, 3) - frames["position"][frame]
            along = frames["orientation"][frame].reshape(2, 3)
            rows_mm, columns_mm = frames["pixel_spacing"][frame]
            assert np.abs(points @ np.cross(*along)).max() < 1e-4
            ring = points @ along.T / (columns_mm, rows_mm)
            key = names[roi.ReferencedROINumber], int(frame)
            found[key] = found.get(key, False) ^ inside(ring, *container.stacks[0].shape[1:3])
    expected = {(one.label(region.label).name, region.key.frame): region.mask for region in one.regions}
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[key], expected[key]) for key in found)


def test_decimal_strings_have_at_most_16_characters(series: tuple[Container, AnnotationSet]):
    dataset = read(structure_set(*series))
    values = [str(v) for roi in dataset.ROIContourSequence for one in roi.ContourSequence for v in one.ContourData]
    assert max(map(len, values)) <= 16


def test_rois_have_names_colours_and_codes(series: tuple[Container, AnnotationSet]):
    dataset = read(structure_set(*series))
    assert [item.ROIName for item in dataset.StructureSetROISequence] == ["liver", "kidney"]
    assert [list(item.ROIDisplayColor) for item in dataset.ROIContourSequence] == [[200, 30, 40], [20, 130, 40]]
    codes = [item.RTROIIdentificationCodeSequence[0].CodeMeaning for item in dataset.RTROIObservationsSequence]
    assert codes == ["Liver", "Kidney"]


def test_the_same_bytes_every_time(series: tuple[Container, AnnotationSet]):
    assert structure_set(*series) == structure_set(*series)


def test_all_images_that_were_seen_are_referred_to(series: tuple[Container, AnnotationSet]):
    container, one = series
    (frame,) = read(structure_set(container, one)).ReferencedFrameOfReferenceSequence
    (listed,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert len(listed.ContourImageSequence) == len(one.seen) == len(container.stacks[0])


def test_a_frame_without_a_position_is_refused(tmp_path: Path):
    container = converted(tmp_path, {"a": make.multiframe(3, ROWS, COLUMNS)}, burned_in="keep")
    with pytest.raises(Unwritable, match="without a position"):
        structure_set(container, drawn(container))


def test_long_contours_are_not_cut(tmp_path: Path):
    """Of more than 64 KiB, which an element of explicit VR DS cannot have."""
    size = 120
    container = converted(tmp_path, {"a": make.ct_slice(size, size)})
    mask = np.ones((size, size), bool)
    mask[1:-1:2, 1:-1:2] = False
    one = AnnotationSet("a", "", "", (), "MANUAL", LABELS, frozenset(), (Region(FrameKey(0, 0), 1, mask),))
    (roi,) = read(structure_set(container, one)).ROIContourSequence
    (contour,) = roi.ContourSequence
    ring = np.array(contour.ContourData, float).reshape(-1, 3)[:, :2] - (-10, -20)
    assert np.array_equal(inside(ring / (0.75, 0.5), size, size), mask)
    assert len(contour.ContourData) > 32767
