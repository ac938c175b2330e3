"""Label maps of a container as arrays that read their frames when they are asked for."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from dicomconv.container.chunks import chunk_bytes, inflate, unshuffle
from dicomconv.container.columns import READ_ERRORS, reads


class Datasets(Protocol):
    """The open container a label map belongs to."""

    path: Path

    def dataset(self, name: str) -> h5py.Dataset:
        """The dataset of this name."""


class LabelMap(np.lib.mixins.NDArrayOperatorsMixin):
    """Label values of a stack: (frames, rows, columns), uint8 or uint16, 0 where there is no label.

    `labelmap[i]`, slices and `np.asarray(labelmap)` read what they need; arithmetic and comparison read all of it.
    """

    def __init__(self, container: Datasets, name: str) -> None:
        self._container, self._name = container, name
        self.shape: tuple[int, ...] = self._dataset.shape
        self.dtype: np.dtype[Any] = self._dataset.dtype
        self.ndim, self.size = len(self.shape), int(np.prod(self.shape))

    def __repr__(self) -> str:
        return f"<LabelMap {self._name} {self.shape} {self.dtype}>"

    @property
    def path(self) -> Path:
        """The file of the container."""
        return self._container.path

    @property
    def _dataset(self) -> h5py.Dataset:
        return self._container.dataset(self._name)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int | np.integer):
            return self._frame(range(len(self))[int(index)])
        return self._read(index)

    def _frame(self, index: int) -> NDArray[Any]:
        """One frame: its chunk inflated here, which takes a fourth of the time, if it is there and as we write it."""
        if self._has_our_chunks:
            try:
                mask, chunk = self._dataset.id.read_direct_chunk((index, 0, 0))
                if mask == 0:
                    values = unshuffle(inflate(chunk, chunk_bytes(self.shape[1:], self.dtype)), self.dtype.itemsize)
                    return np.frombuffer(values, self.dtype).reshape(self.shape[1:])
            except READ_ERRORS:
                pass
        frame: NDArray[Any] = self._read(index)
        return frame

    @cached_property
    @reads("label map of an annotation set")
    def _has_our_chunks(self) -> bool:
        """Whether each frame is a chunk, shuffled if its values are of several bytes, deflated, and nothing else."""
        with_shuffle = self.dtype.itemsize > 1
        plist = self._dataset.id.get_create_plist()
        filters = [plist.get_filter(number)[0] for number in range(plist.get_nfilters())]
        expected = [h5py.h5z.FILTER_SHUFFLE] * with_shuffle + [h5py.h5z.FILTER_DEFLATE]
        return self._dataset.chunks == (1, *self.shape[1:]) and filters == expected

    @reads("label map of an annotation set")
    def _read(self, index: Any) -> Any:
        try:
            return self._dataset[index]
        except (TypeError, ValueError):  # an index that NumPy knows and HDF5 does not
            return self._dataset[()][index]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[index] for index in range(len(self)))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("a label map is read from its file: there is no array to give without a copy")
        values = np.asarray(self._read(()))
        return values if dtype is None else values.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [np.asarray(one) if isinstance(one, LabelMap) else one for one in inputs]
        return getattr(ufunc, method)(*arrays, **options)
