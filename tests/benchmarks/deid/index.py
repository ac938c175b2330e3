"""The elements of a file by their paths, as MIDI-B's index has them."""

import warnings
from collections.abc import Iterator
from io import BytesIO

import pydicom
from pydicom.config import disable_value_validation
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset

from tests.benchmarks.deid import paths

NOT_READ = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
REMOVED = "<REMOVED>"


def read(content: bytes) -> FileDataset | None:
    """A file as a data set; none where it cannot be read."""
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(BytesIO(content), force=True)
        except Exception:  # noqa: BLE001 - whatever another program wrote: what cannot be read counts as missing
            return None


def index(dataset: Dataset) -> dict[str, str]:
    """Every element below the pixels, by path, with its value as text."""
    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        return dict(_each(dataset, ""))


def _each(dataset: Dataset, prefix: str) -> Iterator[tuple[str, str]]:
    for tag in sorted(dataset.keys()):
        element = _element(dataset, tag)
        if element is None:
            continue
        path = prefix + paths.step_of(dataset, element.tag)
        yield path, _value(element)
        if element.VR == "SQ":
            for number, item in enumerate(element.value or []):
                yield from _each(item, path + paths.item(number))


def _element(dataset: Dataset, tag: int) -> DataElement | None:
    try:
        return dataset[tag]
    except Exception:  # noqa: BLE001 - a value that cannot be parsed; its bytes are searched by `artefacts`
        return None


def _value(element: DataElement) -> str:
    if int(element.tag) in NOT_READ or (element.tag.group & 0xFF00 == 0x6000 and element.tag.element == 0x3000):
        return REMOVED
    if element.VR == "SQ":
        return f"{len(element.value or [])} items"
    if isinstance(element.value, bytes):
        return element.value.decode("latin-1").strip("\0 ")
    return paths.text(element)
