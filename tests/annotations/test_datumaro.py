"""Datumaro reads what we write, and we read what it writes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.annotation import Code, Label
from dicomconv.annotations import coco, cvat, voc, yolo
from dicomconv.annotations.drawn import Drawn, PictureRef
from dicomconv.annotations.tasks import Picture
from dicomconv.annotations.tools import write_tasks
from tests.annotations.places import drawn, on_picture

dm = pytest.importorskip("datumaro", reason="datumaro is not installed (pip install datumaro, about 400 MB)")

ROWS, COLUMNS = 24, 37
CODE = Code("1", "99X", "x")
LABELS = (Label("liver", 1, (1, 2, 3), CODE, CODE), Label("ring", 2, (4, 5, 6), CODE, CODE))
PICTURES = [Picture(f"ser_000{number}.png", ROWS, COLUMNS, f"ser_000{number}.png") for number in (1, 2)]
y, x = np.mgrid[:ROWS, :COLUMNS]
DISTANCE = np.hypot(x - 15, y - 11)
RING = (DISTANCE < 9) & (DISTANCE > 4)
SQUARE = np.array([(2.0, 3), (20, 3), (20, 17), (2, 17)])
BOX = np.array([(3.5, 4.25), (10, 20)])


def pictures(folder: Path) -> Path:
    """Black pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in PICTURES:
        Image.new("L", (COLUMNS, ROWS)).save(folder / one.name)
    return folder


def things() -> list[Drawn]:
    """A mask, an outline and a box on the first picture."""
    ref = PictureRef("ser_0001.png")
    return [
        Drawn("", ref, "ring", mask=RING),
        Drawn("", ref, "liver", "polygon", rings=(SQUARE,)),
        Drawn("", ref, "liver", "box", rings=(BOX,)),
    ]


def theirs(dataset: Any) -> list[Any]:
    """Annotations of the first picture, masks first."""
    (item,) = [one for one in dataset if one.id == "ser_0001"]
    return sorted(item.annotations, key=lambda one: ("mask", "polygon", "bbox").index(one.type.name))


@pytest.mark.parametrize(("tool", "name"), [("cvat", "cvat"), ("coco", "coco_instances")])
def test_datumaro_reads_what_we_write(tmp_path: Path, tool: str, name: str) -> None:
    folder = pictures(tmp_path / "images").parent
    write_tasks(tool, folder / "annotations" if tool == "coco" else folder, PICTURES, LABELS, things())
    if tool == "coco":
        (folder / "annotations/coco.json").rename(folder / "annotations/instances_default.json")
    dataset = dm.Dataset.import_from(str(folder), name)
    assert len(dataset) == 2
    names = [one.name for one in dataset.categories()[dm.AnnotationType.label]]
    mask, *others = theirs(dataset)
    assert names[mask.label] == "ring"
    assert (np.asarray(mask.image, bool) == RING).all()
    assert [np.allclose(one.points, SQUARE.ravel()) for one in others if one.type.name == "polygon"] == [True]
    boxes = [one.get_bbox() for one in others if one.type.name == "bbox"]  # of COCO, those of outlines too
    assert any(np.allclose(box, (3.5, 4.25, 6.5, 15.75)) for box in boxes)


def their_dataset(folder: Path) -> Any:
    """The same as a data set of datumaro's."""
    pictures(folder)
    ours = [
        dm.Mask(RING, label=1, id=1, group=1), dm.Polygon(SQUARE.ravel().tolist(), label=0, id=2, group=2),
        dm.Bbox(3.5, 4.25, 6.5, 15.75, label=0, id=3, group=3),
    ]  # fmt: skip
    items = [
        dm.DatasetItem(
            one.name[:-4], media=dm.Image.from_file(str(folder / one.name)), annotations=ours if not index else []
        )
        for index, one in enumerate(PICTURES)
    ]
    return dm.Dataset.from_iterable(items, categories=["liver", "ring"])


def of_kind(found: list[Drawn], kind: str | None) -> list[Drawn]:
    """What is of a kind; None: masks."""
    return [one for one in found if one.kind == kind and not one.is_seen_only]


@pytest.mark.parametrize(("name", "read"), [("cvat", cvat.read), ("coco_instances", coco.read)])
def test_we_read_the_masks_that_datumaro_writes(tmp_path: Path, name: str, read: Any) -> None:
    their_dataset(tmp_path / "in").export(str(tmp_path / "out"), name, save_media=False)
    (path,) = [one for suffix in ("*.xml", "*.json") for one in (tmp_path / "out").rglob(suffix)]
    found = drawn(read(path))
    (mask,) = of_kind(found, None)
    assert mask.label == "ring"
    assert (on_picture([mask], ROWS, COLUMNS) == RING).all()
    assert np.allclose(of_kind(found, "polygon")[0].rings[0], SQUARE)
    assert np.allclose(of_kind(found, "box")[0].rings[0], BOX)
    assert [one.picture.name for one in found if one.is_seen_only] == ["ser_0002.png"]


def test_we_read_the_boxes_that_datumaro_writes_for_yolo(tmp_path: Path) -> None:
    their_dataset(tmp_path / "in").export(str(tmp_path / "out"), "yolo", save_media=True)
    found = drawn(yolo.read(tmp_path / "out"))
    assert of_kind(found, "box")
    assert any(np.allclose(one.in_pixels(COLUMNS, ROWS).rings[0], BOX, atol=1e-3) for one in of_kind(found, "box"))
    assert {one.label for one in of_kind(found, "box")} <= {"liver", "ring"}


def test_we_read_the_boxes_that_datumaro_writes_for_voc(tmp_path: Path) -> None:
    their_dataset(tmp_path / "in").export(str(tmp_path / "out"), "voc_detection", save_media=False)
    (box,) = of_kind(drawn(voc.read(tmp_path / "out/Annotations")), "box")
    assert np.allclose(box.rings[0], BOX)
