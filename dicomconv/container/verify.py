"""Check a container against itself: every digest, shape, recipe and file. Each frame is read once."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dicomconv.container import schema
from dicomconv.container.columns import READ_ERRORS, read_text
from dicomconv.container.digest import root_digest
from dicomconv.container.footer import look_at_footer
from dicomconv.container.parts import footing_faults
from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import Chunk, file_chunks
from dicomconv.container.recipes import recipe_faults, uncovered_faults
from dicomconv.container.shapes import shape_faults
from dicomconv.errors import NotAContainer, VerificationFailed

WORKERS = min(4, os.cpu_count() or 1)
RUN = 1 << 20  # bytes of frames that are read as one piece of work
SMALL_FILE = 1 << 24  # a file up to this size is hashed by a thread, whole
EMPTY = memoryview(b"")


Frames = Literal["every", "loose"]


def verify(path: Path, frames: Frames = "every") -> list[str]:
    """The faults of a container, each with what and where; none if it is sound. NotAContainer if it is none.

    `frames`: look at the footer and hash every frame for itself, or only the frames that no file is made of, and so no
    file's digest covers: that is enough right after packing, when the footer was made of the same bytes a moment ago,
    and each frame's own digest from what its file was compared with.
    """
    footing = look_at_footer(path) if frames == "every" else None
    try:
        with open_container(path) as container:
            faults = footing_faults(footing, container.file) if footing else []
            return faults + _faults_inside(container, frames)
    except NotAContainer as error:
        if footing is None or not (faults := footing_faults(footing, reason=error.fault)):
            raise
        return faults


def _faults_inside(container: Container, frames: Frames) -> list[str]:
    content = _content_faults if frames == "every" else _file_and_loose_frame_faults
    faults: list[str] = []
    for check in (shape_faults, _root_faults, _recipe_faults, content):
        found = _readable(check, container)
        faults += found
        if found and check in (shape_faults, _recipe_faults):
            break  # what follows stands on these
    return faults


def _readable(check: Callable[[Container], list[str]], container: Container) -> list[str]:
    """The faults that a check finds; that it cannot read is one too."""
    try:
        return check(container)
    except VerificationFailed as error:
        return list(error.faults)
    except READ_ERRORS as error:
        return [f"{check.__name__.strip('_').replace('_', ' ')}: cannot be checked, {type(error).__name__}"]


def _root_faults(container: Container) -> list[str]:
    if root_digest(container.file).hex() == read_text(container.file, schema.ROOT_SHA256):
        return []
    return ["root digest: the tables or attributes are not what was packed"]


def _recipe_faults(container: Container) -> list[str]:
    return recipe_faults(container) + uncovered_faults(container)


class Checked(NamedTuple):
    """A frame that was read, and what is wrong with it."""

    stack: int
    frame: int
    stored: memoryview
    fault: str


class FramesAhead:
    """The frames in the order in which the recipes name them, then the others, read and hashed by threads ahead of use.

    Stands in for the container where files are rebuilt; collects the faults of the frames.
    """

    def __init__(self, container: Container, pool: ThreadPoolExecutor, frames: Frames) -> None:
        self._container, self._pool, self._hashed = container, pool, frames
        self.faults: list[str] = []
        self._digests = [stack.frames["sha256"] for stack in container.stacks]
        self._frames = self._ahead()
        self.header_row, self.encoded = container.header_row, container.encoded

    def frame_bytes(self, stack: int, index: int) -> memoryview:
        """The bytes of one frame; those before it are passed over, checked all the same."""
        for checked in self._frames:
            if checked.fault:
                self.faults.append(f"stack {checked.stack} frame {checked.frame}: {checked.fault}")
            if (checked.stack, checked.frame) == (stack, index):
                return checked.stored
        return EMPTY

    def finish(self) -> None:
        """Check the frames that no recipe has asked for."""
        self.frame_bytes(-1, -1)

    def _ahead(self) -> Iterator[Checked]:
        waiting: deque[Future[list[Checked]]] = deque()
        for run in self._runs():
            waiting.append(self._pool.submit(self._read, *run))
            if len(waiting) > 2 * WORKERS:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()

    def _runs(self) -> Iterator[tuple[int, int, int, bool]]:
        """(stack, first frame, frame after the last, whether they are hashed) in pieces of about RUN bytes."""
        for stack, first, stop, is_loose in self._places():
            size = max(1, RUN // self._container.stacks[stack].frame_length)
            for start in range(first, stop, size):
                yield stack, start, min(start + size, stop), is_loose or self._hashed == "every"

    def _places(self) -> Iterator[tuple[int, int, int, bool]]:
        loose = [np.ones(len(stack), bool) for stack in self._container.stacks]
        for recipe in self._container.recipes:
            for piece in recipe:
                if piece.kind == schema.PieceKind.FRAMES:
                    loose[piece.source][piece.offset : piece.offset + piece.frame_count] = False
                    yield piece.source, piece.offset, piece.offset + piece.frame_count, False
        for stack, frames in enumerate(loose):
            yield from ((stack, int(index), int(index) + 1, True) for index in np.flatnonzero(frames))

    def _read(self, stack: int, first: int, stop: int, hashed: bool) -> list[Checked]:
        return [self._check(stack, index, hashed) for index in range(first, stop)]

    def _check(self, stack: int, index: int, hashed: bool) -> Checked:
        try:
            stored = self._container.frame_bytes(stack, index)
        except VerificationFailed:
            return Checked(stack, index, EMPTY, "the chunk is damaged")
        is_sound = not hashed or hashlib.sha256(stored).digest() == self._digests[stack][index].tobytes()
        return Checked(stack, index, stored, "" if is_sound else "not what was packed")


def _content_faults(container: Container, hashed: Frames = "every") -> list[str]:
    """Rebuild and hash every file, hash every frame, look at the padding of the header rows."""
    faults: list[str] = []
    waiting: deque[tuple[int, Future[bytes] | None]] = deque()

    def settle() -> None:
        index, digest = waiting.popleft()
        faults.extend(_file_faults(container, index, digest.result() if digest else None))

    with ThreadPoolExecutor(WORKERS) as pool:
        frames = FramesAhead(container, pool, hashed)
        for index in range(len(container)):
            waiting.append((index, _file_digest(container, frames, index, pool)))
            if len(waiting) > WORKERS:
                settle()
            if index % container.header_block_rows == 0:
                faults += _padding_faults(container, index)
        while waiting:
            settle()
        frames.finish()
    return frames.faults + faults


def _file_and_loose_frame_faults(container: Container) -> list[str]:
    return _content_faults(container, "loose")


def _file_digest(
    container: Container, frames: FramesAhead, index: int, pool: ThreadPoolExecutor
) -> Future[bytes] | None:
    """The digest of a rebuilt file, in the making if it is small; None if it cannot be read."""
    chunks = file_chunks(frames, container.recipes[index])
    try:
        if container.instances[index].file_length <= SMALL_FILE:
            return pool.submit(_sha256, list(chunks))
        done: Future[bytes] = Future()
        done.set_result(_sha256(chunks))
    except READ_ERRORS:
        return None
    return done


def _sha256(chunks: Iterable[Chunk]) -> bytes:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def _file_faults(container: Container, index: int, digest: bytes | None) -> list[str]:
    if digest is None:
        return [f"instance {index}: its file cannot be read"]
    if digest != container.instances[index].sha256:
        return [f"instance {index}: its file is not what was packed"]
    return []


def _padding_faults(container: Container, first: int) -> list[str]:
    """Header rows of the block that begins with row `first` that go on after their length."""
    try:
        block = container.header_block(first // container.header_block_rows)
    except READ_ERRORS:
        return [f"headers: the rows from {first} on cannot be read"]
    lengths = container.header_lengths[first : first + len(block)]
    dirty = [first + row for row, length in enumerate(lengths) if block[row, length:].any()]
    return [f"header row {row}: the padding is not zero" for row in dirty]
