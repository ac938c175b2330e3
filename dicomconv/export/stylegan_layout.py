"""StyleGAN's data set: a zip of square PNGs that is not compressed, with dataset.json."""

import json
import zipfile
from pathlib import Path

from dicomconv.errors import UsageError
from dicomconv.export.array_pictures import channels_of, checked_name, picture_folder
from dicomconv.export.class_numbers import Classes, classes_of, labelled_rows
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import FROM_CONTAINERS, Loss
from dicomconv.export.picture_losses import picture_losses
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.manifest import counted
from dicomconv.render import parse_window

SIZE, SMALLEST, PER_FOLDER = 256, 4, 1000
TIME = (1980, 1, 1, 0, 0, 0)  # no clock: the same pictures give the same bytes
TAKES: frozenset[Option] = frozenset({"window", "size", "name", "labels", "split"})

def write(export: Export) -> Written:
    """`<name>.zip`, with a split one for each part: `00000/img00000000.png` and so on. Labels are class numbers, or null."""
    size = export.choices.size or SIZE
    if size < SMALLEST or size & (size - 1):
        raise UsageError(f"stylegan is of a --size that is a power of two from {SMALLEST} on, not {size}")
    if len(export.label_names) > 1:
        raise UsageError("stylegan has one label a picture; give a --labels table with one label column")
    name = checked_name(export.choices.name, "stylegan")
    rows, unlabelled = labelled_rows(export.rows, export.label_names)
    window = export.choices.window or parse_window("file")
    look = Look(window, size=size, channels=channels_of(rows, window))
    with picture_folder(export.folder) as folder:
        taken = take([Shot(row, f"{folder}/{row.name}.png") for row in rows], look, export.folder, export.choices.jobs)
        drawn = [one for one in taken if not one.reason]
        classes = classes_of([one.shot.row for one in drawn], export.label_names)
        named = list[Taken]()
        for part in dict.fromkeys(one.shot.row.split for one in drawn):
            pictures = [one for one in drawn if one.shot.row.split == part]
            named += _write_zip(export.folder, f"{name}_{part}.zip" if part else f"{name}.zip", pictures, classes)
    write_images(export.folder, named, look)
    left_out = (*([f"{counted(unlabelled, 'image')}: no label"] if unlabelled else []), *reasons(taken))
    losses = _losses(drawn, look)
    return Written(tuple(one.shot.row for one in named), losses, FROM_CONTAINERS, left_out, {"classes": classes.told()})


def _write_zip(folder: Path, name: str, pictures: list[Taken], classes: Classes) -> list[Taken]:
    """Write a zip; gives the pictures with their names in it."""
    labels, named = list[list[object]](), list[Taken]()
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_STORED) as archive:
        for number, one in enumerate(pictures):
            file = f"{number // PER_FOLDER:05d}/img{number:08d}.png"
            archive.writestr(zipfile.ZipInfo(file, TIME), (folder / one.shot.file).read_bytes())
            labels.append([file, *classes.numbers(one.shot.row).tolist()])
            named.append(Taken(Shot(one.shot.row, f"{name}/{file}"), one.size, one.png_to_stored))
        content = json.dumps({"labels": labels if classes.columns else None}, separators=(",", ":"))
        archive.writestr(zipfile.ZipInfo("dataset.json", TIME), content)
    return named


def _losses(drawn: list[Taken], look: Look) -> tuple[Loss, ...]:
    return (*picture_losses(drawn, look), Loss("geometry", "pictures do not say where they lie in the patient", len(drawn)))


def check(folder: Path) -> str:
    """Pillow reads square pictures of one size and kind, and dataset.json has a label for each, or none for all."""
    from PIL import Image

    kinds, count = set[tuple[object, ...]](), 0
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".png")]
            labels = json.loads(archive.read("dataset.json"))["labels"]
            assert labels is None or [name for name, _ in labels] == names, "labels are not of the pictures"
            for name in names:
                with archive.open(name) as file, Image.open(file) as image:
                    image.load()
                    kinds.add((image.size, image.mode))
            count += len(names)
    assert len(kinds) == 1, "pictures differ in size or kind"
    return f"{count} pictures (Pillow)"


LAYOUTS = {"stylegan": Layout("stylegan", "StyleGAN's zip of square PNGs", write, TAKES, check, ("pillow",))}
