"""Made-up studies as containers, with annotation sets on them, and tables that say which series is what."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dicomconv
from dicomconv.annotation import FrameKey, Label, Region
from dicomconv.container.annotations import add_set
from dicomconv.export.label_table import LabelTable
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.container import annotated
from tests.export import volumes

ROWS, COLUMNS, COUNT = 9, 12, 5


def series(patient: str, study: str = "study", name: str = "series", kind: str = "CT", **values: Any) -> list[bytes]:
    """An oblique series of five slices."""
    uids = {
        "PatientID": patient,
        "StudyInstanceUID": make.uid(f"{patient} {study}"),
        "SeriesInstanceUID": make.uid(f"{patient} {study} {name}"),
    }
    dtype = "int16" if kind == "CT" else "uint16"
    files = []
    for number in range(values.pop("count", COUNT)):
        sop = make.uid(f"{patient} {study} {name} {number}")
        place = volumes.plane(number, values.get("orientation", volumes.OBLIQUE))
        more = {key: value for key, value in values.items() if key != "orientation"}
        pixels = volumes.pixels(number + len(name), dtype=dtype)
        files.append(make.instance(kind, pixels, **place | uids | more, SOPInstanceUID=sop))
    return files[1::2] + files[::2]


def converted(folder: Path, *all_series: list[bytes]) -> list[Path]:
    """The containers that series become."""
    for number, files in enumerate(all_series):
        volumes.folder(folder / f"in/{number:03d}", files)
    dicomconv.convert(folder / "in", folder / "tree")
    return find_containers([folder / "tree"])


def labels(*names: str, first: int = 1, step: int = 1) -> tuple[Label, ...]:
    """Labels of these names, with values from `first` on."""
    return tuple(
        Label(name, first + step * number, (number, 50, 200), annotated.ORGAN, annotated.Code(str(number), "99X", name))
        for number, name in enumerate(names)
    )


def draw(path: Path, of: Sequence[Label], name: str = "truth") -> None:
    """A set with a row of the image for each label, on slices 1 and 3."""
    regions = []
    for frame in (1, 3):
        for row, label in enumerate(of):
            mask = np.zeros((ROWS, COLUMNS), np.bool_)
            mask[row, frame : frame + 4] = True
            regions.append(Region(FrameKey(0, frame), label.value, mask))
    seen = frozenset(FrameKey(0, frame) for frame in range(COUNT))
    add_set(path, annotated.drawn(name, labels=tuple(of), regions=tuple(regions), shapes=(), tags=(), seen=seen))


def facts(path: Path) -> dict[str, str]:
    """Pseudonyms of the only series of a container, and what it shows."""
    with dicomconv.open_container(path) as container:
        header = container.header(0)
    names = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesDescription")
    return {name: header.text(name) for name in names}


def table(column: str, cells: Iterable[tuple[Path, str]]) -> LabelTable:
    """A table of the user's with a column, keyed on series."""
    lines = tuple((number, (facts(path)["SeriesInstanceUID"],), (cell,)) for number, (path, cell) in enumerate(cells, 2))
    return LabelTable(("series_instance_uid",), (column,), lines)


def truth(path: Path) -> Any:
    """Modality values (columns, rows, slices) in the order of places; the affine in RAS."""
    with dicomconv.open_container(path) as container:
        [stack] = container.stacks
        order = np.argsort(stack.frames["position"] @ volumes.normal(tuple(stack.frames["orientation"][0])))
        values = np.stack([stack.modality(int(index)) for index in order]).transpose(2, 1, 0)
        return values, np.diag([-1.0, -1, 1, 1]) @ np.asarray(stack.affine_lps)
