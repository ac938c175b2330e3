"""Open a container and read frames, headers and files out of it, each when it is asked for."""

import itertools
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.container import schema
from dicomconv.container.chunks import inflate
from dicomconv.container.columns import READ_ERRORS, read_column, read_text, reads
from dicomconv.container.footer import why_unreadable
from dicomconv.container.instance_frames import InstanceFrames
from dicomconv.container.levels import Level, levels_of
from dicomconv.container.rebuild import HeaderRead, Instance, file_chunks, read_header_beside
from dicomconv.container.recover import Recovered, recover, recover_to
from dicomconv.container.schema import Piece, ProfileClaim
from dicomconv.container.sets_by_name import StoredSets
from dicomconv.container.stack import Stack
from dicomconv.container.table import HeaderTable
from dicomconv.errors import NotAContainer, VerificationFailed
from dicomconv.header import Header


def open_container(path: Path) -> "Container":
    """Open a container; NotAContainer if it is not one, not complete, or of an unknown major version."""
    container = Container(path)
    container.check()
    return container


class Container:
    """A container that is read. Holds the path only: each process opens the file for itself, when it has to.

    It can be pickled, survives a fork, and its frames may be read by several threads.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._file: h5py.File | None = None
        self._process = 0
        self._datasets: dict[str, h5py.Dataset] = {}
        self._header_block: tuple[int, NDArray[np.uint8]] | None = None
        self._header_read: HeaderRead | None = None
        self._encoded_chunk: tuple[int, bytes | bytearray] | None = None

    def __reduce__(self) -> tuple[type[Self], tuple[Path]]:
        return type(self), (self.path,)

    def __fspath__(self) -> str:
        """Its path: an open container may stand wherever the path of one may."""
        return str(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @reads("instances")
    def __len__(self) -> int:
        """How many instances there are."""
        count = int(self.file.attrs[schema.INSTANCE_COUNT])
        if count < 0:
            raise ValueError("less than none")
        return count

    def __repr__(self) -> str:
        return f"<Container {self.path}>"

    def close(self) -> None:
        """Close the file; it is opened again if something is asked for."""
        if self._file is not None:
            self._file.close()
        self._file, self._datasets = None, {}
        self._encoded_chunk = None

    @property
    def file(self) -> h5py.File:
        """The HDF5 file, open for reading in this process."""
        if self._file is None or self._process != os.getpid():
            self.close()  # what a fork has copied belongs to the parent
            self._file, self._process = self._open(), os.getpid()
        return self._file

    def _open(self) -> h5py.File:
        try:
            return h5py.File(self.path, "r", locking="best-effort")
        except FileNotFoundError:
            raise NotAContainer(str(self.path), "there is no such file") from None
        except (OSError, RuntimeError, ValueError):
            raise NotAContainer(str(self.path), why_unreadable(self.path)) from None

    def check(self) -> None:
        """NotAContainer if this is not a complete container of a version that this release knows."""
        try:
            attributes = {name: read_text(self.file, name) for name in (schema.FORMAT, schema.FORMAT_VERSION)}
            is_complete = schema.COMPLETE in self.file.attrs and int(self.file.attrs[schema.COMPLETE]) == 1
        except READ_ERRORS:
            raise NotAContainer(str(self.path), "damaged: its attributes cannot be read") from None
        if attributes[schema.FORMAT] != schema.FORMAT_NAME:
            raise NotAContainer(str(self.path), "an HDF5 file, but not a dicomconv container")
        version = attributes[schema.FORMAT_VERSION]
        if version.split(".")[0] != schema.VERSION.split(".")[0]:
            raise NotAContainer(str(self.path), f"of format version {version}; this release reads {schema.VERSION}")
        if not is_complete:
            raise NotAContainer(str(self.path), "not written to its end; convert the series again")

    def dataset(self, name: str) -> h5py.Dataset:
        """A dataset by its path in the file."""
        file = self.file
        if name not in self._datasets:
            try:
                self._datasets[name] = file[name]
            except READ_ERRORS:
                raise VerificationFailed(str(self.path), (f"{name}: cannot be read",)) from None
        return self._datasets[name]

    @property
    @reads("attributes")
    def container_uuid(self) -> str:
        """The name of this container, the same whenever the same series is converted with the same key."""
        return read_text(self.file, schema.CONTAINER_UUID)

    @property
    @reads("attributes")
    def folder(self) -> PurePosixPath:
        """Where the recovered files belong, below wherever the caller likes; never upwards or absolute."""
        folder = PurePosixPath(read_text(self.file, schema.FOLDER))
        return folder if not folder.is_absolute() and ".." not in folder.parts else PurePosixPath()

    @property
    @reads("attributes")
    def root_sha256(self) -> bytes:
        """The root digest, which covers everything but seal and annotations."""
        return bytes.fromhex(read_text(self.file, schema.ROOT_SHA256))

    @property
    @reads("attributes")
    def profile(self) -> ProfileClaim:
        """How the instances were de-identified."""
        codes = read_text(self.file, schema.PROFILE_CODES)
        return ProfileClaim(read_text(self.file, schema.PROFILE), tuple(codes.split("\\")) if codes else ())

    @cached_property
    @reads("instances")
    def instances(self) -> tuple[Instance, ...]:
        """The instances in the order in which they were packed."""
        group = self.file[schema.INSTANCES]
        columns = {name: read_column(group[name]).tolist() for name in (*schema.INSTANCE_TEXTS, *schema.INSTANCE_NUMBERS)}
        for name in schema.INSTANCE_TEXTS:
            columns[name] = [text.decode("utf-8", "replace") for text in columns[name]]
        columns["encapsulated"] = [bool(value) for value in columns["encapsulated"]]
        columns["sha256"] = [digest.tobytes() for digest in read_column(group[schema.SHA256])]
        rows = zip(*columns.values(), strict=True)
        return tuple(Instance(index=index, **dict(zip(columns, row, strict=True))) for index, row in enumerate(rows))

    @cached_property
    @reads("recipe")
    def recipes(self) -> tuple[tuple[Piece, ...], ...]:
        """Of each instance, the pieces that make up its file."""
        group = self.file[schema.RECIPE]
        columns = [read_column(group[name]).tolist() for name in schema.RECIPE_COLUMNS]
        pieces = [Piece(*row) for row in zip(*columns, strict=True)]
        starts = read_column(group[schema.RECIPE_START]).tolist()
        return tuple(tuple(pieces[start:stop]) for start, stop in itertools.pairwise(starts))

    @cached_property
    @reads("stacks")
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks: arrays of frames of one shape, type and pixel format."""
        return tuple(Stack(self, index) for index in range(int(self.file.attrs[schema.STACK_COUNT])))

    @cached_property
    def annotations(self) -> StoredSets:
        """The annotation sets by name, in the order in which they came in."""
        return StoredSets(self)

    @cached_property
    def headers(self) -> HeaderTable:
        """The top-level attributes of the instances, as rows by keyword."""
        return HeaderTable(self)

    @reads("frame columns")
    def frame_table(self, stack: int) -> dict[str, NDArray[Any]]:
        """The frame columns of a stack: one array for each, a row for each frame."""
        group = self.dataset(f"{schema.STACKS}/{stack}/{schema.FRAMES}")
        return {name: self._checked(name, read_column(group[name])) for name in group}

    @reads("frame columns")
    def frame_column(self, stack: int, name: str) -> NDArray[Any]:
        """One of the frame columns of a stack: a row for each frame."""
        return self._checked(name, read_column(self.dataset(f"{schema.STACKS}/{stack}/{schema.FRAMES}/{name}")))

    def _checked(self, name: str, column: NDArray[Any]) -> NDArray[Any]:
        """A frame column; ValueError if a frame is said to be of an instance that is not there."""
        if name == "instance" and column.size and not 0 <= column.min() <= column.max() < len(self.instances):
            raise ValueError("frames of no instance")
        return column

    def header(self, index: int) -> Header:
        """All attributes of an instance but its pixel data, sequences included."""
        return self._header(self.instances[index])

    @reads("header of an instance")
    def _header(self, instance: Instance) -> Header:
        length, recipe = instance.file_length, self.recipes[instance.index]
        head = b"".join(file_chunks(self, recipe, 0, instance.head_length))
        tail = b"".join(file_chunks(self, recipe, length - instance.tail_length, length))
        read = read_header_beside(self._header_read, head, tail, instance.dataset_start, instance.transfer_syntax_uid)
        self._header_read = read
        return read.header

    def recover(self) -> Iterator[Recovered]:
        """The files of the instances, to be read piece by piece."""
        return recover(self)

    def recover_to(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the files of all instances into a folder, all or, with VerificationFailed, none."""
        return recover_to(self, folder)

    def frame_bytes(self, stack: int, index: int) -> memoryview:
        """The bytes of one frame as they stand in a pixel value."""
        return self.stacks[stack].frame_bytes(index)

    def header_row(self, row: int, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop` of a row of /headers/bytes."""
        number, index = divmod(row, self.header_block_rows)
        return self.header_block(number)[index, start:stop].tobytes()

    @cached_property
    @reads("headers")
    def header_lengths(self) -> list[int]:
        """How many bytes of each header row are the instance's; the rest is zero."""
        lengths: list[int] = read_column(self.file[schema.HEADER_LENGTH]).tolist()
        return lengths

    @cached_property
    @reads("headers")
    def header_block_rows(self) -> int:
        """How many header rows are compressed together."""
        return int(self.dataset(schema.HEADER_BYTES).chunks[0])

    @reads("headers")
    def header_block(self, number: int) -> NDArray[np.uint8]:
        """Header rows that are compressed together, whole; the block read last is at hand."""
        block = self._header_block
        if block is None or block[0] != number:
            first = number * self.header_block_rows
            block = number, self.dataset(schema.HEADER_BYTES)[first : first + self.header_block_rows]
            self._header_block = block
        return block[1]

    def encoded(self, start: int, stop: int) -> Iterator[bytes | bytearray]:
        """Bytes `start` to `stop` of /encoded/data, in pieces."""
        data = self.dataset(schema.ENCODED_DATA)
        size = int(data.chunks[0])
        for first in range(start // size * size, stop, size):
            yield self._encoded_at(data, first, size)[max(0, start - first) : stop - first]

    @reads("encoded")
    def _encoded_at(self, data: h5py.Dataset, first: int, size: int) -> bytes | bytearray:
        """A chunk of /encoded/data; the one read last is at hand, as tiles share one."""
        at_hand = self._encoded_chunk
        if at_hand is None or at_hand[0] != first:
            at_hand = first, inflate(data.id.read_direct_chunk((first,))[1], size)
            self._encoded_chunk = at_hand
        return at_hand[1]

    def frames_of(self, index: int) -> InstanceFrames:
        """The frames of one instance, each decoded when it is asked for; Undecodable if nothing here reads them."""
        return InstanceFrames(self, index)

    @cached_property
    @reads("levels")
    def levels(self) -> tuple[Level, ...]:
        """The levels of a whole slide, the largest first, then its thumbnail; none where there is no slide."""
        return levels_of(self)
