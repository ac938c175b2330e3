"""Which output belongs to which input: by the file's name where a program keeps it, else by the Instance Number.

The planter gives every file of a corpus another Instance Number. It names nobody, it is in no profile's table, and so it
is in every output; a program that drops it and renames its files has its outputs counted as missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import FileDataset

from tests.benchmarks.deid.answers import Entry
from tests.benchmarks.deid.index import index, read


@dataclass(frozen=True, slots=True)
class Written:
    """A DICOM file that a program wrote."""

    path: Path
    relative: str
    content: bytes = field(repr=False)
    dataset: FileDataset = field(repr=False)
    elements: dict[str, str] = field(repr=False)


def neutral_name(row: int) -> str:
    """The name of a file that says nothing but its number: for programs that leave names to who calls them."""
    return f"{row:04}.dcm"


def written(folder: Path) -> list[Written]:
    """Every DICOM file below a folder."""
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        content = path.read_bytes()
        dataset = read(content) if content[128:132] == b"DICM" else None
        if dataset is not None:
            found.append(Written(path, path.relative_to(folder).as_posix(), content, dataset, index(dataset)))
    return found


def pair(entries: Iterable[Entry], outputs: Iterable[Written]) -> dict[int, Written]:
    """The output of each row; of several the first."""
    by_name: dict[str, Written] = {}
    by_number: dict[str, Written] = {}
    for one in outputs:
        by_name.setdefault(one.relative, one)
        by_number.setdefault(one.elements.get("<(0020,0013)>", ""), one)
    found = {}
    for entry in entries:
        match = (
            by_name.get(entry.relative)
            or by_name.get(neutral_name(entry.row))
            or by_number.get(str(entry.instance_number))
        )
        if match is not None:
            found[entry.row] = match
    return found
