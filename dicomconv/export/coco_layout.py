"""COCO: pictures in images/<part>, and what is drawn on them in annotations/instances_<part>.json."""

from pathlib import Path
from typing import Any

from dicomconv.annotations import coco_tasks
from dicomconv.annotations.tasks import Picture
from dicomconv.export.annotated import Page, annotated, chosen_set, named, part_of
from dicomconv.export.annotated_losses import TAKES, losses
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Written
from dicomconv.export.pictures import Look, Taken
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.render import parse_window


def write(export: Export) -> Written:
    """Masks as compressed runs, exact; polygons as they were drawn; boxes without a segmentation. Ids are values of labels."""
    look, chosen = Look(export.choices.window or parse_window("file"), size=export.choices.size), chosen_set(export)
    found = annotated(export, chosen, look, named(_file), _bodies)
    for part, pictures in found.parts().items():
        content = coco_tasks.content([_picture(one) for one, _ in pictures], chosen.labels, (some for _, some in pictures))
        path = export.folder / f"annotations/instances_{part}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    write_images(export.folder, found.taken, look)
    return Written(found.rows, losses(found.taken, look), FOUND_AGAIN, found.left_out)


def _file(row: Row) -> str:
    return f"images/{part_of(row)}/{row.name}.png"


def _picture(one: Taken) -> Picture:
    return Picture(Path(one.shot.file).name, one.size[1], one.size[0], one.shot.file)


def _bodies(page: Page) -> list[dict[str, Any]]:
    return coco_tasks.bodies(_picture(page.taken), page.labels, page.drawn)


def check(folder: Path) -> str:
    """pycocotools reads it: every picture is there, every annotation has a mask or a box within its picture."""
    from pycocotools.coco import COCO

    images = annotations = 0
    for path in sorted(folder.glob("annotations/instances_*.json")):
        coco, part = COCO(str(path)), path.stem.partition("_")[2]
        for image in coco.loadImgs(coco.getImgIds()):
            assert (folder / "images" / part / image["file_name"]).is_file(), f"{part} lacks a picture"
        for one in coco.loadAnns(coco.getAnnIds()):
            assert coco.loadCats([one["category_id"]]), "an annotation has no category"
            assert not one["segmentation"] or coco.annToMask(one).any(), "a segmentation covers no pixel"
        images, annotations = images + len(coco.imgs), annotations + len(coco.anns)
    assert images, "there are no pictures"
    return f"{images} images, {annotations} annotations (pycocotools)"


LAYOUTS = {"coco": Layout("coco", "COCO instances, exact masks", write, TAKES, check, ("pycocotools",))}
