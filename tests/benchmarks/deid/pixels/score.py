"""Scores what a program made of the planted pixels: line by line and file by file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from tests.benchmarks.deid.pairing import Written, pair, written
from tests.benchmarks.deid.pixels import attributes
from tests.benchmarks.deid.pixels.drawing import Line
from tests.benchmarks.deid.pixels.marks import letters_left
from tests.benchmarks.deid.pixels.outside import around, changed, may_change
from tests.benchmarks.deid.pixels.pictures import Picture, pictures
from tests.benchmarks.deid.pixels.planting import Plate
from tests.benchmarks.deid.pixels.reading import Decoded, Unreadable, decoded

Array = NDArray[Any]
NO_OUTPUT = "no output"


@dataclass(frozen=True, slots=True, eq=False)
class LineVerdict:
    """What became of a line: hidden if it names somebody, retained if it measures. `number` is 1-based in its file."""

    plate: Plate
    number: int
    line: Line
    carrier: str
    passed: bool
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class FileVerdict:
    """What became of a file's other pixels and of its attributes.

    `changed_outside`: the share of pixels that differ though nothing that names somebody is there; `changed_elsewhere`: those
    of them that are no measurement either, whose loss is counted by lines. None: no output.
    """

    plate: Plate
    changed_outside: float | None
    changed_elsewhere: float | None
    faults: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether every pixel is as it was, as far as it has to be."""
        return self.changed_outside == 0


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Everything that is known of one program on one corpus."""

    lines: tuple[LineVerdict, ...] = field(repr=False)
    files: tuple[FileVerdict, ...] = field(repr=False)


def score(plates: Iterable[Plate], source: Path, folder: Path) -> Score:
    """The score of what stands in a folder, of which `source` is the corpus."""
    every = tuple(plates)
    outputs = pair(every, written(folder))
    lines: list[LineVerdict] = []
    files: list[FileVerdict] = []
    for plate in every:
        judged, verdict = _judged(plate, source, outputs.get(plate.row))
        lines += judged
        files.append(verdict)
    rows = {one.elements.get("<(0008,0018)>", ""): row for row, one in outputs.items()}
    return Score((*lines, *_judged_pictures(every, source, rows, folder)), tuple(files))


def _judged(plate: Plate, source: Path, output: Written | None) -> tuple[list[LineVerdict], FileVerdict]:
    if output is None:
        return _all_failed(plate, NO_OUTPUT), FileVerdict(plate, None, None, (NO_OUTPUT,))
    original_dataset = pydicom.dcmread(source / plate.relative)
    original = decoded(original_dataset)
    try:
        seen = decoded(output.dataset)
    except Unreadable as fault:
        return _all_failed(plate, "unreadable"), FileVerdict(plate, None, None, (f"unreadable: {fault}",))
    if seen.values.shape[:3] != original.values.shape[:3]:
        return _all_failed(plate, "another shape"), FileVerdict(
            plate, None, None, ("rows, columns or frames have changed",)
        )
    lines = [
        _line(plate, number, "DICOM", original.colours, dict(enumerate(seen.colours)))
        for number in range(1, len(plate.lines) + 1)
    ]
    left = any(not one.passed for one in lines if one.line.identifying)
    faults = [
        *attributes.faults(original_dataset, output.dataset, plate.case), *attributes.burned_in(output.dataset, left),
        *attributes.new_iod_errors(source / plate.relative, output.path), *attributes.second_reader(output.path, output.dataset),
    ]  # fmt: skip
    return lines, FileVerdict(plate, *_shares_changed(plate, original, seen), tuple(faults))


def _all_failed(plate: Plate, why: str) -> list[LineVerdict]:
    return [LineVerdict(plate, number, line, "DICOM", False, why) for number, line in enumerate(plate.lines, 1)]


def _shares_changed(plate: Plate, original: Decoded, seen: Decoded) -> tuple[float, float]:
    differs, shape = changed(original, seen, plate.case.syntax.lossy), original.values.shape[1:3]
    names, measures = may_change(plate, shape), around(plate.lines, shape)
    return float(differs[:, ~names].mean()), float(differs[:, ~(names | measures)].mean())


def _line(plate: Plate, number: int, carrier: str, original: Array, seen: Mapping[int, Array]) -> LineVerdict:
    """A line in the frames that it was drawn into, as far as they were seen; of secrets no letter may be left in any."""
    line = plate.lines[number - 1]
    letters = line.secret_letters if line.identifying else tuple(one for one in line.letters if one[0].isalnum())
    frames = [index for index in (line.frames or range(len(original))) if index in seen]
    left = {index: letters_left(line, letters, original[index], seen[index]) for index in frames}
    if line.identifying:
        wrong = {index: f"{there} of {asked} letters" for index, (there, asked) in left.items() if there}
    else:
        wrong = {
            index: f"{asked - there} of {asked} letters gone" for index, (there, asked) in left.items() if there < asked
        }
    return LineVerdict(plate, number, line, carrier, not wrong, _said(wrong))


def _said(wrong: Mapping[int, str]) -> str:
    by_fault: dict[str, list[str]] = {}
    for index, what in sorted(wrong.items()):
        by_fault.setdefault(what, []).append(str(index + 1))
    return "; ".join(f"{what} in frame {', '.join(frames)}" for what, frames in by_fault.items())


def _judged_pictures(
    plates: tuple[Plate, ...], source: Path, rows: Mapping[str, int], folder: Path
) -> list[LineVerdict]:
    """The same lines in pictures and containers: whatever was written of a file, and nothing where nothing was."""
    found: dict[tuple[int, str], dict[int, Picture]] = {}
    for one in pictures(folder):
        if one.sop_instance_uid in rows:
            found.setdefault((rows[one.sop_instance_uid], one.carrier), {})[one.frame_index] = one
    verdicts = []
    for (row, carrier), frames in sorted(found.items(), key=lambda one: one[0]):
        plate = plates[row]
        original = decoded(pydicom.dcmread(source / plate.relative))
        reference = original.values if carrier == "HDF5" else _eight_bit(original, plate)
        seen = {index: one.pixels for index, one in frames.items()}
        if any(one.shape[:2] != reference.shape[1:3] for one in seen.values()):
            verdicts += [
                LineVerdict(plate, n, line, carrier, False, "another shape") for n, line in enumerate(plate.lines, 1)
            ]
            continue
        numbers = range(1, len(plate.lines) + 1)
        verdicts += [_line(plate, number, carrier, reference, seen) for number in numbers]
    return verdicts


def _eight_bit(original: Decoded, plate: Plate) -> Array:
    """Greys of more bits on the scale of eight, as far as steps are compared."""
    if plate.case.storage.colour:
        return original.colours
    return np.asarray(original.values / 2.0 ** max(min(plate.case.storage.bits_stored, 12) - 8, 0))
