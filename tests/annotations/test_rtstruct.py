"""RT Structure Sets: outlines in mm on the slice that they name, or in which they lie."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Drawn, Fault, Plane
from dicomconv.annotations.placed import lies_on, on_slice
from dicomconv.annotations.rtstruct import read
from dicomconv.shapes import rasterised
from tests import make
from tests.export import volumes

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
ROWS, COLUMNS = 9, 12
SQUARE = np.array([[2.0, 1.0], [9.0, 1.0], [9.0, 8.0], [2.0, 8.0]])
HOLE = np.array([[4.0, 3.0], [7.0, 3.0], [7.0, 6.0], [4.0, 6.0]])
KEYHOLED = np.vstack([SQUARE, SQUARE[:1], HOLE[:1], HOLE[::-1]])


def plane(number: int) -> Plane:
    said = volumes.plane(number, volumes.OBLIQUE)
    x, y, z = (float(part) for part in said["ImagePositionPatient"])
    return Plane((x, y, z), tuple(float(part) for part in said["ImageOrientationPatient"]), volumes.SPACING)


def in_mm(ring: NDArray[Any], number: int) -> NDArray[np.float64]:
    """Where points of a slice lie: PS3.3 C.7.6.2.1.1, and half a pixel from the corner to the centre."""
    at = plane(number)
    right, down = np.array(at.orientation[:3]) * at.pixel_spacing[1], np.array(at.orientation[3:]) * at.pixel_spacing[0]
    return np.array(at.position) + (ring[:, :1] - 0.5) * right + (ring[:, 1:] - 0.5) * down


def contour(
    ring: NDArray[Any], number: int = 0, kind: str = "CLOSED_PLANAR", *, names: bool = True, **values: Any
) -> dict[str, Any]:
    points = in_mm(np.asarray(ring, float), number)
    image = {"ReferencedSOPClassUID": make.SOP_CLASS["CT"], "ReferencedSOPInstanceUID": make.uid(f"slice {number}")}
    return {
        **({"ContourImageSequence": [image]} if names else {}),
        "ContourGeometricType": kind,
        "NumberOfContourPoints": len(points),
        "ContourData": [f"{part:.10f}"[:16] for part in points.ravel()],
        **values,
    }


def structure_set(*regions: tuple[str, list[dict[str, Any]]], **values: Any) -> bytes:
    numbered = list(enumerate(regions, 1))
    content = {
        "StructureSetROISequence": [
            {"ROINumber": number, "ReferencedFrameOfReferenceUID": make.uid("frame of reference"), "ROIName": name}
            for number, (name, _) in numbered
        ],
        "ROIContourSequence": [
            {"ROIDisplayColor": [255, 128, number], "ReferencedROINumber": number, "ContourSequence": contours}
            for number, (_, contours) in numbered
        ],
        **values,
    }
    return make.instance(RTSTRUCT, Modality="RTSTRUCT", StructureSetLabel="x", **content)


def all_of(folder: Path, content: bytes) -> list[Drawn | Fault]:
    (folder / "rt.dcm").write_bytes(content)
    return list(read(folder / "rt.dcm"))


def drawn(folder: Path, content: bytes) -> list[Drawn]:
    found = all_of(folder, content)
    assert all(isinstance(one, Drawn) for one in found), found
    return [one for one in found if isinstance(one, Drawn)]


def mask_of(one: Drawn, number: int = 0) -> NDArray[np.bool_]:
    return rasterised(on_slice(one, plane(number), ROWS, COLUMNS).rings, ROWS, COLUMNS)


def ring_mask() -> NDArray[np.bool_]:
    found = np.zeros((ROWS, COLUMNS), bool)
    found[1:8, 2:9] = True
    found[3:6, 4:7] = False
    return found


@settings(max_examples=25, deadline=None)
@given(
    ring=st.lists(st.tuples(st.floats(0, 12), st.floats(0, 9)), min_size=3, max_size=8, unique=True),
    number=st.integers(0, 4),
)
def test_points_come_back_to_a_ten_thousandth_of_a_mm(tmp_path_factory: Any, ring: list[Any], number: int) -> None:
    content = structure_set(("liver", [contour(np.array(ring), number)]))
    [one] = drawn(tmp_path_factory.mktemp("rt"), content)
    assert one.picture is not None
    assert one.picture.sop_instance_uid == make.uid(f"slice {number}")
    np.testing.assert_allclose(one.rings_mm[0], in_mm(np.array(ring), number), atol=1e-4)
    found = on_slice(one, plane(number), ROWS, COLUMNS).rings[0]
    np.testing.assert_allclose(in_mm(found, number), in_mm(np.array(ring), number), atol=1e-4)


@pytest.mark.parametrize("contours", [
    [contour(KEYHOLED)],
    [contour(SQUARE), contour(HOLE)],
    [contour(SQUARE, kind="CLOSEDPLANAR_XOR"), contour(HOLE, kind="CLOSEDPLANAR_XOR")],
    [contour(SQUARE, names=False), contour(HOLE, names=False)],
    [contour(np.vstack([SQUARE, SQUARE[:1]])), contour(HOLE)],
], ids=["keyholed", "one within another", "exclusive", "by place", "closed by hand"])  # fmt: skip
def test_a_ring_is_a_ring_however_it_is_written(tmp_path: Path, contours: list[dict[str, Any]]) -> None:
    [one] = drawn(tmp_path, structure_set(("ring", contours)))
    assert (one.kind, one.label) == ("polygon", "ring")
    np.testing.assert_array_equal(mask_of(one), ring_mask())


def test_outlines_through_the_centres_of_pixels_are_read_the_same_wherever_the_slice_lies(tmp_path: Path) -> None:
    through = SQUARE + 0.5
    for number in range(5):
        [one] = drawn(tmp_path, structure_set(("x", [contour(through, number)])))
        np.testing.assert_array_equal(mask_of(one, number), rasterised([through], ROWS, COLUMNS))


def test_each_region_and_each_slice_is_for_itself(tmp_path: Path) -> None:
    content = structure_set(("liver", [contour(SQUARE, 0), contour(HOLE, 1)]), ("tumour", [contour(HOLE, 0)]))
    found = drawn(tmp_path, content)
    assert [(one.label, one.picture.sop_instance_uid) for one in found if one.picture] == [
        ("liver", make.uid("slice 0")), ("liver", make.uid("slice 1")), ("tumour", make.uid("slice 0")),
    ]  # fmt: skip
    assert [one.coded.color for one in found if one.coded] == [(255, 128, 1), (255, 128, 1), (255, 128, 2)]


def test_without_images_the_plane_says_which_outlines_belong_together(tmp_path: Path) -> None:
    contours = [contour(ring, number, names=False) for number in (3, 0, 1) for ring in (SQUARE, HOLE)]
    found = drawn(tmp_path, structure_set(("ring", contours)))
    assert len(found) == 3
    for one, number in zip(found, (3, 0, 1), strict=True):
        assert one.picture is not None
        assert one.picture.sop_instance_uid == ""
        assert [lies_on(one, plane(other), make.uid("frame of reference")) for other in range(5)] == [
            other == number for other in range(5)
        ]
        np.testing.assert_array_equal(mask_of(one, number), ring_mask())


def test_frames_of_multi_frame_images_are_told(tmp_path: Path) -> None:
    one = contour(SQUARE)
    one["ContourImageSequence"][0]["ReferencedFrameNumber"] = 4
    [found] = drawn(tmp_path, structure_set(("x", [one])))
    assert found.picture is not None
    assert found.picture.frame_number == 4


def test_points_and_open_lines_are_what_they_are(tmp_path: Path) -> None:
    content = structure_set(
        ("marks", [contour(SQUARE[:1], kind="POINT"), contour(SQUARE[:3], kind="OPEN_PLANAR"), contour(HOLE)])
    )
    found = drawn(tmp_path, content)
    assert [(one.kind, len(one.rings_mm[0])) for one in found] == [("polygon", 4), ("point", 1), ("polyline", 3)]


def test_codes_of_observations_are_told(tmp_path: Path) -> None:
    code = {"CodeValue": "10200004", "CodingSchemeDesignator": "SCT", "CodeMeaning": "whatever"}
    observed = {"ObservationNumber": 1, "ReferencedROINumber": 1, "SegmentedPropertyTypeCodeSequence": [code]}
    [one] = drawn(tmp_path, structure_set(("L", [contour(SQUARE)]), RTROIObservationsSequence=[observed]))
    assert one.coded is not None
    assert (one.coded.type.meaning, one.coded.category.meaning) == ("Liver", "Anatomical Structure")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ContourGeometricType": "OPEN_NONPLANAR"}, "OPEN_NONPLANAR"),
        ({"ContourGeometricType": "BLOB"}, "of a type that nobody knows"),
        ({"ContourGeometricType": None}, "of a type that nobody knows"),
        ({"ContourData": ["1", "2", "3", "4"]}, "not triples"),
        ({"ContourData": None}, "not triples"),
        ({"ContourData": ["1e300"] * 9}, "not triples"),
        ({"ContourData": ["1", "2", "3"] * 2, "NumberOfContourPoints": 2}, "3 points or more"),
        ({"NumberOfContourPoints": 7}, "as many points"),
    ],
)
def test_a_contour_that_cannot_be_drawn_is_a_fault_and_the_others_are_read(
    tmp_path: Path, values: dict[str, Any], words: str
) -> None:
    found = all_of(tmp_path, structure_set(("x", [contour(SQUARE, **values), contour(HOLE, 1)])))
    assert [one.place for one in found if isinstance(one, Fault)] == ["ROI 1, contour 1"]
    assert [words in one.reason for one in found if isinstance(one, Fault)] == [True]
    assert len([one for one in found if isinstance(one, Drawn)]) == 1


def test_numbers_that_are_none_are_a_fault(tmp_path: Path) -> None:
    content = structure_set(("x", [contour(SQUARE)]))
    start = content.index(b"\\", content.index(b"CLOSED_PLANAR"))
    damaged = content[: start + 1] + b"nan" + content[start + 4 :]
    [fault] = all_of(tmp_path, damaged)
    assert isinstance(fault, Fault)


def test_contours_of_a_region_that_is_not_described_are_a_fault(tmp_path: Path) -> None:
    content = structure_set(("x", [contour(SQUARE)]), StructureSetROISequence=[{"ROINumber": 2, "ROIName": "y"}])
    [fault] = all_of(tmp_path, content)
    assert fault == Fault("ROI 1", "it has contours, but is not described")


@pytest.mark.parametrize("size", [0, 140, 600, -1, -30])
def test_a_file_that_is_cut_short_is_a_sentence(tmp_path: Path, size: int) -> None:
    content = structure_set(("x", [contour(SQUARE)]))
    found = all_of(tmp_path, content[:size])
    assert found
    assert isinstance(found[-1], Fault)


def test_what_is_no_structure_set_is_a_sentence(tmp_path: Path) -> None:
    assert all_of(tmp_path, volumes.slices()[0]) == [Fault("", "it is DICOM, but no structure set")]
