"""YOLO as Ultralytics lays it out: images/<part>, labels/<part> with a box a line, <part>.txt and data.yaml."""

import json
from pathlib import Path

from dicomconv.export.annotated import Page, annotated, chosen_set, named, part_of
from dicomconv.export.annotated_losses import TAKES, losses, outlines_lost
from dicomconv.export.datumaro_check import read_with_datumaro
from dicomconv.export.drawn_on_pictures import box_of
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Written
from dicomconv.export.pictures import Look
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.render import parse_window


def write(export: Export) -> Written:
    """A line is class, centre and size of a box, in parts of the picture. Classes are labels in the order of their values."""
    look, chosen = Look(export.choices.window or parse_window("file"), size=export.choices.size), chosen_set(export)
    found = annotated(export, chosen, look, named(_file), _write_lines)
    parts = found.parts()
    for part, pictures in parts.items():
        listed = "".join(f"./{taken.shot.file}\n" for taken, _ in pictures)
        (export.folder / f"{part}.txt").write_text(listed, encoding="utf-8")
    names = "".join(f"  {number}: {json.dumps(one.name, ensure_ascii=False)}\n" for number, one in enumerate(chosen.labels))
    yaml = "".join(f"{part}: {part}.txt\n" for part in parts) + f"names:\n{names}"
    (export.folder / "data.yaml").write_text(yaml, encoding="utf-8")
    write_images(export.folder, found.taken, look)
    lost = (*losses(found.taken, look), *outlines_lost(sum(found.made)))
    return Written(found.rows, lost, FOUND_AGAIN, found.left_out)


def _file(row: Row) -> str:
    return f"images/{part_of(row)}/{row.name}.png"


def _write_lines(page: Page) -> bool:
    """Write a line for each thing on a picture; whether any of them is more than a box."""
    classes, size = page.numbers, page.taken.size
    lines = [f"{classes[str(one.label)] - 1} {_line(box_of(one, size), size)}\n" for one in page.drawn]
    folder = page.folder / "labels" / part_of(page.taken.shot.row)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{page.taken.shot.row.name}.txt").write_text("".join(lines), encoding="utf-8")
    return any(one.kind != "box" for one in page.drawn)


def _line(box: tuple[float, float, float, float], size: tuple[int, int]) -> str:
    left, top, right, bottom = box
    columns, rows = size
    numbers = (left + right) / 2 / columns, (top + bottom) / 2 / rows, (right - left) / columns, (bottom - top) / rows
    return " ".join(f"{number:.9g}" for number in numbers)


def check(folder: Path) -> str:
    """datumaro takes it for YOLO, and reads a box for each line."""
    count = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("labels/*/*.txt"))
    return read_with_datumaro(folder, "yolo", boxes=count)


LAYOUTS = {"yolo": Layout("yolo", "YOLO of Ultralytics, boxes", write, TAKES, check, ("datumaro",))}
