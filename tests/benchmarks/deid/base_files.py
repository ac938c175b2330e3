"""The real files that come with pydicom's wheel, which the plants are put into."""

import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

WHEEL = Path(pydicom.__file__).parent / "data"
NOT_OBJECTS = (
    "DICOMDIR",  # directories: one is made anew with the plants in it
    "truncated",  # ends in the middle of a value
    "badVR",  # breaks off at an element with no VR
    "meta_missing",  # says nothing of its transfer syntax
    "no_meta",  # as before
    "NoMeta",  # as before
    "UN_sequence",  # data sets without a SOP class: not instances
    "priv_SQ",
    "nested_priv_SQ",
    "chrSQEncoding",
    "empty_charset",
)


@dataclass(frozen=True, slots=True)
class BaseFile:
    """A readable file of the wheel, and whose it was before."""

    path: Path
    name: str
    group: str


@cache
def base_files() -> tuple[BaseFile, ...]:
    """Every file of the wheel that is an instance, in the order of their names."""
    found = []
    for path in sorted(WHEEL.rglob("*"), key=lambda one: one.relative_to(WHEEL).as_posix()):
        if not path.is_file() or any(part in str(path.relative_to(WHEEL)) for part in NOT_OBJECTS):
            continue
        dataset = _instance(path)
        if dataset is not None:
            found.append(BaseFile(path, path.relative_to(WHEEL).as_posix(), _group(dataset, path)))
    return tuple(found)


def _instance(path: Path) -> FileDataset | None:
    if path.suffix in (".py", ".pyc", ".json", ".md", ".txt"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # real files have their faults
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
        except (InvalidDicomError, EOFError, NotImplementedError):
            return None
    is_patients = "PatientID" in dataset or "StudyInstanceUID" in dataset
    return dataset if is_patients and UID(dataset.get("SOPClassUID", "")).is_valid else None


def _group(dataset: FileDataset, path: Path) -> str:
    """Files of one patient stay files of one patient; who has no ID is known by his study."""
    return str(dataset.get("PatientID") or dataset.get("StudyInstanceUID") or path.name)


def choose(count: int | None, seed: int) -> tuple[BaseFile, ...]:
    """All files, or so many of them spread over the whole list."""
    files = base_files()
    if count is None or count >= len(files):
        return files
    return tuple(files[(seed + number * len(files) // count) % len(files)] for number in range(count))
