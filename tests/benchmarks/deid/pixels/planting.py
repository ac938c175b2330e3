"""Files with text in their pixels: the same seed gives the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from pydicom import Dataset

from tests import make
from tests.benchmarks.deid.persona import draw, strangers
from tests.benchmarks.deid.pixels.cases import Case, chosen
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


def plant(folder: Path, seed: int, count: int | None = None) -> tuple[Plate, ...]:
    """Write the corpus of a seed, or so many cases of it, into a folder."""
    plates = []
    for row, (name, made, content) in enumerate(_files(seed, count)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        case, painting = made
        inside = painting.sector if case.regions == "valid" else None
        plates.append(Plate(row, name, FIRST_INSTANCE + row, case, painting.lines, inside))
    return tuple(plates)


def _files(seed: int, count: int | None) -> Iterator[tuple[str, tuple[Case, Painting], bytes]]:
    order = Random(f"pixel people {seed}")
    surnames = strangers(order)
    people = [draw(number, order, surnames) for number in range(PEOPLE)]
    number = FIRST_INSTANCE
    for index, case in enumerate(chosen(count, seed)):
        random, persona = Random(f"pixels {seed} {case.name}"), people[index % PEOPLE]
        noise = np.random.default_rng([seed, *case.name.encode()])
        painting = paint(case, persona, random, noise)
        for part, content in enumerate(_parts(case, painting)):
            values = header(case, persona, f"{seed} {case.name}", part) | {"InstanceNumber": number}
            values |= {
                "Rows": content.shape[1],
                "Columns": content.shape[2],
                "BurnedInAnnotation": random.choice(HINTS),
            }
            if painting.sector is not None:
                values |= regions(case, painting.sector, content.shape[1:3])
            dataset = make.dataset(values)
            put_pixels(dataset, stored(content, case.storage), case.storage, case.syntax)
            yield f"case-{index:03}/{part:03}.dcm", (case, painting), _file(dataset, case.syntax)
            number += 1


def _parts(case: Case, painting: Painting) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """The frames of each file: of a series one."""
    frames = painting.shown
    return [frames[index : index + 1] for index in range(len(frames))] if case.kind in ("CT", "MR") else [frames]


def _file(dataset: Dataset, syntax: Syntax) -> bytes:
    """A complete file; pydicom 3.0 does not know JPEG XL, and writes another UID as long, which is replaced."""
    if syntax != JPEG_XL:
        return make.encoded(dataset, syntax.uid)
    return make.encoded(dataset, HTJ2K.uid).replace(HTJ2K.uid.encode(), JPEG_XL.uid.encode(), 1)
