"""Which part of a container lies where in its file, in words."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

import h5py

from dicomconv.container import schema
from dicomconv.container.columns import READ_ERRORS, read_text
from dicomconv.container.footer import Footing

STRUCTURE = "the structure of the HDF5 file, or room that nothing uses"
MISSING = "the footer is missing: the file was cut short where its HDF5 ends, or changed by another program"


class Extent(NamedTuple):
    """A stretch of the file that holds one chunk, or a dataset that is in one piece."""

    start: int
    stop: int
    name: str
    number: int | None


def footing_faults(footing: Footing, file: h5py.File | None = None, reason: str = "") -> list[str]:
    """What the footer shows, in words; with the parts that are damaged, or the `reason` why the file is not open."""
    places = [footing.place(block) for block in footing.damaged]
    parts = parts_between(file, places) if file and places else [reason] * len(places)
    damaged = [
        f"bytes {start} to {stop} are not what was written: {part}"
        for (start, stop), part in zip(places, parts, strict=True)
    ]
    missing = footing.is_missing and not (file and read_text(file, schema.FORMAT_VERSION) in schema.WITHOUT_FOOTER)
    return [*footing.faults, *[MISSING] * missing, *damaged]


def parts_between(file: h5py.File, places: Iterable[tuple[int, int]]) -> list[str]:
    """For each stretch of the file, what of the container lies in it; as much as can still be read of that."""
    found = list(_readable(file))
    return [_told([one for one in found if one.start < stop and start < one.stop]) for start, stop in places]


def _told(extents: list[Extent]) -> str:
    numbers: dict[str, list[int | None]] = {}
    for one in extents:
        numbers.setdefault(one.name, []).append(one.number)
    named = [f"{name}{_range([n for n in of_name if n is not None])}" for name, of_name in numbers.items()]
    return ", ".join(named) or STRUCTURE


def _range(numbers: list[int]) -> str:
    if not numbers:
        return ""
    least, most = min(numbers), max(numbers)
    return f" {least}" if least == most else f" {least} to {most}"


def _readable(file: h5py.File) -> Iterator[Extent]:
    datasets: list[h5py.Dataset] = []
    with suppress(*READ_ERRORS):
        file.visititems(lambda _, item: datasets.append(item) if isinstance(item, h5py.Dataset) else None)
    for dataset in datasets:
        try:
            yield from _extents(dataset)
        except READ_ERRORS:
            continue


def _extents(dataset: h5py.Dataset) -> list[Extent]:
    name = dataset.name.strip("/")
    if not dataset.chunks:
        start = dataset.id.get_offset()
        size = dataset.id.get_storage_size()
        return [] if start is None else [Extent(start, start + size, name, None)]
    pieces, stacks = name.split("/"), f"{schema.STACKS}/"
    is_frames = name.startswith(stacks) and pieces[-1] == schema.PIXELS
    is_labelmap = name.startswith(f"{schema.ANNOTATIONS}/") and pieces[-1] == schema.LABELMAP
    told = f"stack {pieces[1]} frame" if is_frames else f"{name} frame" if is_labelmap else f"{name}, from row"
    found: list[Extent] = []
    dataset.id.chunk_iter(
        lambda one: found.append(
            Extent(one.byte_offset, one.byte_offset + one.size, told, one.chunk_offset[0])
        )
    )
    return found
