"""Pictures and containers that a program writes besides DICOM: by slices.csv, and by the containers' own columns."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame outside DICOM: `pixels` (rows, columns) or (rows, columns, samples), in greys or colours, or as stored."""

    carrier: str
    path: str
    sop_instance_uid: str
    frame_index: int
    pixels: Array = field(repr=False)


def pictures(folder: Path) -> Iterator[Picture]:
    """Every PNG that a slices.csv lists and every frame of every container below a folder."""
    for path in sorted(folder.rglob("slices.csv")):
        yield from _of_table(path)
    for path in sorted(one for one in folder.rglob("*") if one.suffix in (".h5", ".hdf5")):
        yield from _of_container(path)


def _of_table(table: Path) -> Iterator[Picture]:
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            with Image.open(table.parent / row["file"]) as image:
                pixels = np.asarray(image.convert("RGB") if image.mode in ("P", "RGBA") else image)
            yield Picture("PNG", row["file"], row["sop_instance_uid"], int(row["frame_number"]) - 1, pixels)


def _of_container(path: Path) -> Iterator[Picture]:
    with h5py.File(path, "r") as file:
        uids = [_text(one) for one in file["instances/sop_instance_uid"][()]] if "instances" in file else []
        for stack in file["stacks"].values() if "stacks" in file else ():
            planar = int(stack["pixels"].attrs.get("planar_configuration", 0)) == 1
            columns = zip(stack["frames/instance"][()], stack["frames/frame_number"][()], strict=True)
            for index, (instance, frame_number) in enumerate(columns):
                pixels = stack["pixels"][index]
                pixels = np.moveaxis(pixels, 0, -1) if planar and pixels.ndim == 3 else pixels
                yield Picture("HDF5", path.name, uids[int(instance)], int(frame_number) - 1, pixels)


def _text(value: bytes | str) -> str:
    return (value.decode() if isinstance(value, bytes) else value).rstrip("\0")
