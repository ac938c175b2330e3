"""Containers as NIfTI-1: a volume each, and a label map of an annotation set beside it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np

from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.inplace import complete_file
from dicomconv.container.reader import Container, open_container
from dicomconv.container.uniform import Uniform, uniform
from dicomconv.errors import DicomconvError, NotAContainer, UsageError, VerificationFailed
from dicomconv.export.nifti_file import write
from dicomconv.export.nifti_header import nibabel
from dicomconv.export.nifti_values import Storage, frames_of, storage_of
from dicomconv.export.volumes import COLOURS, LARGEST_SIDE, TOO_LARGE
from dicomconv.render import is_colour

Existing = Literal["error", "skip", "overwrite"]
PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class _Choices:
    """What `export_nifti` was asked for."""

    annotations: str
    compress: bool
    existing: Existing


@dataclass(slots=True)
class Exported:
    """What became of it: files written, files that were there, and in sentences what was not written or not all there."""

    written: list[Path] = field(default_factory=list)
    there: list[Path] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def export_nifti(
    containers: PathLike | Iterable[PathLike], folder: PathLike, *,
    annotations: str = "", compress: bool = False, existing: Existing = "error",
) -> Exported:  # fmt: skip
    """Write every stack that is a regular volume as <series>.nii, modality values, and its labels beside it.

    `annotations`: the name of a set, empty for none. `compress`: as .nii.gz. `existing`: what becomes of files that are
    there already. What is no such volume is left out with a reason, the others go on. The affine is that of the container
    in RAS, as sform and as qform. UsageError if nibabel is missing or the folder cannot be written to.
    """
    if existing not in get_args(Existing):
        raise UsageError(f"existing is one of {', '.join(get_args(Existing))}")
    choices, folder = _Choices(annotations, compress, existing), Path(folder)
    paths = [containers] if isinstance(containers, str | os.PathLike) else containers
    nibabel()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({(error.strerror or 'error').lower()})") from None
    done, taken = Exported(), set[Path]()
    for path in map(Path, paths):
        try:
            with open_container(path) as container:
                _Series(container, folder, choices, done, taken).export()
        except (NotAContainer, VerificationFailed) as error:
            done.refused.append(str(error))
        except UsageError:
            raise
        except DicomconvError as error:
            done.refused.append(f"{path}: {error}")
    return done


@dataclass(frozen=True, slots=True)
class _Series:
    """A container that is being exported. `taken`: the names given in this run."""

    container: Container
    folder: Path
    choices: _Choices
    done: Exported
    taken: set[Path]

    def export(self) -> None:
        stacks = self.container.stacks
        if not stacks:
            self._refuse("there are no frames in it")
        for index, stack in enumerate(stacks):
            where = f"stack {index}: " if len(stacks) > 1 else ""
            volume = COLOURS if is_colour(stack.format) else uniform(stack)
            if isinstance(volume, str) or max(volume.size) > LARGEST_SIDE:
                self._refuse(where + (volume if isinstance(volume, str) else TOO_LARGE))
                continue
            name = (self.container.folder.name or self.container.path.stem) + (f"_{index}" if len(stacks) > 1 else "")
            self._write(name, volume, None)
            if self.choices.annotations:
                self._write_labels(name, volume, where)

    def _refuse(self, reason: str) -> None:
        self.done.refused.append(f"{self.container.path}: {reason}")

    def _write_labels(self, name: str, volume: Uniform, where: str) -> None:
        wanted = self.choices.annotations
        if wanted not in self.container.annotations:
            self._refuse(f"{where}there is no annotation set {wanted} in it")
            return
        labels = self.container.annotations[wanted]
        if not labels.is_of_this_container:
            self._refuse(f"{where}annotation set {wanted} was drawn on other frames than these")
            return
        if labels.overlaps_of(volume.stack.index):
            self.done.notes.append(
                f"{self.container.path}: where labels of {wanted} overlap, the smallest value stands"
            )
        self._write(f"{name}_{wanted}", volume, labels)

    def _write(self, name: str, volume: Uniform, labels: StoredSet | None) -> None:
        path = self.folder / f"{name}.nii{'.gz' * self.choices.compress}"
        if path in self.taken:
            self._refuse(f"another of these containers has the name {path.name}; export it to another folder")
            return
        self.taken.add(path)
        if path.exists() and self.choices.existing != "overwrite":
            if self.choices.existing == "skip":
                self.done.there.append(path)
            else:
                self._refuse(f"{path.name} is there already; use --existing skip or overwrite")
            return
        with complete_file(path) as file:
            _write_volume(file, volume, labels, compress=self.choices.compress)
        self.done.written.append(path)


def _write_volume(out: BinaryIO, volume: Uniform, labels: StoredSet | None, *, compress: bool) -> None:
    if labels is None:
        storage = storage_of(volume.stack)
        write(out, volume, storage, frames_of(volume, storage), compress=compress)
        return
    labelmap = labels.labelmaps[volume.stack.index]
    storage = Storage(np.dtype("<u2" if max(label.value for label in labels.labels) > 255 else "u1"))
    frames = (np.asarray(labelmap[index]).astype(storage.dtype) for index in volume.frames)
    write(out, volume, storage, frames, labels=labels.labels, compress=compress)
