"""pycocotools and datumaro read the smallest data sets that they take, and refuse broken ones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.acceptance.loaders.annotated import Annotated, load_with_datumaro, load_with_pycocotools

pytestmark = pytest.mark.acceptance

ROWS, COLUMNS = 6, 8
BOX = (2.0, 1.0, 3.0, 2.0)
MASK = np.zeros((ROWS, COLUMNS), bool)
MASK[1:3, 2:5] = True


def picture(path: Path) -> None:
    """An image of the size that the annotations tell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (COLUMNS, ROWS), 9).save(path)


def text(path: Path, content: str) -> None:
    """A file of text, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def coco(folder: Path, **changes: Any) -> Path:
    """One image with a box and a mask as uncompressed RLE (columns first)."""
    picture(folder / "images/train/a_0001.png")
    annotation = {"id": 1, "image_id": 1, "category_id": 2, "bbox": BOX, "area": 6.0, "iscrowd": 1,
                  "segmentation": {"counts": [13, 2, 4, 2, 4, 2, 21], "size": [ROWS, COLUMNS]}}  # fmt: skip
    content = {
        "images": [{"id": 1, "file_name": "a_0001.png", "height": ROWS, "width": COLUMNS}],
        "categories": [{"id": 1, "name": "lung", "supercategory": ""}, {"id": 2, "name": "heart", "supercategory": ""}],
        "annotations": [annotation | changes],
    }
    text(folder / "annotations/instances_train.json", json.dumps(content))
    return folder


def voc(folder: Path) -> Path:
    """One image with a box and a mask of classes."""
    picture(folder / "JPEGImages/a_0001.png")
    text(folder / "labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\nlung:128,0,0::\nheart:0,128,0::\n")
    text(folder / "ImageSets/Main/train.txt", "a_0001\n")
    text(folder / "ImageSets/Segmentation/train.txt", "a_0001\n")
    text(folder / "Annotations/a_0001.xml", f"""<annotation>
<folder>VOC</folder><filename>a_0001.png</filename><segmented>1</segmented>
<size><width>{COLUMNS}</width><height>{ROWS}</height><depth>1</depth></size>
<object><name>heart</name><truncated>0</truncated><occluded>0</occluded><difficult>0</difficult>
<bndbox><xmin>2</xmin><ymin>1</ymin><xmax>5</xmax><ymax>3</ymax></bndbox></object></annotation>""")
    for kind in ("SegmentationClass", "SegmentationObject"):
        mask = Image.fromarray(MASK.astype(np.uint8) * (2 if kind.endswith("Class") else 1))
        mask.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
        (folder / kind).mkdir()
        mask.save(folder / kind / "a_0001.png")
    return folder


def yolo(folder: Path) -> Path:
    """One image with a box, laid out as Ultralytics has it."""
    picture(folder / "images/train/a_0001.png")
    text(folder / "labels/train/a_0001.txt", "1 0.4375 0.333333 0.375 0.333333\n")
    text(folder / "train.txt", "./images/train/a_0001.png\n")
    text(folder / "data.yaml", "train: train.txt\nnames:\n  0: lung\n  1: heart\n")
    return folder


def yolo_darknet(folder: Path) -> Path:
    """One image with a box, laid out as Darknet has it."""
    picture(folder / "obj_train_data/a_0001.png")
    text(folder / "obj_train_data/a_0001.txt", "1 0.4375 0.333333 0.375 0.333333\n")
    text(folder / "train.txt", "data/obj_train_data/a_0001.png\n")
    text(folder / "obj.names", "lung\nheart\n")
    text(folder / "obj.data", "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n")
    return folder


def has_the_box(one: Annotated) -> bool:
    """Whether the one box is the heart's."""
    [(name, box)] = one.boxes
    return name == "heart" and np.allclose(box, BOX, atol=1e-4)


def has_the_mask(one: Annotated) -> bool:
    """Whether a mask is the heart's, and no other is there."""
    return [name for name, _ in one.masks] == ["heart"] and np.array_equal(one.masks[0][1], MASK)


def test_pycocotools_reads_boxes_and_masks(tmp_path: Path) -> None:
    [one] = load_with_pycocotools(coco(tmp_path) / "annotations/instances_train.json")
    assert (one.name, one.size) == ("a_0001.png", (ROWS, COLUMNS))
    assert has_the_box(one)
    assert has_the_mask(one)


def test_pycocotools_refuses_a_category_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        load_with_pycocotools(coco(tmp_path, category_id=7) / "annotations/instances_train.json")


@pytest.mark.parametrize(("form", "made"), [("coco", coco), ("voc", voc)])
def test_datumaro_reads_masks(tmp_path: Path, form: str, made: Any) -> None:
    [one] = load_with_datumaro(made(tmp_path), form)
    assert (one.name, one.size) == ("a_0001", (ROWS, COLUMNS))
    assert has_the_mask(one)


@pytest.mark.parametrize(("form", "made"), [("voc", voc), ("yolo", yolo), ("yolo", yolo_darknet)])
def test_datumaro_reads_boxes(tmp_path: Path, form: str, made: Any) -> None:
    [one] = load_with_datumaro(made(tmp_path), form)
    assert has_the_box(one)


@pytest.mark.parametrize(("form", "made", "lost"), [
    ("coco", coco, "annotations/instances_train.json"), ("voc", voc, "ImageSets"), ("yolo", yolo, "data.yaml"),
    ("yolo", yolo_darknet, "obj.names"),
])  # fmt: skip
def test_datumaro_refuses_a_data_set_that_lost_a_file(tmp_path: Path, form: str, made: Any, lost: str) -> None:
    from datumaro.components.errors import DatasetImportError

    (made(tmp_path) / lost).rename(tmp_path / "lost")
    with pytest.raises((AssertionError, DatasetImportError)):
        load_with_datumaro(tmp_path, form)


def test_datumaro_says_nothing_of_boxes_whose_file_is_lost(tmp_path: Path) -> None:
    (voc(tmp_path) / "Annotations/a_0001.xml").unlink()
    [one] = load_with_datumaro(tmp_path, "voc")
    assert one.boxes == []
