"""A folder that is written under another name, or inside of itself, and has what was written when everything is there."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from dicomconv.errors import UsageError
from dicomconv.export.ledger import NAME as LEDGER
from dicomconv.sync import sync_files, sync_folder
from dicomconv.temporary import mark, writer_of


@contextmanager
def staged(folder: Path, existing: Literal["error", "overwrite"]) -> Iterator[Path]:
    """A new folder to write to, whose content is that of `folder` when all went well, and that leaves nothing behind else.

    A folder that is there stays the same folder: it may be a mount, or where somebody stands. UsageError if it holds
    something already: an export that was made before is replaced if `existing` says so, anything else never is.
    """
    folder = folder.resolve()  # a link stands for where it leads
    _check(folder, existing)
    is_there, missing = folder.is_dir(), [parent for parent in folder.parents if not parent.exists()]
    stage = folder / f".export{mark()}" if is_there else folder.with_name(f"{folder.name}{mark()}")
    try:
        stage.mkdir(parents=True)
        yield stage
        sync_files([path for path in stage.rglob("*") if path.is_file()])
        if is_there:
            _exchange(stage, folder)
        else:
            stage.rename(folder)
            sync_folder(folder.parent)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({(error.strerror or 'error').lower()})") from None
    finally:
        _remove(stage)
        for parent in missing:  # that nothing came into
            with suppress(OSError):
                parent.rmdir()


def _check(folder: Path, existing: Literal["error", "overwrite"]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder to write to")
    if not any(_content(folder)):
        return
    if not (folder / LEDGER).is_file():
        raise UsageError(f"{folder} holds other files; export to a folder that is not there yet")
    if existing != "overwrite":
        raise UsageError(f"{folder} holds an export already; use --existing overwrite, or another folder")


def _content(folder: Path) -> list[Path]:
    """What is in a folder but what exports have there while they are written."""
    return [path for path in folder.iterdir() if not writer_of(path.name)]


def _exchange(stage: Path, folder: Path) -> None:
    """Have what is in the stage in the folder around it, in place of the export that was there; the ledger comes last."""
    old = folder / f".old{mark()}"
    before, new = _content(folder), sorted(stage.iterdir(), key=lambda path: path.name == LEDGER)
    moves = [*((path, old / path.name) for path in before), *((path, folder / path.name) for path in new)]
    is_done = False
    old.mkdir()
    try:
        for source, target in moves:
            source.rename(target)
        sync_folder(folder)
        is_done = True
    finally:
        if not is_done:
            _take_back(moves)
            old.rmdir()
    _remove(old)


def _take_back(moves: Iterable[tuple[Path, Path]]) -> None:
    for source, target in reversed(list(moves)):
        if not source.exists() and target.exists():
            target.rename(source)


def _remove(folder: Path) -> None:
    """Remove a folder with all that is in it, to the end even if an interrupt comes meanwhile."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
