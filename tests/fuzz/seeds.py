"""The files that are mutated: those of pydicom's wheel, by name, and made-up ones. Nothing of the package makes them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pydicom

from tests import make

FOLDER = Path(pydicom.__file__).parent / "data"
LARGEST = 300_000
MADE: dict[str, Callable[[], bytes]] = {
    "made ct": lambda: make.ct_slice(rows=6, columns=5),
    "made frames": lambda: make.multiframe(),
    "made report": lambda: make.structured_report(),
    "made rle": lambda: make.encapsulated(make.ramp(4, 5, 3, dtype="uint8")),
    "made implicit": lambda: make.raw_dataset(*make.minimal("implicit"), encoding="implicit"),
}


@cache
def wheel() -> dict[str, Path]:
    """The files of the wheel that are small enough, by their path below its data."""
    found = (path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    small = (path for path in found if 0 < path.stat().st_size <= LARGEST)
    return {path.relative_to(FOLDER).as_posix(): path for path in sorted(small)}


@cache
def names() -> tuple[str, ...]:
    """Every file that may be mutated."""
    return (*wheel(), *MADE)


@cache
def content(name: str) -> bytes:
    """The bytes of one of them."""
    return MADE[name]() if name in MADE else wheel()[name].read_bytes()
