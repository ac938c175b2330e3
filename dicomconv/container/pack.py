"""Pack the de-identified instances of one series into a container that gives their files back byte for byte."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
from numpy.typing import NDArray

from dicomconv.container import schema
from dicomconv.container.blocks import EncodedWriter, HeaderWriter
from dicomconv.container.chunks import Compression, EncodedFrame, same_bytes
from dicomconv.container.footer import write_footer
from dicomconv.container.frames import PackedFrame, Place, StackWriters, extend
from dicomconv.container.index import IndexBuilder
from dicomconv.container.inplace import put_in_place, temporary_beside
from dicomconv.container.readback import Written, written_faults
from dicomconv.container.rebuild import HeaderRead, header_place, read_header_beside
from dicomconv.container.room import divert, release, reserve, system_error
from dicomconv.container.schema import Piece, PieceKind, ProfileClaim
from dicomconv.container.tables import mark_complete, write_instances, write_recipes, write_root
from dicomconv.errors import Undecodable, UsageError, VerificationFailed
from dicomconv.geometry import Grid
from dicomconv.model import Deidentified, Span
from dicomconv.workers import heartbeat


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one instance: its index, its file's SHA-256, where its frames are, and why there are none.

    `is_direct`: the frames are the pixel value; otherwise the pixel value is kept as it is, beside the frames.
    """

    index: int
    sha256: bytes
    places: tuple[Place, ...]
    is_direct: bool
    undecodable: str = ""


class PixelMatch:
    """Whether the frames so far are, byte for byte, the start of the pixel value; the digest of the file so far."""

    def __init__(self, instance: Deidentified, holds: bool) -> None:
        self._pixels, self.holds, self.position = instance.pixels, holds, 0
        self.digest = hashlib.sha256(instance.head)

    def take(self, frame: EncodedFrame) -> None:
        """Compare the next frame."""
        stored = frame.stored
        if self.holds:
            end = self.position + stored.nbytes
            self.holds = end <= self._pixels.length and same_bytes(stored, self._pixels.view(self.position, end))
        if self.holds:
            if frame.file_digest is not None and not self.position:
                self.digest = frame.file_digest.copy()
            else:
                self.digest.update(stored)
            self.position += stored.nbytes

    def rest(self) -> Span:
        """The pixel value from where the frames end."""
        return self._pixels.part(self.position)


