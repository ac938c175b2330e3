"""Pascal VOC: JPEGImages, Annotations, SegmentationClass and SegmentationObject, and ImageSets by part of the split."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.drawn import Drawn
from dicomconv.annotations.tasks import as_attribute
from dicomconv.errors import UsageError
from dicomconv.export.annotated import Page, annotated, chosen_set, named
from dicomconv.export.annotated_losses import TAKES, losses, overlaps_lost
from dicomconv.export.datumaro_check import read_with_datumaro
from dicomconv.export.drawn_on_pictures import box_of, part_of_mask, values_on
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Written
from dicomconv.export.pictures import Look, Taken
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.pixels import png
from dicomconv.render import parse_window

MOST = 254  # values of a palette but background and void
CLASS, OBJECT = "SegmentationClass", "SegmentationObject"


def color(index: int) -> tuple[int, int, int]:
    """The colour of an index in VOC's own palette: its bits, three at a time, from the highest bit of each channel down."""
    red = green = blue = 0
    for place in range(7, -1, -1):
        red |= (index & 1) << place
        green |= (index >> 1 & 1) << place
        blue |= (index >> 2 & 1) << place
        index >>= 3
    return red, green, blue


PALETTE = bytes(part for index in range(256) for part in color(index))


def write(export: Export) -> Written:
    """Corners of boxes with decimal points: coordinates of pixel edges from 0, as CVAT and datumaro have them."""
    look, chosen = Look(export.choices.window or parse_window("file"), size=export.choices.size), chosen_set(export)
    if len(chosen.labels) > MOST:
        raise UsageError(f"a palette of VOC has room for {MOST} labels; there are {len(chosen.labels)}")
    _write_labels(export.folder, [label.name for label in chosen.labels])
    found = annotated(export, chosen, look, named(lambda row: f"JPEGImages/{row.name}.png"), _write_one)
    for part, pictures in found.parts().items():
        names = "".join(f"{one.shot.row.name}\n" for one, _ in pictures)
        for kind in ("Main", "Segmentation"):
            _text(export.folder / f"ImageSets/{kind}/{part}.txt", names)
    write_images(export.folder, found.taken, look)
    lost = (*losses(found.taken, look), *overlaps_lost(found.made))
    return Written(found.rows, lost, FOUND_AGAIN, found.left_out)


def _write_labels(folder: Path, names: list[str]) -> None:
    if any(set(name) & set(":\r\n") for name in names):
        raise UsageError("a label's name has a colon or a line break, which labelmap.txt of VOC cannot hold")
    lines = [f"{name}:{','.join(map(str, color(index)))}::\n" for index, name in enumerate(["background", *names])]
    _text(folder / "labelmap.txt", "# label:color_rgb:parts:actions\n" + "".join(lines))


def _write_one(page: Page) -> int:
    """The files of one picture; how many pixels several labels claim."""
    folder, name, size, indices = page.folder, page.taken.shot.row.name, page.taken.size, page.numbers
    ordered = sorted(page.drawn, key=lambda one: one.mask is None and one.kind == "box")  # masks have the first numbers
    _text(folder / f"Annotations/{name}.xml", _xml(page.taken, ordered, _depth(folder / page.taken.shot.file)))
    classes, several = values_on(ordered, indices, size)
    objects = np.zeros(classes.shape, np.uint16)
    for number, one in enumerate(ordered, 1):
        if one.mask is not None or one.kind == "polygon":
            part, (left, top) = part_of_mask(one, size)
            box = np.s_[top : top + part.shape[0], left : left + part.shape[1]]
            objects[box][part & (classes[box] == indices[one.label])] = number
    if objects.max() > MOST:
        series = page.taken.shot.row.series_instance_uid
        raise UsageError(f"a picture of {series} has more than {MOST} objects: too many for VOC")
    _mask(folder / CLASS / f"{name}.png", classes)
    _mask(folder / OBJECT / f"{name}.png", objects)
    return several


def _mask(path: Path, values: NDArray[np.uint16]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(png.encode(values.astype(np.uint8), None, palette=PALETTE))


def _depth(picture: Path) -> int:
    """Samples a pixel, by the colour type in the heading of a PNG."""
    with picture.open("rb") as file:
        return 3 if file.read(26)[-1] == 2 else 1


def _xml(taken: Taken, drawn: list[Drawn], depth: int) -> str:
    columns, rows = taken.size
    name = _escaped(f"{taken.shot.row.name}.png")
    objects = "".join(_object(one, taken.size) for one in drawn)
    has_pixels = int(any(one.kind != "box" for one in drawn))
    return (
        f"<annotation>\n <folder>JPEGImages</folder>\n <filename>{name}</filename>\n"
        f" <size><width>{columns}</width><height>{rows}</height><depth>{depth}</depth></size>\n"
        f" <segmented>{has_pixels}</segmented>\n{objects}</annotation>\n"
    )


def _object(one: Drawn, size: tuple[int, int]) -> str:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), box_of(one, size), strict=True)
    box = "".join(f"<{name}>{float(number)!r}</{name}>" for name, number in corners)
    return (
        f" <object>\n  <name>{_escaped(str(one.label))}</name>\n  <truncated>0</truncated>\n  <occluded>0</occluded>\n"
        f"  <difficult>0</difficult>\n  <bndbox>{box}</bndbox>\n </object>\n"
    )


def _escaped(text: str) -> str:
    return as_attribute(text)[1:-1]


def _text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def check(folder: Path) -> str:
    """datumaro takes it for VOC, and reads a box for each object."""
    files, pictures = sorted(folder.glob("Annotations/*.xml")), sorted(folder.glob("JPEGImages/*"))
    assert [path.stem for path in files] == [path.stem for path in pictures], "a picture or its annotations are missing"
    count = sum(path.read_text(encoding="utf-8").count("<bndbox>") for path in files)
    return read_with_datumaro(folder, "voc", boxes=count)


LAYOUTS = {"voc": Layout("voc", "Pascal VOC, boxes and masks", write, TAKES, check, ("datumaro",))}
