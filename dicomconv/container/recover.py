"""Give the de-identified files back, byte for byte: each is hashed before it gets its name, and all come or none."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import h5py

from dicomconv.container.columns import READ_ERRORS, read_text
from dicomconv.container.digest import root_digest
from dicomconv.container.inplace import temporary_beside
from dicomconv.container.rebuild import Chunk, Instance, Kept, file_chunks
from dicomconv.container.schema import ROOT_SHA256, Piece
from dicomconv.errors import VerificationFailed

WORKERS = 2  # beyond that, HDF5's lock is what they would wait for
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


class Recoverable(Kept, Protocol):
    """An open container."""

    path: Path

    @property
    def file(self) -> h5py.File:
        """The HDF5 file."""

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The rows of /instances."""

    @property
    def recipes(self) -> tuple[tuple[Piece, ...], ...]:
        """Of each instance, the pieces of its file."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The file of one instance as a container keeps it. `name`: what to call it."""

    name: str
    instance: Instance
    recipe: tuple[Piece, ...] = field(repr=False)
    container: Recoverable = field(repr=False)

    def chunks(self) -> Iterator[Chunk]:
        """The bytes of the file, piece by piece; VerificationFailed at their end if they are not what was packed."""
        digest = hashlib.sha256()
        try:
            for chunk in file_chunks(self.container, self.recipe):
                digest.update(chunk)
                yield chunk
        except READ_ERRORS:
            raise self._failed("cannot be read") from None
        if digest.digest() != self.instance.sha256:
            raise self._failed("is not what was packed")

    def _failed(self, fault: str) -> VerificationFailed:
        return VerificationFailed(str(self.container.path), (f"instance {self.instance.index}: its file {fault}",))


def recover(container: Recoverable) -> Iterator[Recovered]:
    """The files of a container in the order in which they were packed. Its root digest is checked first."""
    try:
        is_sound = root_digest(container.file).hex() == read_text(container.file, ROOT_SHA256)
        instances, recipes = container.instances, container.recipes
    except READ_ERRORS:
        is_sound = False
    if not is_sound:
        raise VerificationFailed(str(container.path), ("root digest: the tables are not what was packed",))
    for name, instance, recipe in zip(file_names(instances), instances, recipes, strict=True):
        yield Recovered(name, instance, recipe, container)


def file_names(instances: Sequence[Instance]) -> list[str]:
    """`<SOP Instance UID>.dcm`; where that is not a UID, or there already, the instance's number instead."""
    names: dict[str, None] = {}
    for instance in instances:
        uid = instance.sop_instance_uid
        name = f"{uid}.dcm" if _UID.fullmatch(uid) and len(uid) <= 64 else ""
        names[name if name and name not in names else f"instance_{instance.index + 1:04d}.dcm"] = None
    return list(names)


def recover_to(container: Recoverable, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the files of all instances into a folder and give their paths; on VerificationFailed there are none."""
    files, folder = list(recover(container)), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / file.name for file in files]
    temporaries = [temporary_beside(path) for path in paths]
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(_write, files, temporaries))
        for temporary, path in zip(temporaries, paths, strict=True):
            temporary.replace(path)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
    return paths


def _write(recovered: Recovered, path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for chunk in recovered.chunks():
            file.write(chunk)
