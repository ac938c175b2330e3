"""A stack of a container as an array that reads its frames when they are asked for."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from dicomconv.container import schema
from dicomconv.container.chunks import chunk_bytes, inflate, unshuffle
from dicomconv.container.columns import READ_ERRORS, read_text, reads
from dicomconv.errors import UsageError, VerificationFailed
from dicomconv.header import Header
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat, Rescale
from dicomconv.pixels.modality import modality_values, rescale, stored_values
from dicomconv.pixels.read import ImageAttributes


class StackSource(Protocol):
    """The open container a stack belongs to."""

    path: Path

    def dataset(self, name: str) -> h5py.Dataset:
        """The dataset of this name."""

    def frame_table(self, stack: int) -> dict[str, NDArray[Any]]:
        """The frame columns of a stack."""

    def frame_column(self, stack: int, name: str) -> NDArray[Any]:
        """One of them."""

    def header(self, index: int) -> Header:
        """The attributes of an instance."""


class Stack:
    """Frames of one shape, type and pixel format. `stack[i]` is frame i, `np.asarray(stack)` all of them.

    (F, rows, columns), (F, rows, columns, samples), or by plane (F, samples, rows, columns); values as stored.
    """

    def __init__(self, container: StackSource, index: int) -> None:
        self._container, self.index = container, index
        pixels = self.pixels
        self.shape: tuple[int, ...] = pixels.shape
        self.dtype: np.dtype[Any] = pixels.dtype
        if pixels.ndim not in (3, 4):
            raise ValueError("no frames")
        self._columns: dict[str, NDArray[Any]] = {}
        self._read_last: tuple[int, ImageAttributes] | None = None
        self.frame_length = chunk_bytes(pixels.shape[1:], pixels.dtype)

    @property
    def path(self) -> Path:
        """The file of the container."""
        return self._container.path

    @property
    def pixels(self) -> h5py.Dataset:
        """The HDF5 dataset."""
        return self._container.dataset(f"{schema.STACKS}/{self.index}/{schema.PIXELS}")

    @cached_property
    @reads("attributes of a stack")
    def format(self) -> PixelFormat:
        """The pixel format of all frames; `number_of_frames` is the length of the stack."""
        attributes = {name: self._attribute(name) for name in PixelFormat.__dataclass_fields__}
        return PixelFormat(**attributes | {"number_of_frames": len(self)})

    def _attribute(self, name: str) -> Any:
        value = self.pixels.attrs.get(name, 0)
        return value.decode() if isinstance(value, bytes) else int(value)

    @property
    @reads("attributes of a stack")
    def decoders(self) -> tuple[str, ...]:
        """What decoded the frames; empty for native pixel values."""
        text = read_text(self.pixels, schema.DECODER)
        return tuple(text.split("\\")) if text else ()

    @property
    @reads("attributes of a stack")
    def affine_lps(self) -> NDArray[np.float64] | None:
        """(4, 4): (column, row, frame) indices to mm in DICOM's coordinates; None unless evenly spaced."""
        affine = self.pixels.attrs.get(schema.AFFINE_LPS)
        return None if affine is None else np.asarray(affine)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> NDArray[Any]:
        frame = range(len(self))[index]
        return np.frombuffer(self.frame_bytes(frame), self.dtype).reshape(self.shape[1:])

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[index] for index in range(len(self)))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("a stack is read from its file: there is no array to give without a copy")
        values = np.empty(self.shape, self.dtype)
        for index in range(len(self)):
            values[index] = self[index]
        return values if dtype is None else values.astype(dtype, copy=False)

    def frame_bytes(self, index: int) -> memoryview:
        """The bytes of one frame as they stand in the pixel value; VerificationFailed if its chunk is damaged."""
        try:
            mask, chunk = self.pixels.id.read_direct_chunk((index,) + (0,) * (len(self.shape) - 1))
            if mask == 0:
                return unshuffle(inflate(chunk, self.frame_length), self.dtype.itemsize)
        except READ_ERRORS:
            pass
        fault = f"stack {self.index} frame {index}: the chunk is damaged"
        raise VerificationFailed(str(self._container.path), (fault,)) from None

    @cached_property
    def frames(self) -> dict[str, NDArray[Any]]:
        """The frame columns: instance, frame_number, sha256, position, rescale_slope and so on (docs/container.md)."""
        self._columns = self._container.frame_table(self.index)
        return self._columns

    @reads("frame columns")
    def column(self, name: str) -> NDArray[Any]:
        """One of `frames`; the others are not read for it, damaged or not."""
        if name not in self._columns:
            column = self._container.frame_column(self.index, name)
            if len(column) != len(self):
                raise ValueError("not a row for each frame")
            self._columns[name] = column
        return self._columns[name]

    def attributes(self, index: int) -> FrameAttributes:
        """What frame `index` means and where it lies, lookup tables and all windows included, from its header."""
        return self._attributes(range(len(self))[index])

    @reads("frame columns")
    def _attributes(self, index: int) -> FrameAttributes:
        instance = int(self.column("instance")[index])
        if self._read_last is None or self._read_last[0] != instance:
            self._read_last = instance, ImageAttributes(self._container.header(instance), self.format)
        return self._read_last[1].frame(int(self.column("frame_number")[index]))

    def modality(self, index: int) -> NDArray[np.float64]:
        """Frame `index` in modality units (HU for CT), not rounded."""
        return self._modality(range(len(self))[index])

    @reads("frame columns")
    def _modality(self, index: int) -> NDArray[np.float64]:
        stored = stored_values(self[index], self.format)
        if self.column("modality_lut")[index]:
            return modality_values(stored, self.attributes(index))
        slope, intercept = (float(self.column(f"rescale_{one}")[index]) for one in ("slope", "intercept"))
        return rescale(stored, Rescale(slope, intercept))

    @property
    def hounsfield(self) -> "ModalityFrames":
        """The frames in Hounsfield units, read when asked for; UsageError if they are said to be in other units."""
        others = set(self.column("rescale_type").tolist()) - {b"HU", b""}
        if others:
            raise UsageError(f"stack {self.index} is not in HU; take modality(i), and rescale_type of its frames")
        return ModalityFrames(self)


class ModalityFrames:
    """The frames of a stack as modality values, read when they are asked for."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self.shape = stack, stack.shape

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: int) -> NDArray[np.float64]:
        return self._stack.modality(range(len(self))[index])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        values = np.empty(self.shape, np.float64)
        for index in range(len(self)):
            values[index] = self[index]
        return values if dtype is None else values.astype(dtype, copy=False)
