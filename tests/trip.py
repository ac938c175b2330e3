"""Series to take the trip of an annotation with, and what is drawn on them: truth on stored pixels."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv import convert, open_container
from dicomconv.container.reader import Container
from tests import make
from tests.outputs import containers

ROWS, COLUMNS, SLICES = 21, 34, 5
LABELS = """\
[[label]]
name = "liver"
value = 1
color = "#00ff00"
type = "SCT:10200004"

[[label]]
name = "ring"
value = 2
color = "#ff0000"
"""
OBLIQUE = [0.8, 0.6, 0.0, -0.48, 0.64, 0.6]  # unit vectors at right angles
STEP_MM = 2.5


def along_normal(orientation: list[float], steps: float) -> list[str]:
    """A position so many slices along the normal."""
    normal = np.cross(orientation[:3], orientation[3:])
    return [f"{value:.6g}" for value in np.array([-10.0, 20.0, 5.0]) + steps * STEP_MM * normal]


def pixels(number: int, rows: int = ROWS, columns: int = COLUMNS) -> NDArray[Any]:
    """Noise, of which no two slices are alike."""
    return np.random.default_rng(number).integers(0, 2000, (rows, columns)).astype(np.uint16)


def oblique_ct() -> list[bytes]:
    """Anisotropic CT slices, shuffled."""
    files = [
        make.instance("CT", pixels(number), InstanceNumber=[3, 1, 5, 2, 4][number], ImageOrientationPatient=OBLIQUE,
                      ImagePositionPatient=along_normal(OBLIQUE, number), PixelSpacing=["0.7", "1.1"])
        for number in range(SLICES)
    ]  # fmt: skip
    return [files[index] for index in (3, 0, 4, 1, 2)]


def flipped_mr() -> list[bytes]:
    """MR slices that are not square, mirrored: rows run to the right, columns upward."""
    flipped = [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0]
    return [
        make.instance("MR", pixels(10 + number), InstanceNumber=number + 1, ImageOrientationPatient=flipped,
                      ImagePositionPatient=along_normal(flipped, number), PixelSpacing=["0.9", "0.4"],
                      FrameOfReferenceUID=make.uid("frame of reference"), SliceThickness="2.5")
        for number in range(SLICES)
    ]  # fmt: skip


def frames() -> list[bytes]:
    """One object of several frames."""
    values = np.stack([pixels(20 + number) for number in range(SLICES)])
    return [make.instance("SC words", values, ConversionType="WSD")]


SERIES = {"oblique shuffled CT": oblique_ct, "flipped MR": flipped_mr, "multi-frame": frames}


@dataclass(frozen=True)
class Desk:
    """OUT of a run over one series, and a file of labels beside it."""

    out: Path
    labels: Path

    @property
    def path(self) -> Path:
        """The only container."""
        [path] = containers(self.out)
        return path

    @property
    def container(self) -> Container:
        """The same, open."""
        return open_container(self.path)

    @property
    def pngs(self) -> list[Path]:
        """The PNGs of the first view in the order of their names."""
        found = sorted(self.out.rglob("*.png"))
        return [path for path in found if path.parent == found[0].parent]

    def masks(self, name: str) -> dict[int, NDArray[np.bool_]]:
        """What the container has of each label: (frames, rows, columns)."""
        stored = self.container.annotations[name]
        return {label.value: stored.mask(label.value) for label in stored.labels}


def desk(folder: Path, key: Path, files: list[bytes], **choices: Any) -> Desk:
    """Convert a series."""
    source = make.write(folder / "in", {f"{number:03}": content for number, content in enumerate(files)})
    convert(source, folder / "out", key=key, burned_in="keep", **choices)
    (folder / "labels.toml").write_text(LABELS, encoding="utf-8")
    return Desk(folder / "out", folder / "labels.toml")


def truth(count: int = SLICES, rows: int = ROWS, columns: int = COLUMNS) -> dict[int, NDArray[np.bool_]]:
    """What is drawn: a blob that is not symmetric, and a ring; nothing on the last frame. (frames, rows, columns) each."""
    row, column = np.mgrid[:rows, :columns]
    blob, ring = np.zeros((2, count, rows, columns), np.bool_)
    for frame in range(count - 1):
        blob[frame] = (row >= 2) & (row < 7 + frame) & (column >= 3 + frame) & (column < 12) & (row + column < 16)
        away = np.hypot(row - 12, column - 23 + frame)
        ring[frame] = (away < 6.3) & (away > 2.6)
    return {1: blob, 2: ring}


def order(one: Desk) -> Iterator[tuple[int, Path]]:
    """Frame of the only stack, and the PNG that slices.csv says shows it."""
    folder = one.pngs[0].parent
    with (folder / "slices.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["sop_instance_uid"], int(row["frame_number"])): folder / row["file"] for row in csv.DictReader(file)}
    container = one.container
    [stack] = container.stacks
    for frame, (instance, number) in enumerate(zip(stack.frames["instance"], stack.frames["frame_number"], strict=True)):
        yield frame, rows[container.instances[int(instance)].sop_instance_uid, int(number)]
