"""COCO, YOLO, VOC and masks as pycocotools and datumaro read them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Annotated:
    """An image of a data set: its name, size as (rows, columns), boxes and masks, each with its label."""

    name: str
    size: tuple[int, int]
    boxes: list[tuple[str, tuple[float, float, float, float]]]  # x, y, width, height in pixels
    masks: list[tuple[str, NDArray[np.bool_]]]


def load_with_pycocotools(annotations: Path) -> list[Annotated]:
    """Every image of a COCO file, its masks drawn by pycocotools."""
    from pycocotools.coco import COCO

    coco = COCO(str(annotations))
    return [_of_coco(coco, image) for image in coco.loadImgs(sorted(coco.getImgIds()))]


def _of_coco(coco: Any, image: dict[str, Any]) -> Annotated:
    """One image of a COCO file."""
    found = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
    names = [coco.loadCats([one["category_id"]])[0]["name"] for one in found]
    boxes = [(name, tuple(one["bbox"])) for name, one in zip(names, found, strict=True)]
    masks = [(name, coco.annToMask(one).astype(bool)) for name, one in zip(names, found, strict=True) if one.get("segmentation")]
    return Annotated(image["file_name"], (image["height"], image["width"]), boxes, masks)


def load_with_datumaro(folder: Path, form: str) -> list[Annotated]:
    """Every image of a data set in a form that datumaro knows: coco, yolo, voc; it has to recognise the form itself."""
    from datumaro.components.dataset import Dataset
    from datumaro.components.environment import Environment

    found = Environment().detect_dataset(str(folder))  # as coco_instances where there are no others of COCO's files
    assert any(name.split("_")[0] == form for name in found), f"datumaro takes it for {found}"
    dataset = Dataset.import_from(str(folder), form)
    return [_of_datumaro(item, dataset.categories()) for item in dataset]


def _of_datumaro(item: Any, categories: Any) -> Annotated:
    """One image of a data set of datumaro."""
    from datumaro.components.annotation import AnnotationType

    names = categories[AnnotationType.label]
    boxes = [(names[one.label].name, tuple(one.get_bbox())) for one in item.annotations if one.type == AnnotationType.bbox]
    masks = [(names[one.label].name, one.image.astype(bool)) for one in item.annotations if one.type == AnnotationType.mask]
    return Annotated(item.id, tuple(item.media.size), boxes, masks)