class ContainerWriter:
    """Writes one container under a temporary name; `finish` verifies it and gives it its own, else nothing remains.

    `folder`: where its files go when they are recovered, a relative path with slashes. One thread adds; frames are
    encoded wherever the caller likes. After any exception out of `add` the writer is of no further use: a container
    with half an instance is never finished.
    """

    def __init__(
        self,
        path: Path,
        *,
        container_uuid: str,
        planned_instances: int,
        profile: ProfileClaim,
        compression: Compression = "fast",
        folder: str = "",
    ) -> None:
        self.path, self.temporary = path, temporary_beside(path)
        self._uuid, self._folder, self._profile = container_uuid, folder, profile
        self._file = _created(self.temporary)
        self._stacks = StackWriters(self._file)
        self._headers = HeaderWriter(self._file, planned_instances, compression)
        self._encoded = EncodedWriter(self._file, compression)
        self._index = IndexBuilder()
        self._instances: list[dict[str, Any]] = []
        self._recipes: list[list[Piece]] = []
        self._uids: set[str] = set()
        self._is_usable = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                divert(self._file)
            self._file.close()
        except RuntimeError as closing:
            if error is None and not system_error(closing):
                raise
            error = error or closing
        finally:
            self.temporary.unlink(missing_ok=True)
        if error is not None and (number := system_error(error)):
            raise OSError(number, os.strerror(number)) from None

    @property
    def stack_count(self) -> int:
        """How many stacks there are so far."""
        return len(self._stacks.stacks)

    def frame_table(self, stack_index: int) -> NDArray[Any]:
        """The frame columns of a stack so far, as a structured array: position, orientation and so on."""
        return self._stacks.stacks[stack_index].table()

    def set_grid(self, stack_index: int, grid: Grid) -> None:
        """Say where a stack lies in space."""
        self._stacks.stacks[stack_index].set_grid(grid)

    def add(
        self,
        instance: Deidentified,
        frames: Iterable[PackedFrame],
        *,
        is_direct: bool,
        decoder: str,
        header: HeaderRead | None = None,
    ) -> Added:
        """Add the next instance. `is_direct`: its frames one after the other are expected to be its pixel value.

        `header`: its header, if it was read already. `frames` are taken one by one.
        If they end in Undecodable, the instance is kept as bytes, without frames.
        """
        index = len(self._instances)
        self._start(instance)
        match = PixelMatch(instance, is_direct and not instance.encapsulated)
        places, undecodable = self._write_frames(index, frames, match, decoder)
        rest = match.rest()
        is_direct = match.holds and bool(places)
        if not is_direct:
            match, rest = PixelMatch(instance, False), instance.pixels
        pieces = self._write_bytes(index, instance, places if is_direct else [], rest, match)
        added = Added(index, match.digest.digest(), tuple(places), is_direct, undecodable)
        self._index.add(header or read_header_beside(None, *header_place(instance)))
        self._instances.append(_instance_row(instance, added, pieces))
        self._recipes.append(pieces)
        self._is_usable = True
        return added

    def _start(self, instance: Deidentified) -> None:
        if not self._is_usable:
            raise UsageError("an instance could not be added to this container; start it anew without that instance")
        if instance.sop_instance_uid in self._uids:
            raise UsageError("a SOP Instance UID is in this series twice; a container holds an instance once")
        self._uids.add(instance.sop_instance_uid)
        self._is_usable = False

    def _write_frames(
        self, index: int, frames: Iterable[PackedFrame], match: PixelMatch, decoder: str
    ) -> tuple[list[Place], str]:
        before, places = self._stacks.lengths(), list[Place]()
        try:
            for number, packed in enumerate(frames, 1):
                extend(places, self._stacks.append(index, number, packed, decoder))
                match.take(packed[0])
        except Undecodable as error:
            self._stacks.truncate(before)
            match.holds = False
            return [], str(error)
        return places, ""

    def _write_bytes(
        self, index: int, instance: Deidentified, places: list[Place], rest: Span, match: PixelMatch
    ) -> list[Piece]:
        """Write what of a file is not frames, and give the recipe of the whole."""
        frames = [Piece(PieceKind.FRAMES, place.stack, place.first, place.length, place.count) for place in places]
        is_short = bool(places) and rest.length <= schema.LARGEST_EXCESS
        after = (rest.read() if is_short else b"") + instance.tail
        kept = [] if is_short else [self._encoded.append(_hashed(heartbeat.along(rest.chunks()), match))]
        match.digest.update(after)
        head = len(instance.head)
        if head + len(after) <= schema.LARGEST_HEADER:
            self._headers.append(instance.head + after)
            ends = (Piece(PieceKind.HEADER, index, 0, head), Piece(PieceKind.HEADER, index, head, len(after)))
        else:
            self._headers.append(b"")
            ends = (self._encoded.append([instance.head]), self._encoded.append([after]))
        return _merged([ends[0], *frames, *kept, ends[1]])

    def finish(self) -> bytes:
        """Complete the container and give it its name. The root digest."""
        digest = self.complete()
        self.publish()
        return digest

    def complete(self) -> bytes:
        """Write the last of it, close, read it back and verify; it lies at `temporary` then. The root digest."""
        if not self._is_usable:
            raise UsageError("an instance could not be added to this container; it cannot be finished")
        self._is_usable = False
        reserve(self._file, len(self._instances))
        for part in (self._stacks, self._headers, self._encoded):
            part.finish()
        self._index.write(self._file)
        write_instances(self._file, self._instances)
        write_recipes(self._file, self._recipes)
        write_root(self._file, self._uuid, self._folder, self._profile)
        digest = mark_complete(self._file)
        self._file.close()
        write_footer(self.temporary)
        release(self.temporary)
        chunks = [stack.checksums for stack in self._stacks.stacks]
        faults = written_faults(self.temporary, Written(chunks, self._headers.checksums))
        if faults:
            raise VerificationFailed(str(self.path), tuple(faults))
        return digest

    def publish(self) -> None:
        """Give the container that was completed its name."""
        put_in_place(self.temporary, self.path)


def _created(path: Path) -> h5py.File:
    """A new HDF5 file, or nothing."""
    try:
        return h5py.File(path, "w", libver=schema.LIBVER, locking="best-effort")
    except OSError as error:
        path.unlink(missing_ok=True)
        number = system_error(error) or error.errno or 0
        raise OSError(number, os.strerror(number)) from None


def _hashed(chunks: Iterable[bytes], match: PixelMatch) -> Iterator[bytes]:
    for chunk in chunks:
        match.digest.update(chunk)
        yield chunk


def _instance_row(instance: Deidentified, added: Added, recipe: list[Piece]) -> dict[str, Any]:
    """One row of /instances (schema.INSTANCE_TEXTS, INSTANCE_NUMBERS, SHA256)."""
    first = added.places[0] if added.places else Place(-1, -1, 0, 0)
    return {
        **{name: getattr(instance, name) for name in schema.INSTANCE_TEXTS},
        "sha256": added.sha256,
        "encapsulated": instance.encapsulated,
        "file_length": sum(piece.length for piece in recipe),
        "dataset_start": instance.dataset_start,
        "head_length": len(instance.head),
        "tail_length": len(instance.tail),
        "frame_count": sum(place.count for place in added.places),
        "first_stack": first.stack,
        "first_frame": first.first,
    }


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The same recipe without empty pieces, and with those that follow each other where they are kept put together."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last and last.kind != PieceKind.FRAMES and last._replace(offset=last.offset + last.length)[:3] == piece[:3]:
            merged[-1] = last._replace(length=last.length + piece.length)
        elif piece.length:
            merged.append(piece)
    return merged
