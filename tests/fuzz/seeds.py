"""The files that are mutated: those of pydicom's wheel, by name, and made-up ones. Nothing of the package makes them."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pydicom

from tests import make
from tests.archives.pack import KINDS, gzipped, packed

FOLDER = Path(pydicom.__file__).parent / "data"
LARGEST = 300_000
MADE: dict[str, Callable[[], bytes]] = {
    "made ct": lambda: make.ct_slice(rows=6, columns=5),
    "made frames": lambda: make.multiframe(),
    "made report": lambda: make.structured_report(),
    "made rle": lambda: make.encapsulated(make.ramp(4, 5, 3, dtype="uint8")),
    "made implicit": lambda: make.raw_dataset(*make.minimal("implicit"), encoding="implicit"),
}
MEMBERS = {
    "DOE^JANE/IM1": make.ct_slice(rows=6, columns=5),
    "DOE^JANE/IM2": make.ct_slice(rows=60, columns=50),
    "x": b"text",
}
ARCHIVES: dict[str, Callable[[], bytes]] = {
    **{kind: partial(packed, kind, MEMBERS) for kind in KINDS},
    "a.dcm.gz": lambda: gzipped(MEMBERS["DOE^JANE/IM2"]),
    "two streams.gz": lambda: gzipped(MEMBERS["DOE^JANE/IM2"][:900]) + gzipped(MEMBERS["DOE^JANE/IM2"][900:]),
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
    made = MADE | ARCHIVES
    return made[name]() if name in made else wheel()[name].read_bytes()
