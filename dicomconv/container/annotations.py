"""Adds an annotation set to a container: a new complete file beside it, verified, that takes its place."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import h5py

from dicomconv.annotation import AnnotationSet, Region
from dicomconv.container import schema
from dicomconv.container.annotation_sets import StoredSet
from dicomconv.container.footer import look_at_footer, write_footer
from dicomconv.container.inplace import put_in_place, temporary_beside
from dicomconv.container.parts import footing_faults
from dicomconv.container.reader import Container, open_container
from dicomconv.container.room import divert, release, reserve, system_error
from dicomconv.container.set_checks import Sizes, check_set, checked_regions
from dicomconv.container.set_faults import set_faults
from dicomconv.container.set_writer import write_set
from dicomconv.container.user_block import BUFFER, set_user_block, user_block_length
from dicomconv.container.verify import verify
from dicomconv.errors import UsageError, VerificationFailed

Change = Callable[[h5py.File], None]


def add_set(path: Path, one: AnnotationSet, regions: Iterable[Region] | None = None) -> None:
    """Add a set to the container; the sets that are there, and a seal, stay as they are.

    `regions`: instead of those of the set, one by one in the order of their frames, where memory does not hold them all.
    UsageError if the name is taken or the set is none of this container; VerificationFailed if the container is damaged.
    Whatever goes wrong, the file is then as it was.
    """
    path = Path(path).resolve()  # what is replaced is the file, not a link to it
    with _alone(path.parent):
        with open_container(path) as container:
            sizes, root_sha256 = sizes_of(container), container.root_sha256.hex()
            check_set(one, sizes)
            if one.name in container.annotations:
                raise UsageError(f"{path} has an annotation set {one.name} already; sets are never changed, take another name")
        ordered = sorted(one.regions, key=lambda region: region.key) if regions is None else regions
        checked = checked_regions(one, ordered, sizes)
        _replace(path, lambda file: write_set(file, one, checked, sizes, root_sha256))


def carry_sets(source: Path, target: Path) -> None:
    """Copy all sets of a container into another of the same frames, which nobody uses yet and has no seal.

    VerificationFailed if they are damaged, or of other frames; `target` is then of no use.
    """
    with open_container(source) as container:
        root_sha256, sizes = container.root_sha256.hex(), sizes_of(container)
        for one in container.annotations.values():
            append(target, partial(_copy_set, one=one, sizes=sizes, root_sha256=root_sha256))
        with open_container(target) as copied:
            faults = set_faults(copied)
            if not faults and _digests(copied) != _digests(container):
                faults = [f"{schema.ANNOTATIONS}: not what was stored"]
    if faults:
        raise VerificationFailed(str(source), tuple(faults))


def _copy_set(file: h5py.File, one: StoredSet, sizes: Sizes, root_sha256: str) -> None:
    """Write a set again, so that the same sets give the same bytes; one of a later version is copied as it is."""
    if one.version != schema.ANNOTATION_VERSION:
        one.copy_to(file)
    else:
        write_set(file, one.without_regions(), one.regions(), sizes, root_sha256)


def _digests(container: Container) -> list[tuple[str, str]]:
    return [(one.name, one.sha256) for one in container.annotations.values()]


def sizes_of(container: Container) -> Sizes:
    """Frames, rows and columns of each stack."""
    return [(len(stack), stack.format.rows, stack.format.columns) for stack in container.stacks]


def _replace(path: Path, change: Change) -> None:
    """Change a copy of a container, verify it, and give it the name. UsageError if it cannot be written."""
    footing = look_at_footer(path)
    with open_container(path) as container:
        faults = footing_faults(footing, container.file) if footing and not footing.is_missing else []
    if faults:
        raise VerificationFailed(str(path), tuple(faults))
    temporary, before = temporary_beside(path), path.stat()
    try:
        start = user_block_length(path) or 0
        _copy(path, temporary, start)
        append(temporary, change)
        if start:
            set_user_block(temporary, block(path, start))
        if faults := verify(temporary):
            raise VerificationFailed(str(path), tuple(faults))
        if _state(path.stat()) != _state(before):
            raise UsageError(f"{path} was changed by another program meanwhile; try again")
        put_in_place(temporary, path)
    except (OSError, RuntimeError) as error:
        number = system_error(error) or getattr(error, "errno", 0) or 0
        reason = os.strerror(number).lower() if number else "an error of HDF5"
        raise UsageError(f"{path} cannot be written ({reason}); it is as it was") from None
    finally:
        temporary.unlink(missing_ok=True)


def _copy(path: Path, temporary: Path, start: int) -> None:
    """Copy a container without what stands in front: HDF5 would note in the file how long that is."""
    with path.open("rb") as old, temporary.open("wb") as new:
        old.seek(start)
        shutil.copyfileobj(old, new, BUFFER)
    shutil.copymode(path, temporary)


def block(path: Path, stop: int) -> Iterator[bytes]:
    """The first bytes of a file, in pieces."""
    with path.open("rb") as file:
        while piece := file.read(min(BUFFER, stop - file.tell())):
            yield piece


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def append(path: Path, change: Change) -> None:
    """Change a file through HDF5 and write its footer anew. OSError if there is no room for it."""
    file, is_done = h5py.File(path, "r+", libver=schema.LIBVER, locking="best-effort"), False
    try:
        change(file)
        reserve(file, 0)
        is_done = True
    finally:
        if not is_done:
            divert(file)
        file.close()
    write_footer(path)
    release(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else here adds a set in the same folder meanwhile, so that of two that come at a time both stay.

    Where a system or a file system has no such locks, that the file was changed meanwhile is noticed at the end.
    """
    descriptor = -1
    with suppress(OSError):
        if sys.platform != "win32":
            import fcntl

            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)
