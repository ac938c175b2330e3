"""Frames as picture files: drawn, brought to the size that a layout has, and encoded, in several processes.

What else a layout makes of each picture is made there too, as soon as the picture is drawn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Literal, TypeVar

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from dicomconv.container.reader import Container, open_container
from dicomconv.errors import Undecodable
from dicomconv.execute import executor, run_all
from dicomconv.export import tiff
from dicomconv.export.equalized import equalized
from dicomconv.export.rows import Row
from dicomconv.export.samples import write_at
from dicomconv.frame_image import image_of_frame, range_of_series
from dicomconv.pixels import png
from dicomconv.pixels.square import IDENTITY, Matrix, square_of
from dicomconv.render import WindowChoice, is_colour
from dicomconv.workers.faults import Fault

Made = TypeVar("Made")
Kind = Literal["png", "jpeg", "tiff", "raw"]
FEWEST, MOST, ROUNDS = 50, 250, 4  # pictures of a job, and how many jobs a process has, so that none waits for the last
ATTEMPTS = 2  # more of them, of a job whose process was ended
LONGEST = 65_500  # pixels a side that libjpeg writes


@dataclass(frozen=True, slots=True)
class Look:
    """How pictures look. `window`: of grey frames; None: the rendering of MIMIC-CXR-JPG. `size`: of a square; 0: as they are.

    `kind`: raw is nothing but the samples, of all pictures, 8 bits and of one `size`, in one file (see `samples`). `channels`: 3
    has grey ones as RGB. `quality`: of JPEG.
    """

    window: WindowChoice | None
    kind: Kind = "png"
    size: int = 0
    depth: Literal[8, 16] = 8
    channels: Literal[1, 3] = 1
    quality: int = 95


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame and the file of its picture, relative to the export. `place`: which picture of a raw file it is, 0-based."""

    row: Row
    file: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a shot: columns and rows of its picture, where its pixels lie in the stored ones; or why there is none.

    `in_colours`: not by a window.
    """

    shot: Shot
    size: tuple[int, int] = (0, 0)
    png_to_stored: Matrix = IDENTITY
    largest_error: int = 0
    in_colours: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Job:
    """Shots of one container. `attempt`: how often its process was ended by somebody from outside."""

    folder: Path
    look: Look
    shots: tuple[Shot, ...]
    beside: Callable[[Container], Callable[[Taken], Any]]
    attempt: int = 0


def take(shots: Iterable[Shot], look: Look, folder: Path, jobs: int) -> list[Taken]:
    """Draw them all below a folder; in the order of the shots. A frame that cannot be drawn has a reason instead."""
    return [taken for taken, _ in take_with(shots, look, folder, jobs, _nothing)]


def _nothing(_: Container) -> Callable[[Taken], None]:
    return lambda _: None


def take_with(
    shots: Iterable[Shot], look: Look, folder: Path, jobs: int, beside: Callable[[Container], Callable[[Taken], Made]]
) -> list[tuple[Taken, Made | None]]:
    """As `take`, with what is made beside each picture; None where there is none.

    `beside`: gives what makes it of the pictures of a container; it and its results can be pickled.
    """
    shots = list(shots)
    work = [_Job(folder, look, some, beside) for some in _batches(shots, min(max(len(shots) // (ROUNDS * jobs), FEWEST), MOST))]
    for parent in sorted({folder / Path(shot.file).parent for job in work for shot in job.shots}):
        parent.mkdir(parents=True, exist_ok=True)
    found: dict[_Job, Any] = {}
    is_small = jobs == 1 or len(work) == 1
    name = "serial" if is_small else f"processes:{jobs}"
    with executor(name, "dicomconv.export.pictures", remedy=_once_more) as engine:
        if run_all(engine, _draw_all, work, found.__setitem__):
            raise KeyboardInterrupt
    for job in work:
        if isinstance(failed := found[job], BaseException):
            raise failed
    return [one for job in work for one in found[job]]


def _once_more(job: _Job, fault: Fault) -> _Job | None:
    """The job again, which writes the same, if its process was ended by somebody who need not have meant it."""
    return replace(job, attempt=job.attempt + 1) if fault.may_be_from_outside and job.attempt < ATTEMPTS else None


def _batches(shots: Iterable[Shot], size: int) -> Iterator[tuple[Shot, ...]]:
    """The shots of each container in order, so many at a time."""
    for _, group in groupby(shots, key=lambda shot: shot.row.container):
        while batch := tuple(islice(group, size)):
            yield batch


def _draw_all(job: _Job) -> list[tuple[Taken, Any]]:
    with open_container(job.shots[0].row.container) as container:
        series_range, beside = range_of_series(container), job.beside(container)
        taken = (_draw(container, shot, job, series_range) for shot in job.shots)
        return [(one, None if one.reason else beside(one)) for one in taken]


def _draw(container: Container, shot: Shot, job: _Job, series_range: tuple[float, float] | None) -> Taken:
    try:
        image, matrix = picture_of(container, shot.row, job.look, series_range)
        in_colours = image.ndim == 3
        if job.look.channels == 3 and not in_colours:
            image = np.stack([image] * 3, axis=-1)
        differs = write_picture(job.folder / shot.file, image, job.look, _spacing(shot.row, matrix), shot.place)
    except Undecodable as error:
        return Taken(shot, reason=str(error))
    return Taken(shot, (image.shape[1], image.shape[0]), matrix, differs, in_colours)


def picture_of(
    container: Container, row: Row, look: Look, series_range: tuple[float, float] | None
) -> tuple[NDArray[Any], Matrix]:
    """The picture of a frame, (rows, columns) or (rows, columns, 3), and where its pixels lie in the stored ones."""
    stack = container.stacks[row.stack]
    if look.window is None and not is_colour(stack.format):
        image: NDArray[Any] = equalized(stack, row.frame)
    else:
        image = image_of_frame(stack, row.frame, look.window, series_range, depth=look.depth)
    matrix = IDENTITY
    if look.size:
        square = square_of(image.shape[0], image.shape[1], look.size)
        image, matrix = square.resampled(image), square.png_to_stored
    return image, matrix


def _spacing(row: Row, matrix: Matrix) -> tuple[float, float] | None:
    """Between rows and columns of the picture, mm."""
    return (row.pixel_spacing[0] * matrix[4], row.pixel_spacing[1] * matrix[0]) if row.pixel_spacing else None


def write_picture(
    path: Path, image: NDArray[Any], look: Look, spacing: tuple[float, float] | None, place: int = 0
) -> int:
    """Write a picture; by how much the most different sample differs when it is read again: 0 but for JPEG.

    Undecodable if it is larger than a JPEG can be.
    """
    if look.kind == "png":
        path.write_bytes(png.encode(image, spacing))
        return 0
    if look.kind == "tiff":
        path.write_bytes(tiff.encode(image, spacing))
        return 0
    if look.kind == "raw":
        shape = (look.size, look.size, 3)[: 2 + (look.channels == 3)]
        if image.shape != shape:
            raise Undecodable("it is drawn in colours, and the others are not")
        write_at(path, place, image, shape)
        return 0
    if max(image.shape[:2]) > LONGEST:
        raise Undecodable(f"a JPEG has at most {LONGEST} pixels a side")
    encoded = imagecodecs.jpeg8_encode(np.ascontiguousarray(image), level=look.quality, subsampling="444")
    path.write_bytes(encoded)
    read = imagecodecs.jpeg8_decode(encoded)
    return int((np.maximum(read, image) - np.minimum(read, image)).max())


def reasons(taken: Sequence[Taken]) -> list[str]:
    """Why frames have no picture, each reason once with how many it is of."""
    found: dict[str, int] = {}
    for one in taken:
        if one.reason:
            found[one.reason] = found.get(one.reason, 0) + 1
    return [f"{count} image{'s' * (count > 1)}: {reason}" for reason, count in sorted(found.items())]

