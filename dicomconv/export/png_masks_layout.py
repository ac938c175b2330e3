"""PNG masks: images/ and masks/ with PNGs of the same names, grey values are values of labels."""

import csv
from pathlib import Path

from dicomconv.annotations.labels import labels_toml
from dicomconv.export.annotated import annotated
from dicomconv.export.annotated_losses import TAKES, losses, overlaps_lost
from dicomconv.export.drawn_on_pictures import values_on
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.pictures import Look
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.pixels import png
from dicomconv.render import parse_window

IMAGES, MASKS, LABELS = "images", "masks", "labels.csv"


def write(export: Export) -> Written:
    """8 bits a mask, 16 if a label has a value above 255. With a split, a folder for each part in both."""
    look = Look(export.choices.window or parse_window("file"), size=export.choices.size)
    found = annotated(export, look, lambda row: f"{IMAGES}/{_part(row)}{row.name}.png", in_pieces=False)
    values: dict[str | int, int] = {label.name: label.value for label in found.labels}
    dtype = "uint8" if max(values.values(), default=0) < 256 else "uint16"
    overlaps, boxes = list[int](), 0
    for taken, drawn in zip(found.taken, found.drawn, strict=True):
        mask, several = values_on(drawn, values, taken.size)
        path = export.folder / MASKS / Path(taken.shot.file).relative_to(IMAGES)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png.encode(mask.astype(dtype), None))
        overlaps += [several] if several else []
        boxes += any(one.kind == "box" for one in drawn)
    with (export.folder / LABELS).open("w", encoding="utf-8", newline="") as file:
        rows = [("value", "label"), *((str(label.value), label.name) for label in found.labels)]
        csv.writer(file, lineterminator="\n").writerows(rows)
    (export.folder / "labels.toml").write_text(labels_toml(found.labels), encoding="utf-8")
    write_images(export.folder, found.taken, look)
    lost = [*losses(found, look), *overlaps_lost(sum(overlaps), len(overlaps))]
    if boxes:
        lost.append(Loss("geometry", "boxes are not in masks", boxes))
    return Written(found.rows, tuple(lost), FOUND_AGAIN, found.left_out)


def _part(row: Row) -> str:
    return f"{row.split}/" if row.split else ""


def check(folder: Path) -> str:
    """Pillow reads a mask of the size of each picture."""
    from PIL import Image

    pictures = sorted((folder / IMAGES).rglob("*.png"))
    assert pictures, "there are no pictures"
    for path in pictures:
        with Image.open(path) as picture, Image.open(folder / MASKS / path.relative_to(folder / IMAGES)) as mask:
            assert picture.size == mask.size, "a mask is not as large as its picture"
            mask.load()
    return f"{len(pictures)} pictures with masks (Pillow)"


LAYOUTS = {"png-masks": Layout("png-masks", "pictures and masks of label values, PNG", write, TAKES, check, ("pillow",))}
