"""A ring and a corner drawn on volumes elsewhere, and back: every voxel on the frame that it was drawn on."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.sr.codedict import codes

import dicomconv
from dicomconv.errors import UsageError
from dicomconv.pipeline.annotate.bring import Choices, import_annotations
from tests.annotations import test_nifti, test_nrrd, test_rtstruct
from tests.export import volumes
from tests.outputs import containers

LABELS = (
    '[[label]]\nname = "liver"\nvalue = 1\ntype = "Liver"\n[[label]]\nname = "tumour"\nvalue = 2\ntype = "Neoplasm"\n'
)
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
NAMES = ("liver", "tumour")


@dataclass(frozen=True)
class Desk:
    """A container, what is drawn on its frames, and where they lie. `places`: frames by their place along the normal."""

    folder: Path
    container: Path
    drawn: NDArray[np.uint8]
    table: dict[str, NDArray[Any]]
    places: list[int]
    instances: list[str]

    @property
    def affine_lps(self) -> NDArray[np.float64]:
        """Of the volume whose slices are in order."""
        first, last = (self.table["position"][self.places[index]] for index in (0, -1))
        orientation, (down, right) = self.table["orientation"][0], self.table["pixel_spacing"][0]
        affine = np.eye(4)
        step = (last - first) / (len(self.places) - 1)
        affine[:3] = np.column_stack([orientation[:3] * right, orientation[3:] * down, step, first])
        return affine

    @property
    def volume(self) -> NDArray[np.uint8]:
        """(slices, rows, columns), in the order of their places."""
        return self.drawn[self.places]


@pytest.fixture(scope="module", params=["oblique CT", "flipped MR", "sagittal MR", "multi-frame MR"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    dicomconv.convert(volumes.folder(folder / "in", volumes.SERIES[request.param]()), folder / "out")
    [path] = containers(folder / "out")
    dicomconv.recover(path, folder / "back")
    (folder / "labels.toml").write_text(LABELS)
    with dicomconv.open_container(path) as container:
        table, shape = container.frame_table(0), container.stacks[0].shape
        instances = [container.instances[index].sop_instance_uid for index in table["instance"]]
    row, column = np.mgrid[: shape[1], : shape[2]]
    away = np.hypot(row - 4, column - 5)
    drawn = np.zeros(shape, np.uint8)
    for frame in range(shape[0]):
        drawn[frame][(away > 1.6) & (away < 4)] = 1  # a ring
        drawn[frame][(row > 6) & (column > 8 - frame)] = 2
    along = volumes.normal(tuple(table["orientation"][0]))
    return Desk(folder, path, drawn, table, np.argsort(table["position"] @ along).tolist(), instances)


def nifti(desk: Desk, folder: Path) -> Path:
    """With the columns the other way round."""
    flip = np.array([[-1, 0, 0, desk.drawn.shape[2] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    affine = LPS_TO_RAS @ desk.affine_lps @ flip
    return test_nifti.saved(folder / "drawn.nii.gz", desk.volume.transpose(2, 1, 0)[::-1], affine)


def seg_nrrd(desk: Desk, folder: Path) -> Path:
    """With a layer for each label."""
    layers = np.stack([desk.volume == 1, desk.volume == 2]).astype(np.uint8)
    segments = {}
    for number, name in enumerate(NAMES):
        segments |= {f"Segment{number}_{key}": value
                     for key, value in (("Name", name), ("LabelValue", "1"), ("Layer", str(number)))}  # fmt: skip
    return test_nrrd.saved(
        folder / "drawn.seg.nrrd", layers.transpose(0, 3, 2, 1), **{
            "kinds": ["list", "domain", "domain", "domain"],
            "space directions": np.vstack([[np.nan] * 3, desk.affine_lps[:3, :3].T]),
            "space origin": desk.affine_lps[:3, 3], **segments,
        },
    )  # fmt: skip


def structure_set(desk: Desk, folder: Path) -> Path:
    """With a rectangle for each run of pixels, corner to corner."""
    drawn = [
        (name, [_contour(desk, frame, *run) for frame, on_it in enumerate(desk.drawn) for run in _runs(on_it == value)])
        for value, name in enumerate(NAMES, 1)
    ]
    regions = [{"ROINumber": number, "ROIName": name} for number, name in enumerate(NAMES, 1)]
    (folder / "drawn.dcm").write_bytes(test_rtstruct.structure_set(*drawn, StructureSetROISequence=regions))
    return folder / "drawn.dcm"


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Row, first column and the column behind the last of each run of pixels."""
    turns = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    pairs = zip(np.argwhere(turns == 1), np.argwhere(turns == -1), strict=True)
    return [(int(row), int(first), int(stop)) for (row, first), (_, stop) in pairs]


