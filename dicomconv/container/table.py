"""The headers of a container as a table: rows as dictionaries by keyword, or a data frame."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, overload

import h5py
import numpy as np

from dicomconv.container import schema
from dicomconv.container.columns import read_column, read_text, reads


class TableSource(Protocol):
    """The open container a table belongs to."""

    path: Path

    @property
    def file(self) -> h5py.File:
        """The HDF5 file."""

    def __len__(self) -> int:
        """How many instances there are."""


class HeaderTable(Sequence[dict[str, Any]]):
    """Row i: the top-level attributes of instance i by keyword; "" or NaN where it has none."""

    def __init__(self, container: TableSource) -> None:
        self._container = container

    @property
    def path(self) -> Path:
        """The file of the container."""
        return self._container.path

    @cached_property
    @reads("constants")
    def constants(self) -> dict[str, Any]:
        """The attributes that are the same in all instances."""
        return {name: plain(value) for name, value in self._container.file[schema.CONSTANTS].attrs.items()}

    @cached_property
    @reads("index")
    def columns(self) -> dict[str, list[Any]]:
        """The attributes that vary, in the order of their tags."""
        index = self._container.file[schema.INDEX]
        order = read_text(index, schema.COLUMN_ORDER)
        return {name: [plain(value) for value in read_column(index[name])] for name in order.split("\\") if name}

    def __len__(self) -> int:
        return len(self._container)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[row] for row in range(len(self))[index]]
        row = range(len(self))[index]
        return self.constants | {name: values[row] for name, values in self.columns.items()}

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a row for each instance, if pandas is installed."""
        import pandas

        constants = {name: [value] * len(self) for name, value in self.constants.items()}
        return pandas.DataFrame(constants | self.columns)


def plain(value: Any) -> Any:
    """A value of HDF5 as str, int, float, or a tuple of numbers."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    return tuple(value.tolist()) if isinstance(value, np.ndarray) else value.item()
