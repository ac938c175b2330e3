"""Files with text in their pixels: the same seed gives the same bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from pydicom import Dataset

from tests import make
from tests.benchmarks.deid.persona import draw, strangers
from tests.benchmarks.deid.pixels.cases import CINE, Case, cases
from tests.benchmarks.deid.pixels.drawing import Line
from tests.benchmarks.deid.pixels.encoding import HTJ2K, JPEG_XL, Syntax, put_pixels
from tests.benchmarks.deid.pixels.headers import header, regions
from tests.benchmarks.deid.pixels.lettering import Box
from tests.benchmarks.deid.pixels.painting import Painting, paint
from tests.benchmarks.deid.pixels.storing import stored

PEOPLE = 40
FIRST_INSTANCE = 5001
HINTS = ("YES", "NO", None)  # Burned In Annotation of the source: whether it is true is chance


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """A file of the corpus: by what its output is known again, and what stands in its pixels.

    `kept_inside`: where regions are given, a rule may blank whatever is beside them, and this is their box.
    """

    row: int
    relative: str
    instance_number: int
    case: Case
    lines: tuple[Line, ...] = field(repr=False)
    kept_inside: Box | None = None


def plant(folder: Path, seed: int, numbers: Iterable[int]) -> tuple[Plate, ...]:
    """Write the files of these cases into a folder: each is the same whatever the others are."""
    plates = []
    for plate, content in _files(seed, numbers):
        path = folder / plate.relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        plates.append(plate)
    return tuple(plates)


def _files(seed: int, numbers: Iterable[int]) -> Iterator[tuple[Plate, bytes]]:
    order, every, rows = Random(f"pixel people {seed}"), cases(), count()
    surnames = strangers(order)
    people = [draw(number, order, surnames) for number in range(PEOPLE)]
    for number in numbers:
        case, persona = every[number], people[number % PEOPLE]
        random, noise = Random(f"pixels {seed} {case.name}"), np.random.default_rng([seed, *case.name.encode()])
        painting = paint(case, persona, random, noise)
        inside = painting.sector if case.regions == "valid" else None
        for part, frames in enumerate(_parts(case, painting)):
            instance_number = FIRST_INSTANCE + CINE * number + part
            values = header(case, persona, f"{seed} {case.name}", part) | {"InstanceNumber": instance_number}
            values |= {"Rows": frames.shape[1], "Columns": frames.shape[2], "BurnedInAnnotation": random.choice(HINTS)}
            if painting.sector is not None:
                values |= regions(case, painting.sector, frames.shape[1:3])
            dataset = make.dataset(values)
            put_pixels(dataset, stored(frames, case.storage), case.storage, case.syntax)
            plate = Plate(next(rows), f"case-{number:03}/{part:03}.dcm", instance_number, case, painting.lines, inside)
            yield plate, _file(dataset, case.syntax)


def _parts(case: Case, painting: Painting) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """The frames of each file: of a series one."""
    frames = painting.shown
    return [frames[index : index + 1] for index in range(len(frames))] if case.kind in ("CT", "MR") else [frames]


def _file(dataset: Dataset, syntax: Syntax) -> bytes:
    """A complete file; pydicom 3.0 does not know JPEG XL, and writes another UID as long, which is replaced."""
    if syntax != JPEG_XL:
        return make.encoded(dataset, syntax.uid)
    return make.encoded(dataset, HTJ2K.uid).replace(HTJ2K.uid.encode(), JPEG_XL.uid.encode(), 1)