def _contour(desk: Desk, frame: int, row: int, first: int, stop: int) -> dict[str, Any]:
    position, orientation, (down, right) = (
        desk.table[name][frame] for name in ("position", "orientation", "pixel_spacing")
    )
    corners = np.array([[first, row], [stop, row], [stop, row + 1], [first, row + 1]]) - 0.5
    points = position + corners[:, :1] * right * orientation[:3] + corners[:, 1:] * down * orientation[3:]
    number = int(desk.table["frame_number"][frame])
    return {
        "ContourImageSequence": [{"ReferencedSOPInstanceUID": desk.instances[frame], "ReferencedFrameNumber": number}],
        "ContourGeometricType": "CLOSED_PLANAR",
        "NumberOfContourPoints": 4,
        "ContourData": [f"{part:.9f}"[:16] for part in points.ravel()],
    }


def segmentation(desk: Desk, folder: Path, fractions: NDArray[np.float64] | None = None) -> Path:
    """Made by highdicom on the files that came back: of both labels, or fractions of the first."""
    hd = pytest.importorskip("highdicom")
    images = [dcmread(io.BytesIO(path.read_bytes())) for path in sorted((desk.folder / "back").rglob("*.dcm"))]
    order = list(range(len(desk.drawn)))
    if len(images) > 1:
        order = [desk.instances.index(image.SOPInstanceUID) for image in images]
    pixels = np.stack([desk.drawn[order] == value for value in (1, 2)], axis=3).astype(np.uint8)
    if fractions is not None:
        pixels = fractions[order][..., None]
    described = [
        hd.seg.SegmentDescription(number, name, codes.SCT.AnatomicalStructure, code, "MANUAL", tracking_uid=hd.UID(),
                                  tracking_id=name)
        for number, name, code in ((1, "liver", codes.SCT.Liver), (2, "tumour", codes.SCT.Neoplasm))
    ]  # fmt: skip
    made = hd.seg.Segmentation(
        source_images=images, pixel_array=pixels, segmentation_type="BINARY" if fractions is None else "FRACTIONAL",
        segment_descriptions=described[: pixels.shape[3]],
        series_instance_uid=hd.UID(), series_number=9, sop_instance_uid=hd.UID(), instance_number=1, manufacturer="M",
        manufacturer_model_name="M", software_versions="1", device_serial_number="1",
    )  # fmt: skip
    made.save_as(folder / "drawn.dcm")
    return folder / "drawn.dcm"


def segmentation_by_place(desk: Desk, folder: Path) -> Path:
    """The same without a word of which images it was drawn on."""
    path = segmentation(desk, folder)
    content = dcmread(path)
    for group in content.PerFrameFunctionalGroupsSequence:
        del group.DerivationImageSequence
    content.save_as(path)
    return path


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("write", [nifti, seg_nrrd, structure_set, segmentation, segmentation_by_place])
def test_what_is_drawn_comes_back_voxel_by_voxel(
    desk: Desk, tmp_path: Path, write: Callable[[Desk, Path], Path]
) -> None:
    def brought_in(path: Path, name: str) -> NDArray[Any]:
        done = import_annotations(path, desk.container, Choices(name=name, labels=desk.folder / "labels.toml"))
        assert done.problems == ()
        with dicomconv.open_container(desk.container) as container:
            return np.asarray(container.annotations[name].labelmap)

    np.testing.assert_array_equal(brought_in(write(desk, tmp_path), write.__name__), desk.drawn)
    out = dicomconv.export_nifti(desk.container, tmp_path / "out", annotations=write.__name__)
    np.testing.assert_array_equal(brought_in(out.written[1], f"{write.__name__}-again"), desk.drawn)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fractions_are_cut_where_the_threshold_says(desk: Desk, tmp_path: Path) -> None:
    path = segmentation(desk, tmp_path, np.where(desk.drawn == 1, 0.75, 0.25))
    labels = desk.folder / "labels.toml"
    refused = import_annotations(path, desk.container, Choices(name="fractions", labels=labels))
    assert {"--threshold 0.5" in one.reason for one in refused.problems} == {True}
    import_annotations(path, desk.container, Choices(name="fractions", labels=labels, threshold=0.5))
    with dicomconv.open_container(desk.container) as container:
        np.testing.assert_array_equal(np.asarray(container.annotations["fractions"].labelmap), desk.drawn == 1)
    for wrong in (0.0, 1.5, -1.0):
        with pytest.raises(UsageError, match="above 0 and up to 1"):
            import_annotations(path, desk.container, Choices(name="wrong", labels=labels, threshold=wrong))
