"""Sets added to several containers: to all of them, or to none."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dicomconv.temporary import mark


@contextmanager
def all_or_none(paths: Sequence[Path]) -> Iterator[None]:
    """What happens to these files within happens to all of them: if it fails, those that were changed are as before.

    A changed file takes the place of the one before, so that a second name for that keeps it.
    """
    kept: dict[Path, Path] = {}
    is_done = False
    try:
        for path in paths if len(paths) > 1 else ():
            kept[path] = path.with_name(f".{path.name}-before{mark()}")
            _keep(path, kept[path])
        yield
        is_done = True
    finally:
        for path, before in kept.items():
            if not is_done and before.exists() and not (path.exists() and path.samefile(before)):
                before.replace(path)
            before.unlink(missing_ok=True)


def _keep(path: Path, before: Path) -> None:
    try:
        os.link(path, before)
    except OSError:  # a file system without links
        shutil.copy2(path, before)
