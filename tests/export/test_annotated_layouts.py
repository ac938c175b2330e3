"""COCO, YOLO, VOC and PNG masks: what is in their files, read with json, ElementTree and Pillow."""

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from dicomconv.annotations.rle import runs
from dicomconv.errors import UsageError
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from dicomconv.export.voc_layout import color
from tests.export import made

LAYOUTS = ("coco", "yolo", "voc", "png-masks")


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made.annotated(tmp_path_factory.mktemp("annotated"), patients=3)


def written(layout: str, containers: list[Path], out: Path, asked: Asked | None = None, **choices: Any) -> dict[str, Any]:
    """The ledger of an export."""
    export(layout, containers, out, Choices(**choices), asked or Asked())
    ledger: dict[str, Any] = json.loads((out / "export.json").read_text())
    return ledger


def union(annotations: list[dict[str, Any]], label: int) -> np.ndarray[Any, Any]:
    """The pixels of a label, from COCO's runs, which go down columns."""
    mask = np.zeros((made.ROWS, made.COLUMNS), bool)
    for one in annotations:
        if one["category_id"] == label and one["segmentation"]:
            lengths = runs(one["segmentation"]["counts"], mask.size)
            mask |= np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(made.COLUMNS, made.ROWS).T
    return mask


def test_coco_has_the_masks_that_are_stored(containers: list[Path], tmp_path: Path) -> None:
    ledger = written("coco", containers, tmp_path / "out")
    content = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())
    assert [one["name"] for one in content["categories"]] == ["liver", "tumour", "Gefäß"]
    assert ledger["counts"]["images"] == len(content["images"]) == 9
    for number, image in enumerate(content["images"]):
        assert Image.open(tmp_path / "out/images/train" / image["file_name"]).size == (image["width"], image["height"])
        found = [one for one in content["annotations"] if one["image_id"] == image["id"]]
        for (frame, label), mask in made.masks().items():
            assert np.array_equal(union(found, label), mask & (frame == number % 3))
    boxes = [one["bbox"] for one in content["annotations"] if not one["segmentation"]]
    assert boxes == [[4.5, 2, 5.5, 5.25]] * 3


def test_coco_splits_by_patient(containers: list[Path], tmp_path: Path) -> None:
    written("coco", containers, tmp_path / "out", Asked(ratio=parse_ratio("1/1/1")))
    names = [path.name for path in sorted((tmp_path / "out/annotations").iterdir())]
    assert names == ["instances_test.json", "instances_train.json", "instances_val.json"]
    for part in ("train", "val", "test"):
        listed = json.loads((tmp_path / f"out/annotations/instances_{part}.json").read_text())["images"]
        there = {path.name for path in (tmp_path / "out/images" / part).iterdir()}
        assert {one["file_name"] for one in listed} == there
        assert len(there) == 3
    for path in {path.parent for path in containers} | {path.parents[2] for path in containers}:
        (path / "splits.json").unlink(missing_ok=True)


def test_yolo_has_a_box_for_each_piece(containers: list[Path], tmp_path: Path) -> None:
    ledger = written("yolo", containers[:1], tmp_path / "out")
    lines = [path.read_text().splitlines() for path in sorted((tmp_path / "out/labels/train").iterdir())]
    boxes = [[[float(word) for word in line.split()] for line in file] for file in lines]
    pixels = [[(int(c), x - w / 2, y - h / 2, w, h) for c, x, y, w, h in file] for file in boxes]
    scale = np.array([1, made.COLUMNS, made.ROWS, made.COLUMNS, made.ROWS])
    assert np.allclose(np.array(pixels[0]) * scale, [(0, 3, 2, 6, 6), (0, 20, 12, 6, 3), (1, 7, 6, 5, 4)])
    assert np.allclose(np.array(pixels[1]) * scale, [(1, 4.5, 2, 5.5, 5.25)])
    assert np.allclose(np.array(pixels[2]) * scale, [(2, 1, 1, 3, 2)])
    assert (tmp_path / "out/data.yaml").read_text() == 'train: train.txt\nnames:\n  0: "liver"\n  1: "tumour"\n  2: "Gefäß"\n'
    assert all((tmp_path / "out" / line).is_file() for line in (tmp_path / "out/train.txt").read_text().split())
    assert "of masks and polygons only the boxes around them are kept" in [loss["says"] for loss in ledger["losses"]]


