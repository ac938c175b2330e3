"""Stacks while they are written: frames of one shape, type and pixel format, one chunk each, and their columns."""

import math
import struct
from dataclasses import dataclass, fields, replace
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.container import schema
from dicomconv.container.chunks import EncodedFrame
from dicomconv.container.columns import encoded_column, write_column, write_number, write_text
from dicomconv.geometry import Grid
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat

NAN = math.nan
Extremes = tuple[float, float] | None
PackedFrame = tuple[EncodedFrame, PixelFormat, FrameAttributes, Extremes]
_ROW = struct.Struct("<II32s2d3d6d2d32sdB2d64s2d16s2d")
_GROWTH = 64


@dataclass(frozen=True, slots=True)
class Place:
    """`count` consecutive frames of a stack, from index `first` on, of `length` bytes together."""

    stack: int
    first: int
    count: int
    length: int


def frame_row(instance: int, number: int, packed: PackedFrame) -> bytes:
    """One row of the frame columns, packed as schema.FRAME_ROW says; NaN where nothing is known."""
    frame, _, attributes, extremes = packed
    window = attributes.windows[0] if attributes.windows else None
    rescale, padding = attributes.rescale, attributes.padding
    return _ROW.pack(
        instance,
        number,
        frame.sha256,
        *(extremes or (NAN, NAN)),
        *(attributes.position or (NAN,) * 3),
        *(attributes.orientation or (NAN,) * 6),
        *(attributes.pixel_spacing or (NAN, NAN)),
        attributes.pixel_spacing_from.encode(),
        NAN if attributes.slice_thickness is None else attributes.slice_thickness,
        attributes.modality_lut is not None,
        rescale.slope,
        rescale.intercept,
        rescale.type.encode("utf-8", "replace"),
        *((window.center, window.width) if window else (NAN, NAN)),
        window.function.encode() if window else b"",
        *(padding or (NAN, NAN)),
    )


class StackWriter:
    """One stack of a container that is being written."""

    def __init__(self, group: h5py.Group, frame: EncodedFrame, pixel_format: PixelFormat) -> None:
        self._group, self._rows = group, bytearray()
        self._format, self._decoders = pixel_format, set[str]()
        self._room = 0  # frames that the dataset has room for
        self.checksums: list[int] = []  # of the chunks, to be held against what is in the file
        self.frame_length = frame.stored.nbytes
        self.pixels = group.create_dataset(
            schema.PIXELS,
            shape=(0, *frame.shape),
            maxshape=(None, *frame.shape),
            chunks=(1, *frame.shape),
            dtype=frame.dtype,
            compression="gzip",
            compression_opts=6,
            shuffle=np.dtype(frame.dtype).itemsize > 1,
        )

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    def append(self, frame: EncodedFrame, row: bytes, decoder: str) -> int:
        """Write one frame and give its index in the stack."""
        index = len(self)
        if index >= self._room:
            self._room = index + _GROWTH
            self.pixels.resize(self._room, axis=0)
        self.pixels.id.write_direct_chunk((index,) + (0,) * len(frame.shape), frame.chunk)
        self._rows += row
        self._decoders.add(decoder)
        self.checksums.append(frame.checksum)
        return index

    def truncate(self, count: int) -> None:
        """Forget the frames from `count` on."""
        del self._rows[count * _ROW.size :]
        del self.checksums[count:]

    def table(self) -> NDArray[Any]:
        """The frame columns so far, a copy as a structured array (schema.FRAME_ROW)."""
        return np.frombuffer(bytes(self._rows), schema.FRAME_ROW)

    def set_grid(self, grid: Grid) -> None:
        """Write where the stack lies, a regular volume."""
        write_text(self.pixels, schema.SPACE, "LPS")
        for name in (schema.AFFINE_LPS, schema.ORIGIN, schema.SPACING, schema.DIRECTION):
            self.pixels.attrs.create(name, np.asarray(getattr(grid, name), "<f8"))

    def finish(self) -> None:
        """Write the columns and attributes of the stack."""
        self.pixels.resize(len(self), axis=0)
        frames, table = self._group.create_group(schema.FRAMES), self.table()
        for name in schema.FRAME_ROW.names or ():
            values = table[name]
            texts = values.dtype.kind == "S"
            write_column(frames, name, encoded_column(values.tolist()) if texts else np.ascontiguousarray(values))
        for field in fields(self._format):
            value = getattr(self._format, field.name)
            if field.name != "number_of_frames":
                (write_text if isinstance(value, str) else write_number)(self.pixels, field.name, value)
        write_text(self.pixels, schema.DECODER, "\\".join(sorted(self._decoders)))


class StackWriters:
    """All stacks of a container that is being written, in the order in which their first frames came."""

    def __init__(self, file: h5py.File) -> None:
        self._group = file.create_group(schema.STACKS)
        self._of_key: dict[tuple[object, ...], int] = {}
        self.stacks: list[StackWriter] = []

    def append(self, instance: int, number: int, packed: PackedFrame, decoder: str) -> Place:
        """Write one frame to the stack it belongs to."""
        frame, pixel_format = packed[0], replace(packed[1], number_of_frames=0)
        key = (frame.shape, frame.dtype, pixel_format)
        stack = self._of_key.setdefault(key, len(self.stacks))
        if stack == len(self.stacks):
            self.stacks.append(StackWriter(self._group.create_group(str(stack)), frame, pixel_format))
        row = frame_row(instance, number, packed)
        return Place(stack, self.stacks[stack].append(frame, row, decoder), 1, frame.stored.nbytes)

    def lengths(self) -> list[int]:
        """How many frames each stack holds: what `truncate` takes."""
        return [len(stack) for stack in self.stacks]

    def truncate(self, lengths: list[int]) -> None:
        """Go back to the stacks as they were; one that was not there is removed."""
        while len(self.stacks) > len(lengths):
            self.stacks.pop()
            del self._group[str(len(self.stacks))]
            self._of_key.popitem()
        for stack, length in zip(self.stacks, lengths, strict=True):
            stack.truncate(length)

    def finish(self) -> None:
        """Write the columns and attributes of every stack."""
        for stack in self.stacks:
            stack.finish()


def extend(places: list[Place], place: Place) -> None:
    """Add a place to the places before it: to the last of them if it follows that in the same stack."""
    last = places[-1] if places else None
    if last and (last.stack, last.first + last.count) == (place.stack, place.first):
        places[-1] = Place(last.stack, last.first, last.count + place.count, last.length + place.length)
    else:
        places.append(place)
