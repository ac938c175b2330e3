"""Where an element stands, written as MIDI-B writes it: `<(0040,0275)>[<0000>]<(0040,0007)>`."""

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag


def step(tag: int, creator: str | None = None) -> str:
    """One element of a path; a private one by its creator."""
    group, element = tag >> 16, tag & 0xFFFF
    if creator is not None:
        return f'<({group:04x},"{creator.upper()}",{element & 0xFF:02x})>'
    return f"<({group:04x},{element:04x})>"


def step_of(dataset: Dataset, tag: BaseTag) -> str:
    """The step of an element of a data set; private ones under the creator that their block has there."""
    if not tag.is_private or tag.is_private_creator:
        return step(int(tag))
    creator = dataset.get((tag.group, tag.element >> 8))
    return step(int(tag), None if creator is None else text(creator))


def item(number: int) -> str:
    """The item of a sequence, counted from zero."""
    return f"[<{number:04}>]"


def text(element: DataElement) -> str:
    """The value of an element as text."""
    value = element.value
    return "" if value is None else str(value).strip()