def test_voc_has_classes_objects_and_boxes(containers: list[Path], tmp_path: Path) -> None:
    ledger = written("voc", containers[:1], tmp_path / "out")
    names = (tmp_path / "out/ImageSets/Main/train.txt").read_text().split()
    root = ElementTree.parse(tmp_path / f"out/Annotations/{names[0]}.xml").getroot()
    corners = [[float(part.text or "") for part in one] for one in root.iter("bndbox")]
    assert corners == [[3, 2, 9, 8], [20, 12, 26, 15], [7, 6, 12, 10]]
    with Image.open(tmp_path / f"out/SegmentationClass/{names[0]}.png") as classes:
        assert classes.mode == "P"
        assert classes.getpalette()[:9] == [0, 0, 0, 128, 0, 0, 0, 128, 0]  # type: ignore[index]
        values = np.asarray(classes)
    masks = made.masks()
    assert np.array_equal(values == 1, masks[0, 1])
    assert np.array_equal(values == 2, masks[0, 2] & ~masks[0, 1])
    with Image.open(tmp_path / f"out/SegmentationObject/{names[0]}.png") as objects:
        assert sorted(set(np.asarray(objects).ravel().tolist())) == [0, 1, 2, 3]
    [overlap] = [loss for loss in ledger["losses"] if "several labels" in loss["says"]]
    assert (overlap["images"], overlap["says"].split()[0]) == (1, str((masks[0, 1] & masks[0, 2]).sum()))


def test_the_palette_of_voc_is_the_published_one() -> None:
    assert [color(index) for index in (0, 1, 2, 3, 4, 8, 15, 20, 255)] == [
        (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (64, 0, 0), (192, 128, 128), (0, 64, 128),
        (224, 224, 192),
    ]  # fmt: skip


def test_png_masks_hold_the_values_of_labels(containers: list[Path], tmp_path: Path) -> None:
    written("png-masks", containers[:1], tmp_path / "out")
    files = sorted((tmp_path / "out/masks").iterdir())
    assert [path.name for path in files] == [path.name for path in sorted((tmp_path / "out/images").iterdir())]
    values = [np.asarray(Image.open(path)) for path in files]
    masks = made.masks()
    assert np.array_equal(values[0], np.where(masks[0, 1], 1, masks[0, 2] * 2))
    assert np.array_equal(values[2], masks[2, 40] * 40)
    assert not values[1].any()
    with (tmp_path / "out/labels.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["value", "label"], ["1", "liver"], ["2", "tumour"], ["40", "Gefäß"]]


def test_masks_follow_their_picture_to_another_size(containers: list[Path], tmp_path: Path) -> None:
    written("png-masks", containers[:1], tmp_path / "out", size=60)
    values = np.asarray(Image.open(min((tmp_path / "out/masks").iterdir())))
    masks = made.masks()
    expected = np.kron(np.where(masks[0, 1], 1, masks[0, 2] * 2), np.ones((2, 2), int))
    assert np.array_equal(values, np.pad(expected, ((10, 10), (0, 0))))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_nobody_looked_at_is_left_out_and_counted(layout: str, tmp_path: Path) -> None:
    [first, second] = made.converted(tmp_path, made.patient(0) | made.patient(1))
    made.annotate(first, seen=2)
    ledger = written(layout, [first, second], tmp_path / "export")
    assert ledger["counts"]["images"] == 2
    assert sorted(one.partition(":")[0] for one in ledger["left_out"]) == ["1 image", "3 images"]
    assert len(list((tmp_path / "export").rglob("*_000[12].png"))) == 2 * {"coco": 1, "yolo": 1, "voc": 3, "png-masks": 2}[layout]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_set_has_to_be_there_and_to_be_the_only_one_or_named(layout: str, tmp_path: Path) -> None:
    [path] = made.converted(tmp_path, made.patient(0))
    with pytest.raises(UsageError, match="no container here has an annotation set"):
        written(layout, [path], tmp_path / "none")
    made.annotate(path)
    made.annotate(path, "reviewer-b")
    with pytest.raises(UsageError, match="reviewer-a, reviewer-b"):
        written(layout, [path], tmp_path / "two")
    with pytest.raises(UsageError, match="no container here has an annotation set nobody"):
        written(layout, [path], tmp_path / "nobody", annotations="nobody")
    assert written(layout, [path], tmp_path / "b", annotations="reviewer-b")["plan"]["annotations"] == "reviewer-b"
    assert not (tmp_path / "two").exists()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_again_gives_the_same_bytes(layout: str, containers: list[Path], tmp_path: Path) -> None:
    for name in ("a", "b"):
        written(layout, containers[:1], tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) > 5
    assert all((tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / one).read_bytes() for one in files)


@pytest.mark.parametrize("layout", [*LAYOUTS, "png", "scapis"])
def test_a_series_that_is_there_twice_is_refused(layout: str, containers: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy" / containers[0].name
    copy.parent.mkdir()
    copy.write_bytes(containers[0].read_bytes())
    with pytest.raises(UsageError, match="hold the same images"):
        written(layout, [containers[0], copy], tmp_path / "out")
