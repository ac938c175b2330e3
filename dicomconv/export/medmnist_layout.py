"""MedMNIST in two dimensions: an npz of pictures and class numbers by split, and what its table of data sets says of it."""

import json
from pathlib import Path

import numpy as np

from dicomconv.export.array_pictures import (
    by_part,
    channels_of,
    check_parts,
    checked_name,
    checked_size,
    picture_folder,
    pixels_of,
    placed,
    raw_shots,
)
from dicomconv.export.class_numbers import Classes, classes_of, labelled_rows
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import FROM_CONTAINERS, Loss
from dicomconv.export.medmnist_check import check
from dicomconv.export.npz_stream import NpzStream, npz
from dicomconv.export.picture_losses import picture_losses
from dicomconv.export.pictures import Look, Taken, reasons, take
from dicomconv.export.rows import Row
from dicomconv.manifest import counted
from dicomconv.render import parse_window

SIZES = (28, 64, 128, 224)
TAKES: frozenset[Option] = frozenset({"window", "size", "name", "labels", "split"})
INFO = "medmnist_info.json"


def write(export: Export) -> Written:
    """`<name>.npz` for 28, `<name>_<size>.npz` else; images (N, H, W) or, if any is in colour, (N, H, W, 3)."""
    check_parts(export.rows, "medmnist")
    size = checked_size(export.choices.size, SIZES, "medmnist")
    rows, unlabelled = labelled_rows(export.rows, export.label_names)
    window = export.choices.window or parse_window("file")
    channels = channels_of(rows, window)
    look = Look(window, "raw", size=size, channels=channels)
    with picture_folder(export.folder) as folder:
        taken = take(raw_shots(rows, folder), look, export.folder, export.choices.jobs)
        drawn = [one for one in taken if not one.reason]
        classes = classes_of([one.shot.row for one in drawn], export.label_names)
        name = checked_name(export.choices.name, "dicommnist")
        _write_npz(export.folder, file_name(name, size), drawn, classes, look)
    parts = by_part(drawn)
    write_images(export.folder, placed(parts, "images"), look)
    info = info_of(name, classes, {part: len(found) for part, found in parts.items()}, channels, "MedMNIST2D")
    write_info(export.folder, info)
    lost = tuple(one.shot.row for one in drawn)
    left_out = (*([f"{counted(unlabelled, 'image')}: no label"] if unlabelled else []), *reasons(taken))
    return Written(lost, _losses(drawn, look), FROM_CONTAINERS, left_out, {"classes": classes.told()})


def file_name(name: str, size: int) -> str:
    """As the package names its files."""
    return f"{name}.npz" if size == SIZES[0] else f"{name}_{size}.npz"


def _write_npz(folder: Path, name: str, drawn: list[Taken], classes: Classes, look: Look) -> None:
    with npz(folder / name) as file:
        for part, pictures in by_part(drawn).items():
            shape = (len(pictures), look.size, look.size, 3)[: 3 + (look.channels == 3)]
            file.add(f"{part}_images", shape, np.uint8, pixels_of(folder, pictures, look.channels))
            write_labels(file, part, [one.shot.row for one in pictures], classes)


def write_labels(file: NpzStream, part: str, rows: list[Row], classes: Classes) -> None:
    """The array of class numbers, (N, columns)."""
    file.add(f"{part}_labels", (len(rows), len(classes.columns)), np.int64, (classes.numbers(row) for row in rows))


def info_of(name: str, classes: Classes, counts: dict[str, int], channels: int, python_class: str) -> dict[str, object]:
    """An entry for the package's table `INFO`: task, words of class numbers, channels, items by split."""
    one = len(classes.columns) == 1
    words = dict(enumerate(classes.words[0])) if one else dict(enumerate(classes.columns))
    task = ("binary-class" if len(words) == 2 else "multi-class") if one else "multi-label, binary-class"
    return {
        name: {
            "python_class": python_class, "task": task, "label": {str(n): word for n, word in words.items()},
            "n_channels": channels, "n_samples": counts,
        }
    }  # fmt: skip


def write_info(folder: Path, info: dict[str, object]) -> None:
    """Write the entry beside the npz."""
    (folder / INFO).write_text(json.dumps(info, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _losses(drawn: list[Taken], look: Look) -> tuple[Loss, ...]:
    return (
        *picture_losses(drawn, look),
        Loss("geometry", "the arrays do not say where pictures lie in the patient", len(drawn)),
        Loss("headers", "of the headers nothing is in the arrays", len(drawn)),
    )


LAYOUTS = {"medmnist": Layout("medmnist", "MedMNIST, 2-D npz of 28, 64, 128 or 224", write, TAKES, check, ("medmnist",))}
