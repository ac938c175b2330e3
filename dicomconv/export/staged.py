"""A folder that is written under another name and gets its own when everything is in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from dicomconv.errors import UsageError
from dicomconv.export.ledger import NAME as LEDGER
from dicomconv.sync import sync_files, sync_folder
from dicomconv.temporary import mark


@contextmanager
def staged(folder: Path, existing: Literal["error", "overwrite"]) -> Iterator[Path]:
    """A new folder to write to, which becomes `folder` when all went well and leaves nothing behind otherwise.

    UsageError if `folder` holds something already: an export that was made before is replaced if `existing` says so,
    anything else never is.
    """
    folder = folder.absolute()
    _check(folder, existing)
    temporary = folder.with_name(f"{folder.name}{mark()}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _put(temporary, folder)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({(error.strerror or 'error').lower()})") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(folder: Path, existing: Literal["error", "overwrite"]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder to write to")
    if not any(folder.iterdir()):
        return
    if not (folder / LEDGER).is_file():
        raise UsageError(f"{folder} holds other files; export to a folder that is not there yet")
    if existing != "overwrite":
        raise UsageError(f"{folder} holds an export already; use --existing overwrite, or another folder")


def _put(temporary: Path, folder: Path) -> None:
    """Give the complete folder its name; an export that was there goes once the new one is on the disk."""
    files = [path for path in temporary.rglob("*") if path.is_file()]
    if files:
        sync_files(files)
    old = folder.with_name(f"{folder.name}.old{mark()}")
    if folder.exists():
        folder.rename(old)
    temporary.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
