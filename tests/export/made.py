"""Series made up, converted, and annotated, for tests of layouts. What it checks with is not of the package."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dicomconv
from dicomconv.annotation import AnnotationSet, FrameKey, Region, Shape
from dicomconv.container.annotations import add_set
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.container.annotated import LABELS

ROWS, COLUMNS = 20, 30


def patient(number: int, count: int = 3, rows: int = ROWS, columns: int = COLUMNS, **more: Any) -> dict[str, bytes]:
    """A CT series of one patient, the number in all that identifies; files by name."""
    said = {
        "PatientID": f"P{number}", "StudyInstanceUID": make.uid(f"study {number}"),
        "SeriesInstanceUID": make.uid(f"series {number}"), "FrameOfReferenceUID": make.uid(f"frame {number}"),
        "WindowCenter": "1300", "WindowWidth": "600", "RescaleIntercept": "0",
    }  # fmt: skip
    files = make.series(count, rows, columns, **said | more)
    return {f"{number}/{index}.dcm": file for index, file in enumerate(files)}


def converted(folder: Path, files: Mapping[str, bytes], **choices: Any) -> list[Path]:
    """The containers of what was converted."""
    dicomconv.convert(make.write(folder / "in", files), folder / "out", **choices)
    return find_containers([folder / "out"])


def masks(rows: int = ROWS, columns: int = COLUMNS) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """Masks by (frame, label): two pieces with a hole of label 1, an overlap with label 2; label 40 on the last frame."""
    found = {key: np.zeros((rows, columns), np.bool_) for key in ((0, 1), (0, 2), (2, 40))}
    found[0, 1][2:8, 3:9] = True
    found[0, 1][4, 5] = False
    found[0, 1][12:15, 20:26] = True
    found[0, 2][6:10, 7:12] = True
    found[2, 40][1:3, 1:4] = True
    return found


def checkered(rows: int, columns: int) -> tuple[Region, ...]:
    """A region of label 1 on frame 0 with as many pieces as it can have: every second pixel."""
    return (Region(FrameKey(0, 0), 1, np.indices((rows, columns)).sum(axis=0) % 2 == 0),)


def annotate(path: Path, name: str = "reviewer-a", seen: int = 3, **changes: Any) -> Path:
    """Add a set with these masks, and a box of label 2 on frame 1; `seen`: so many frames from the first."""
    regions = tuple(Region(FrameKey(0, frame), label, mask) for (frame, label), mask in masks().items() if frame < seen)
    boxes = (Shape(FrameKey(0, 1), 2, "box", (np.array([[4.5, 2.0], [10.0, 7.25]]),), 1),)
    frames = frozenset(FrameKey(0, frame) for frame in range(seen))
    fields = {"annotator": "R1", "origin": "png", "source_sha256": (), "algorithm": "MANUAL", "labels": LABELS}
    add_set(path, AnnotationSet(name, **fields | {"seen": frames, "regions": regions, "shapes": boxes} | changes))  # type: ignore[arg-type]
    return path


def annotated(folder: Path, patients: int = 1, **more: Any) -> list[Path]:
    """Containers of patients, all annotated alike."""
    files: dict[str, bytes] = {}
    for number in range(patients):
        files |= patient(number, **more)
    return [annotate(path) for path in converted(folder, files)]
