"""The real files that come with pydicom's wheel: they were written by scanners, not by us."""

from functools import cache
from pathlib import Path

import pydicom

from dicomconv.errors import DicomconvError
from dicomconv.part10 import split

FOLDER = Path(pydicom.__file__).parent / "data"


@cache
def paths() -> tuple[Path, ...]:
    """Every file there, DICOM or not."""
    return tuple(sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")))


@cache
def readable() -> tuple[Path, ...]:
    """Those that are taken apart without an error."""
    return tuple(path for path in paths() if _is_readable(path))


def _is_readable(path: Path) -> bool:
    try:
        split(path)
    except DicomconvError:
        return False
    return True
