"""Columns and attributes as HDF5 stores them: fixed width always, so that every HDF5 reads them and filters apply."""

import zlib
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.container.schema import COLUMN_CHUNK, CONTIGUOUS
from dicomconv.errors import VerificationFailed

# what h5py, NumPy and the inflaters raise on a file that is damaged, and what becomes of it
READ_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    VerificationFailed,
    zlib.error,
)


MOST_INFLATED = 1032  # bytes out of one byte of a deflate stream


class OfContainer(Protocol):
    """What belongs to a container."""

    @property
    def path(self) -> Path:
        """The file of the container."""


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=OfContainer)


def reads(part: str) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """For what reads a part of a container: VerificationFailed, which names it, where the file is damaged."""

    def reading(read: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(read)
        def readable(self: S, /, *arguments: P.args, **named: P.kwargs) -> R:
            try:
                return read(self, *arguments, **named)
            except VerificationFailed:
                raise
            except READ_ERRORS:
                raise VerificationFailed(str(self.path), (f"{part}: cannot be read",)) from None

        return readable

    return reading


def text_column(texts: Sequence[str]) -> NDArray[np.bytes_]:
    """Texts as UTF-8 of one width, padded with NUL."""
    return encoded_column([text.encode("utf-8", "replace") for text in texts])


def encoded_column(texts: Sequence[bytes]) -> NDArray[np.bytes_]:
    """Encoded texts as an array as wide as the longest, and never of width 0, which HDF5 does not know."""
    return np.array(texts, dtype=f"S{max([1, *map(len, texts)])}")


def write_column(group: h5py.Group, name: str, values: NDArray[Any]) -> h5py.Dataset:
    """One column of a table, compressed by HDF5 if it is large."""
    if values.dtype.kind == "S":
        values = values.astype(h5py.string_dtype("utf-8", values.dtype.itemsize))
    if values.nbytes < CONTIGUOUS:
        return group.create_dataset(name, data=values)
    rows = max(1, min(len(values), COLUMN_CHUNK * len(values) // values.nbytes))
    return group.create_dataset(
        name,
        data=values,
        chunks=(rows, *values.shape[1:]),
        compression="gzip",
        shuffle=values.dtype.kind != "S" and values.dtype.itemsize > 1,
    )


def read_column(dataset: h5py.Dataset) -> NDArray[Any]:
    """A whole column. ValueError, before memory is taken, if it claims more than any stream of that size inflates to."""
    if dataset.nbytes > MOST_INFLATED * dataset.id.get_storage_size() + CONTIGUOUS:
        raise ValueError("more rows than are stored")
    values: NDArray[Any] = dataset[()]
    return values


def write_text(target: h5py.HLObject, name: str, text: str) -> None:
    """A text attribute of fixed width."""
    encoded = text.encode("utf-8", "replace")
    target.attrs.create(name, encoded, dtype=h5py.string_dtype("utf-8", max(1, len(encoded))))


def write_number(target: h5py.HLObject, name: str, value: int) -> None:
    """A whole number as an attribute of eight bytes."""
    target.attrs.create(name, value, dtype="<i8")


def read_text(target: h5py.HLObject, name: str) -> str:
    """A text attribute; empty if there is none."""
    value = target.attrs.get(name, b"")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def stored_attribute(target: h5py.HLObject, name: str) -> NDArray[Any]:
    """An attribute's value in the type and with the padding it is stored in."""
    identifier = h5py.h5a.open(target.id, name.encode())
    values: NDArray[Any] = np.zeros(identifier.shape, identifier.dtype)
    identifier.read(values)
    return values
