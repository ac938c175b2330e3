"""Whether every dataset and attribute of the schema is there, of its type and shape."""

from collections.abc import Iterator
from typing import NamedTuple

import h5py

from dicomconv.container import schema
from dicomconv.container.reader import Container


class Expected(NamedTuple):
    """What a dataset has to be: NumPy's name of its type ("S": text of any width) and its shape (None: any)."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


def shape_faults(container: Container) -> list[str]:
    """Datasets, groups and attributes that are missing or of another type or shape."""
    file = container.file
    faults = [f"attribute {name}: missing" for name in schema.ROOT_ATTRIBUTES if name not in file.attrs]
    faults += [f"{name}: missing" for name in schema.COVERED_GROUPS if not isinstance(file.get(name), h5py.Group)]
    faults += [f"{name}: a link to elsewhere, which no container has" for name in _links(file, "")]
    if faults:
        return faults
    for expected in _tables(len(container)):
        faults += expected_faults(file, expected)
    if int(file.attrs[schema.STACK_COUNT]) != len(file[schema.STACKS]):
        return [*faults, f"stacks: there are {len(file[schema.STACKS])}, which is not what the root says"]
    for stack in range(len(file[schema.STACKS])):
        faults += _stack_faults(file, stack)
    return faults + _index_faults(file[schema.INDEX], len(container))


def _links(group: h5py.Group, path: str) -> Iterator[str]:
    """What is not in the container itself, but pointed to by name, in another file even."""
    for name in group:
        below = f"{path}/{name}".lstrip("/")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield below
        elif isinstance(found := group[name], h5py.Group):
            yield from _links(found, below)


def _tables(count: int) -> Iterator[Expected]:
    for name in schema.INSTANCE_TEXTS:
        yield Expected(f"{schema.INSTANCES}/{name}", "S", (count,))
    for name, dtype in schema.INSTANCE_NUMBERS.items():
        yield Expected(f"{schema.INSTANCES}/{name}", dtype, (count,))
    yield Expected(f"{schema.INSTANCES}/{schema.SHA256}", "|u1", (count, 32))
    yield Expected(f"{schema.RECIPE}/{schema.RECIPE_START}", "<u8", (count + 1,))
    for name, dtype in schema.RECIPE_COLUMNS.items():
        yield Expected(f"{schema.RECIPE}/{name}", dtype, (None,))
    yield Expected(schema.HEADER_LENGTH, "<u8", (count,))
    yield Expected(schema.HEADER_BYTES, "|u1", (count, None))
    yield Expected(schema.ENCODED_DATA, "|u1", (None,))


def expected_faults(file: h5py.File, expected: Expected) -> list[str]:
    """What of a dataset is not as it has to be."""
    dataset = file.get(expected.name)
    if not isinstance(dataset, h5py.Dataset):
        return [f"{expected.name}: missing"]
    if expected.dtype != (dataset.dtype.kind if expected.dtype == "S" else dataset.dtype.str):
        return [f"{expected.name}: of type {dataset.dtype.str} instead of {expected.dtype}"]
    wanted = tuple(have if want is None else want for have, want in zip(dataset.shape, expected.shape, strict=False))
    if dataset.shape != wanted or len(wanted) != len(expected.shape):
        return [f"{expected.name}: of shape {dataset.shape}"]
    return []


def _stack_faults(file: h5py.File, stack: int) -> list[str]:
    """`/stacks/<k>`: one chunk a frame, and a row a frame in each column."""
    name = f"{schema.STACKS}/{stack}/{schema.PIXELS}"
    pixels = file.get(name)
    if not isinstance(pixels, h5py.Dataset):
        return [f"{name}: missing"]
    if pixels.chunks != (1, *pixels.shape[1:]):
        return [f"{name}: its chunks are not frames"]
    faults = []
    for column in schema.FRAME_ROW.names or ():
        row = schema.FRAME_ROW[column]
        dtype = "S" if row.base.kind == "S" else row.base.str
        path = f"{schema.STACKS}/{stack}/{schema.FRAMES}/{column}"
        faults += expected_faults(file, Expected(path, dtype, (len(pixels), *row.shape)))
    return faults


def _index_faults(index: h5py.Group, count: int) -> list[str]:
    return [f"{column.name}: not one row for each instance" for column in index.values() if len(column) != count]
