"""COCO, YOLO, VOC and PNG masks out of containers, as pycocotools, datumaro and Pillow read them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.acceptance.loaders.annotated import Annotated, load_with_datumaro, load_with_pycocotools
from tests.acceptance.loaders.pictures import load_with_pillow
from tests.acceptance.table import proves
from tests.cli.command import call
from tests.export import made

pytestmark = pytest.mark.acceptance
NAMES = {1: "liver", 2: "tumour", 40: "Gefäß"}


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("annotated")
    made.annotated(folder, patients=2)
    return folder / "out"


def exported(layout: str, containers: Path, out: Path, *words: object) -> Path:
    """An export by the command line, checked there too."""
    done = call("export", layout, containers, "-o", out, "--check", *words)
    assert done.exit_code == 0, done.output
    assert "read with its own loader" in done.output
    return out


def frame_of(name: str) -> int:
    return int(name.removesuffix(".png").rpartition("_")[2]) - 1


def masks_are_equal(found: Iterable[Annotated], *, overlap: bool = True) -> None:
    """Every label's pixels on every picture."""
    of_all = list(found)
    assert len(of_all) == 6
    for one in of_all:
        for value, name in NAMES.items():
            expected = made.masks().get((frame_of(one.name), value), np.zeros((made.ROWS, made.COLUMNS), bool))
            if not overlap and value == 2:
                expected = expected & ~made.masks()[0, 1]
            masks = [mask for label, mask in one.masks if label == name]
            assert np.array_equal(np.any(masks, axis=0) if masks else np.zeros_like(expected), expected)


def boxes_are_equal(found: Iterable[Annotated]) -> None:
    """The box that was drawn as one, and those around pieces of masks."""
    expected: dict[int, list[tuple[str, tuple[float, ...]]]] = {
        0: [("liver", (3, 2, 6, 6)), ("liver", (20, 12, 6, 3)), ("tumour", (7, 6, 5, 4))],
        1: [("tumour", (4.5, 2, 5.5, 5.25))],
        2: [("Gefäß", (1, 1, 3, 2))],
    }
    for one in found:
        boxes = sorted(one.boxes)
        wanted = sorted(expected[frame_of(one.name)])
        assert [name for name, _ in boxes] == [name for name, _ in wanted]
        assert np.allclose([box for _, box in boxes], [box for _, box in wanted], atol=1e-4)


@proves("coco", "pycocotools")
def test_pycocotools_reads_the_masks_and_boxes_that_are_stored(containers: Path, tmp_path: Path) -> None:
    folder = exported("coco", containers, tmp_path / "coco")
    found = load_with_pycocotools(folder / "annotations/instances_train.json")
    masks_are_equal(found)
    boxes_are_equal(found)
    for one in found:
        assert load_with_pillow(folder / "images/train" / one.name).shape == one.size


@proves("coco", "datumaro")
def test_datumaro_reads_coco(containers: Path, tmp_path: Path) -> None:
    masks_are_equal(load_with_datumaro(exported("coco", containers, tmp_path / "coco"), "coco"))


@proves("yolo", "datumaro")
def test_datumaro_reads_yolo(containers: Path, tmp_path: Path) -> None:
    boxes_are_equal(load_with_datumaro(exported("yolo", containers, tmp_path / "yolo"), "yolo"))


@proves("voc", "datumaro")
def test_datumaro_reads_voc(containers: Path, tmp_path: Path) -> None:
    found = load_with_datumaro(exported("voc", containers, tmp_path / "voc"), "voc")
    boxes_are_equal(found)
    masks_are_equal(found, overlap=False)


@proves("png-masks", "pillow")
def test_pillow_reads_masks_of_the_size_of_their_pictures(containers: Path, tmp_path: Path) -> None:
    folder = exported("png-masks", containers, tmp_path / "masks")
    for path in sorted((folder / "masks").iterdir()):
        values, picture = load_with_pillow(path), load_with_pillow(folder / "images" / path.name)
        assert values.shape == picture.shape
        for (frame, value), mask in made.masks().items():
            hidden = made.masks()[0, 1] if value == 2 else np.zeros_like(mask)
            assert np.array_equal(values == value, mask & ~hidden & (frame == frame_of(path.name)))


@pytest.mark.parametrize(("layout", "lost"), [
    ("coco", "images/train/*_0001.png"), ("yolo", "images/train/*_0001.png"), ("voc", "Annotations/*_0001.xml"),
    ("png-masks", "masks/*_0001.png"),
])  # fmt: skip
def test_check_refuses_what_has_lost_a_file(containers: Path, tmp_path: Path, layout: str, lost: str) -> None:
    from dicomconv.errors import CheckFailed
    from dicomconv.export.check import check

    folder = exported(layout, containers, tmp_path / "out")
    min(folder.glob(lost)).unlink()
    with pytest.raises(CheckFailed):
        check(layout, folder)
