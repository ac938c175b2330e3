"""The frames of one instance of a container: out of a stack, or decoded from the bytes that are kept as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dicomconv.container.columns import reads
from dicomconv.container.rebuild import Instance, Kept, file_chunks
from dicomconv.container.schema import Piece
from dicomconv.container.stack import Stack
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.model import Span
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.codecs import is_decodable
from dicomconv.pixels.decode import frame_reader, stored_format
from dicomconv.pixels.read_format import pixel_format


class FramesSource(Kept, Protocol):
    """The open container that an instance is in."""

    path: Path

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The rows of /instances."""

    @property
    def recipes(self) -> tuple[tuple[Piece, ...], ...]:
        """Of each instance, the pieces of its file."""

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks."""

    def header(self, index: int) -> Header:
        """The attributes of an instance."""


@dataclass(frozen=True, slots=True)
class KeptPixels:
    """The pixel value of an instance, read out of its container piece by piece."""

    container: FramesSource = field(repr=False)
    index: int

    @property
    def path(self) -> Path:
        """The file of the container."""
        return self.container.path

    @property
    def span(self) -> Span:
        """All of it."""
        instance = self.container.instances[self.index]
        return Span(self, 0, instance.file_length - instance.head_length - instance.tail_length)

    @reads("pixel value of an instance")
    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        head = self.container.instances[self.index].head_length
        return b"".join(file_chunks(self.container, self.container.recipes[self.index], head + start, head + stop))


class InstanceFrames(Sequence[NDArray[Any]]):
    """Frame i, from 0, of one instance: as its stack has it, or decoded when it is asked for; colour then as RGB.

    Arrays as `format` says: (rows, columns), (rows, columns, samples) or, by plane, (samples, rows, columns). Bounded
    memory: no frame is kept.
    """

    def __init__(self, container: FramesSource, index: int) -> None:
        self._container, self.instance_index = container, range(len(container.instances))[index]

    @cached_property
    def header(self) -> Header:
        """The attributes of the instance."""
        return self._container.header(self.instance_index)

    @cached_property
    def encoded_format(self) -> PixelFormat:
        """How the pixel value is laid out. Undecodable if the header makes no sense, or there are no pixels."""
        instance = self._container.instances[self.instance_index]
        if not instance.pixel_keyword:
            raise Undecodable("there is no pixel data")
        return pixel_format(self.header, instance.transfer_syntax_uid, instance.pixel_keyword)

    @property
    def format(self) -> PixelFormat:
        """How the arrays are laid out."""
        return stored_format(self.encoded_format)

    @cached_property
    def _in_stack(self) -> list[tuple[int, int]]:
        """(stack, place in it) of each frame that stands in a stack."""
        found = [
            (int(number), stack.index, int(place))
            for stack in self._container.stacks
            for place, number in self._places_in(stack)
        ]
        return [place for _, *place in sorted(found)]  # type: ignore[misc]  # mypy takes the rest of a tuple for a list

    def _places_in(self, stack: Stack) -> Iterator[tuple[Any, Any]]:
        places = np.flatnonzero(stack.frames["instance"] == self.instance_index)
        return zip(places, stack.frames["frame_number"][places], strict=True)

    @cached_property
    def _read(self) -> Callable[[int], NDArray[Any]]:
        """What decodes the frame of an index."""
        format = self.encoded_format
        if not is_decodable(format.transfer_syntax_uid):
            raise Undecodable("no decoder here reads this transfer syntax, or it is none of single frames")
        return frame_reader(format, KeptPixels(self._container, self.instance_index).span)

    def __len__(self) -> int:
        return self._container.instances[self.instance_index].frame_count or self.encoded_format.number_of_frames

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        number = range(len(self))[index]
        if self._container.instances[self.instance_index].frame_count:
            stack, place = self._in_stack[number]
            return self._container.stacks[stack][place]
        return self._read(number)

    def check(self) -> None:
        """Undecodable if there is nothing that reads the frames, or there are fewer than the header says."""
        if not self._container.instances[self.instance_index].frame_count:
            self._read  # noqa: B018 - made here, used later
