"""Files of volumes: what is in each, and how they are written, several at a time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotation import Label
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.reader import open_container
from dicomconv.container.set_frames import unpacked
from dicomconv.container.uniform import Uniform, uniform
from dicomconv.errors import UsageError
from dicomconv.execute import executor, run_all
from dicomconv.export import mha_file, nifti_file, nrrd_file, seg_nrrd_file
from dicomconv.export.nifti_values import Storage, frames_of, storage_together
from dicomconv.export.volumes import Volume

Values = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file of modality values; a channel for each volume. `place`: whose geometry is written, else that of the first."""

    file: str
    channels: tuple[Volume, ...] = field(repr=False)
    compress: bool = False
    place: Volume | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A file of labels, as they are written. `values`: of a label in the annotation set, and in the file; others are 0."""

    file: str
    volume: Volume = field(repr=False)
    annotations: str
    labels: tuple[Label, ...] = field(repr=False)
    values: tuple[tuple[int, int], ...]
    compress: bool = False
    place: Volume | None = field(default=None, repr=False)


VolumeFile = ImageFile | LabelFile


@dataclass(frozen=True, slots=True)
class _Job:
    folder: Path
    content: VolumeFile


class _Form(Protocol):
    """A module that writes files."""

    def write(
        self, out: BinaryIO, volume: Uniform, storage: Storage, frames: Iterable[NDArray[Any]], *,
        channels: int = 1, labels: Sequence[Label] = (), compress: bool = False,
    ) -> None:  # fmt: skip
        """Write header and voxels; `frames` come one by one, (rows, columns), the slices of the first channel first."""


FORMS: dict[str, Any] = {".nii": nifti_file, ".nii.gz": nifti_file, ".nrrd": nrrd_file, ".mha": mha_file}


def write_files(files: Iterable[VolumeFile], folder: Path, jobs: int) -> dict[str, np.dtype[Any]]:
    """Write them all below a folder; of each the type of its values. The first that cannot be written raises."""
    work = [_Job(folder, one) for one in files]
    for parent in sorted({(folder / job.content.file).parent for job in work}):
        parent.mkdir(parents=True, exist_ok=True)
    found: dict[_Job, Any] = {}
    is_small = jobs == 1 or len(work) < 2
    with executor("serial" if is_small else f"processes:{jobs}", "dicomconv.export.volume_files") as engine:
        if run_all(engine, _write, work, found.__setitem__):
            raise KeyboardInterrupt
    for job in work:
        if isinstance(failed := found[job], BaseException):
            raise failed
    return {job.content.file: np.dtype(found[job]) for job in work}


def _write(job: _Job) -> str:
    path = job.folder / job.content.file
    try:
        with path.open("wb") as out:
            return _write_image(out, job.content) if isinstance(job.content, ImageFile) else _write_labels(out, job.content)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be written ({(error.strerror or 'error').lower()})") from None


def _form(name: str) -> _Form:
    found: _Form = next(form for suffix, form in FORMS.items() if name.endswith(suffix))
    return found


def _write_image(out: BinaryIO, content: ImageFile) -> str:
    with ExitStack() as opened:
        grids = [
            _grid(uniform(opened.enter_context(open_container(one.container)).stacks[one.stack])) for one in content.channels
        ]
        has_scale = _form(content.file) is nifti_file and len(grids) == 1
        storage = storage_together([grid.stack for grid in grids], has_scale=has_scale)
        frames = (frame for grid in grids for frame in frames_of(grid, storage))
        place, count = _at(grids[0], content.place), len(grids)
        _form(content.file).write(out, place, storage, frames, channels=count, compress=content.compress)
    return storage.dtype.str


def _grid(found: Uniform | str) -> Uniform:
    if isinstance(found, str):
        raise UsageError(f"a container was changed while it was exported: {found}")
    return found


def _at(grid: Uniform, place: Volume | None) -> Uniform:
    """A volume with the very geometry of another on its grid."""
    return replace(grid, affine_lps=np.reshape(place.affine_lps, (4, 4))) if place else grid


def _write_labels(out: BinaryIO, content: LabelFile) -> str:
    with open_container(content.volume.container) as container:
        grid = _grid(uniform(container.stacks[content.volume.stack]))
        drawn = container.annotations[content.annotations]
        if content.file.endswith(".seg.nrrd"):
            seg_nrrd_file.write(out, grid, drawn, compress=content.compress)
            return "|u1"
        largest = max((value for _, value in content.values), default=0)
        storage = Storage(np.dtype("<u2" if largest > 255 else "u1"))
        frames = label_frames(drawn, grid, content.values, storage.dtype)
        place = _at(grid, content.place)
        _form(content.file).write(out, place, storage, frames, labels=content.labels, compress=content.compress)
    return storage.dtype.str


def label_frames(drawn: StoredSet, grid: Uniform, values: Values, dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    """Each slice with the values that labels have in the file; where kept labels overlap, the one that comes first."""
    labelmap, overlaps = drawn.labelmaps[grid.stack.index], drawn.overlaps_of(grid.stack.index)
    new = np.zeros(1 << 16, dtype)
    for old, value in values:
        new[old] = value
    for frame in grid.frames:
        found = new[np.asarray(labelmap[frame])]
        for one in overlaps.get(frame, ()):
            found[unpacked(one, found.shape) & (found == 0)] = new[one.label]
        yield found
