"""PNG masks: images/ and masks/ with PNGs of the same names, grey values are values of labels."""

import csv
from pathlib import Path

import numpy as np

from dicomconv.annotations.labels import labels_toml
from dicomconv.export.annotated import Page, annotated, chosen_set, named
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
    look, chosen = Look(export.choices.window or parse_window("file"), size=export.choices.size), chosen_set(export)
    found = annotated(export, chosen, look, named(_file), _write_mask, in_pieces=False)
    with (export.folder / LABELS).open("w", encoding="utf-8", newline="") as file:
        rows = [("value", "label"), *((str(label.value), label.name) for label in chosen.labels)]
        csv.writer(file, lineterminator="\n").writerows(rows)
    (export.folder / "labels.toml").write_text(labels_toml(chosen.labels), encoding="utf-8")
    write_images(export.folder, found.taken, look)
    lost = [*losses(found.taken, look), *overlaps_lost(several for several, _ in found.made)]
    if boxes := sum(has_box for _, has_box in found.made):
        lost.append(Loss("geometry", "boxes are not in masks", boxes))
    return Written(found.rows, tuple(lost), FOUND_AGAIN, found.left_out)


def _write_mask(page: Page) -> tuple[int, bool]:
    """Write the mask of a picture; how many of its pixels several labels claim, and whether it has a box."""
    mask, several = values_on(page.drawn, page.values, page.taken.size)
    path = page.folder / MASKS / Path(page.taken.shot.file).relative_to(IMAGES)
    path.parent.mkdir(parents=True, exist_ok=True)
    dtype = np.uint8 if max(page.values.values(), default=0) < 256 else np.uint16
    path.write_bytes(png.encode(mask.astype(dtype), None))
    return several, any(one.kind == "box" for one in page.drawn)


def _file(row: Row) -> str:
    return f"{IMAGES}/{row.split}{'/' if row.split else ''}{row.name}.png"


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
