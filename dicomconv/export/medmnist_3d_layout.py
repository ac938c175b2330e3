"""MedMNIST in three dimensions: an npz of cubes and class numbers by split."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.reader import Container, open_container
from dicomconv.container.uniform import uniform
from dicomconv.errors import Undecodable
from dicomconv.export.array_pictures import check_parts, checked_name, checked_size
from dicomconv.export.class_numbers import classes_of, labelled_rows
from dicomconv.export.cube import cube_of
from dicomconv.export.layout import Export, Layout, Written
from dicomconv.export.ledger import FROM_CONTAINERS, Loss
from dicomconv.export.left_out import LeftOut
from dicomconv.export.medmnist_check import check
from dicomconv.export.medmnist_layout import TAKES, file_name, info_of, write_info, write_labels
from dicomconv.export.npz_stream import npz
from dicomconv.export.rows import Row
from dicomconv.export.splits import PARTS
from dicomconv.frame_image import range_of_series
from dicomconv.render import is_colour, parse_window

SIZES = (28, 64)
Volume = tuple[Row, ...]  # the rows of a stack


def write(export: Export) -> Written:
    """A cube of each stack that is a regular volume in grey."""
    check_parts(export.rows, "medmnist-3d")
    size = checked_size(export.choices.size, SIZES, "medmnist-3d")
    window = export.choices.window or parse_window("file")
    volumes, left_out = _volumes(export)
    cubes, kept = export.folder / ".cubes", list[Volume]()
    with cubes.open("w+b") as file:
        for volume in volumes:
            cube = _cube(volume, size, window)
            if isinstance(cube, str):
                left_out.add(cube, volume)
                continue
            file.write(cube.tobytes())
            kept.append(volume)
    name = checked_name(export.choices.name, "dicommnist3d")
    classes = classes_of([volume[0] for volume in kept], export.label_names)
    parts = {part: [number for number, volume in enumerate(kept) if volume[0].split == part] for part in PARTS}
    with npz(export.folder / file_name(name, size)) as archive:
        for part, numbers in parts.items():
            archive.add(f"{part}_images", (len(numbers), size, size, size), np.uint8, _read(cubes, numbers, size))
            write_labels(archive, part, [kept[number][0] for number in numbers], classes)
    cubes.unlink()
    write_info(export.folder, info_of(name, classes, {p: len(found) for p, found in parts.items()}, 1, "MedMNIST3D"))
    series = {part: [kept[number][0].series_instance_uid for number in numbers] for part, numbers in parts.items()}
    rows = tuple(row for volume in kept for row in volume)
    facts = {"classes": classes.told(), "series": series}
    return Written(rows, _losses(len(rows), size), FROM_CONTAINERS, left_out.sentences, facts)


def _volumes(export: Export) -> tuple[list[Volume], LeftOut]:
    """The rows of each stack whose labels are there and all the same; and why others are left out."""
    found, left_out = list[Volume](), LeftOut()
    for _, group in groupby(export.rows, key=lambda row: (row.container, row.stack)):
        volume = tuple(group)
        labelled, without = labelled_rows(volume, export.label_names)
        if without:
            left_out.add("not all slices of their volume have a label", volume)
        elif len({row.labels for row in labelled}) > 1:
            left_out.add("slices of one volume have different labels", volume)
        else:
            found.append(volume)
    return found, left_out


def _cube(rows: Volume, size: int, window: Any) -> NDArray[np.uint8] | str:
    """The cube of a stack, or why there is none."""
    with open_container(rows[0].container) as container:
        stack = container.stacks[rows[0].stack]
        if is_colour(stack.format):
            return "a volume in colour has no place in it"
        volume = uniform(stack)
        if isinstance(volume, str):
            return volume
        return _drawn(container, volume, size, window)


def _drawn(container: Container, volume: Any, size: int, window: Any) -> NDArray[np.uint8] | str:
    try:
        return cube_of(volume, size, window, range_of_series(container))
    except Undecodable as error:
        return str(error)


def _read(cubes: Path, numbers: list[int], size: int) -> Iterator[NDArray[np.uint8]]:
    """Cubes by number, each when it is asked for."""
    with cubes.open("rb") as file:
        for number in numbers:
            file.seek(number * size**3)
            yield np.frombuffer(file.read(size**3), np.uint8).reshape(size, size, size)


def _losses(count: int, size: int) -> tuple[Loss, ...]:
    return (
        Loss("bits", "a window turned values into 8 bits of grey", count),
        Loss("resolution", f"volumes are resampled to {size} x {size} x {size}, aspect in mm kept", count),
        Loss("geometry", "the arrays do not say where volumes lie in the patient", count),
        Loss("headers", "of the headers nothing is in the arrays", count),
    )


LAYOUTS = {"medmnist-3d": Layout("medmnist-3d", "MedMNIST, 3-D npz of 28 or 64", write, TAKES, check, ("medmnist",))}
