"""What dcmqi, plastimatch and dciodvfy make of the objects that we write."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dicomconv.annotation import AnnotationSet
from dicomconv.container.reader import Container
from dicomconv.pipeline.derived.segmentation import segmentations
from dicomconv.pipeline.derived.structure_set import structure_set
from tests import make
from tests.derived.study import COLUMNS, ROWS, converted, drawn, enhanced_mr, oblique_ct
from tests.derived.witnesses import errors_of, nrrd, run

pytest.importorskip("highdicom", reason="highdicom is not installed (dicomconv[seg])")
SERIES = {
    "oblique CT": oblique_ct,
    "multi-frame MR": lambda: {"mr": enhanced_mr()},
    "CR": lambda: {"cr": make.instance("CR", make.ramp(ROWS, COLUMNS, dtype="uint8"), BurnedInAnnotation="NO")},
}


@pytest.fixture(scope="module", params=SERIES)
def series(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Container, AnnotationSet]:
    """A container and what is drawn on it."""
    folder = tmp_path_factory.mktemp("series")
    container = converted(folder, SERIES[request.param](), burned_in="keep")
    return container, drawn(container)


def test_dciodvfy_finds_no_error_in_a_segmentation(series: tuple[Container, AnnotationSet], tmp_path: Path):
    for content in segmentations(*series):
        assert errors_of(content, tmp_path) == []


def test_dciodvfy_finds_no_error_in_a_structure_set(series: tuple[Container, AnnotationSet], tmp_path: Path):
    if has_places(series[0]):
        assert errors_of(structure_set(*series), tmp_path) == []


def has_places(container: Container) -> bool:
    return bool(np.isfinite(container.stacks[0].frames["position"]).all())


def flipped_mr() -> dict[str, bytes]:
    """Sagittal slices, rows from behind to the front, columns upwards; more rows than columns."""
    return {
        str(n): make.instance("MR", make.ramp(COLUMNS, ROWS), InstanceNumber=9 - n, PixelSpacing=["0.9", "1.2"],
            ImagePositionPatient=[str(20 - 3 * n), "50", "-30"], ImageOrientationPatient=["0", "-1", "0", "0", "0", "1"],
            FrameOfReferenceUID=make.uid("frame"), SliceThickness="3", PositionReferenceIndicator="")
        for n in range(6)
    }  # fmt: skip


def noise(frame: int, rows: int, columns: int) -> np.ndarray:
    """Pixels by chance: holes, islands in holes, corners that touch, and all that at the borders."""
    return np.random.default_rng(frame).random((rows, columns)) < 0.65


@pytest.mark.parametrize("mask", [None, noise], ids=["rings", "noise"])
@pytest.mark.parametrize("files", [oblique_ct, flipped_mr])
def test_plastimatch_rasterises_a_structure_set_to_the_same_pixels(
    files: Callable[[], dict[str, bytes]], mask: Callable[[int, int, int], np.ndarray] | None, tmp_path: Path
):
    container = converted(tmp_path, files())
    one = drawn(container, mask)
    (tmp_path / "rt.dcm").write_bytes(structure_set(container, one))
    container.recover_to(tmp_path / "images")
    words = ("--referenced-ct", tmp_path / "images", "--output-prefix", tmp_path / "masks", "--prefix-format", "nrrd")
    run("plastimatch", "convert", "--input", tmp_path / "rt.dcm", *words)
    for label in (1, 7):
        volume = tmp_path / "masks" / f"{one.label(label).name}.nrrd"
        assert assert_equal_at_their_places(container, one, label, volume, 1) > 0


def assert_equal_at_their_places(container: Container, one: AnnotationSet, label: int, volume: Path, value: int) -> int:
    """Every frame's mask is the slice at its place in the volume; how many pixels that were."""
    values, origin, steps = nrrd(volume)
    frames, count = container.stacks[0].frames, 0
    for region in (region for region in one.regions if region.label == label):
        place = np.linalg.solve(steps.T, frames["position"][region.key.frame] - origin)
        assert np.allclose(place[:2], 0, atol=1e-3)
        assert np.array_equal(values[round(place[2])] == value, region.mask)
        count += int(region.mask.sum())
    assert count == (values == value).sum()
    return count


def test_dcmqi_reads_a_segmentation_voxel_for_voxel(series: tuple[Container, AnnotationSet], tmp_path: Path):
    container, one = series
    if not has_places(container):
        pytest.skip("dcmqi reads nothing without positions")
    (tmp_path / "seg.dcm").write_bytes(next(iter(segmentations(container, one))))
    run("segimage2itkimage", "--inputDICOM", tmp_path / "seg.dcm", "--outputDirectory", tmp_path, "-t", "nrrd")
    segments = json.loads((tmp_path / "meta.json").read_text())["segmentAttributes"]
    for number, (group, label) in enumerate(zip(segments, (1, 7), strict=True), 1):
        assert group[0]["SegmentLabel"] == one.label(label).name
        volume = tmp_path / f"{number}.nrrd"
        assert assert_equal_at_their_places(container, one, label, volume, group[0]["labelID"]) > 0


def test_slices_with_nothing_on_them_stay_between_the_others_in_dcmqi(tmp_path: Path):
    """Of every second slice, no slices of twice the thickness come out."""
    container = converted(tmp_path, flipped_mr())
    whole = drawn(container)
    one = dataclasses.replace(whole, regions=tuple(r for r in whole.regions if r.label == 1 and r.key.frame % 2))
    (content,) = segmentations(container, one)
    (tmp_path / "seg.dcm").write_bytes(content)
    run("segimage2itkimage", "--inputDICOM", tmp_path / "seg.dcm", "--outputDirectory", tmp_path, "-t", "nrrd")
    assert assert_equal_at_their_places(container, one, 1, tmp_path / "1.nrrd", 1) > 0
    assert len(nrrd(tmp_path / "1.nrrd")[0]) == 3
