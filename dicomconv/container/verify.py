"""Check a container against itself: every digest, shape, recipe and file. Each frame is read once."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from dicomconv.container import schema
from dicomconv.container.columns import READ_ERRORS, read_text
from dicomconv.container.digest import root_digest
from dicomconv.container.footer import Footing, look_at_footer
from dicomconv.container.frames_ahead import WORKERS, FramesAhead
from dicomconv.container.parts import footing_faults
from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import Chunk, file_chunks
from dicomconv.container.recipes import recipe_faults, uncovered_faults
from dicomconv.container.set_faults import set_faults
from dicomconv.container.shapes import shape_faults
from dicomconv.errors import NotAContainer, VerificationFailed

SMALL_FILE = 1 << 24  # a file up to this size is hashed by a thread, whole


Check = Callable[[Container], list[str]]


def verify(path: Path) -> list[str]:
    """The faults of a container, each with what and where; none if it is sound. NotAContainer if it is none."""
    return _faults(path, look_at_footer(path), _content_faults, set_faults)


def verify_before_recovery(path: Path) -> list[str]:
    """The faults of a container but those of its files, for who hashes them anyway.

    Where another program has taken the footer, all but that it is missing: the other digests say as much of the files.
    """
    footing = look_at_footer(path)
    if footing is None or footing.is_missing:
        return _faults(path, None, _content_faults)
    return _faults(path, footing, _loose_frame_faults)


def _faults(path: Path, footing: Footing | None, *content: Check) -> list[str]:
    try:
        with open_container(path) as container:
            faults = footing_faults(footing, container.file) if footing else []
            return faults + faults_inside(container, *content)
    except NotAContainer as error:
        if footing is None or not (faults := footing_faults(footing, reason=error.fault)):
            raise
        return faults


def faults_inside(container: Container, *content: Check) -> list[str]:
    """The faults of the tables of a container, and, if they make sense, those that further checks find in its content."""
    faults: list[str] = []
    for check in (shape_faults, _root_faults, _recipe_faults, *content):
        found = _readable(check, container)
        faults += found
        if found and check in (shape_faults, _recipe_faults):
            break  # what follows stands on these
    return faults


def _readable(check: Check, container: Container) -> list[str]:
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


def _content_faults(container: Container) -> list[str]:
    """Rebuild and hash every file, hash every frame, look at the padding of the header rows."""
    faults: list[str] = []
    waiting: deque[tuple[int, Future[bytes] | None]] = deque()

    def settle() -> None:
        index, digest = waiting.popleft()
        faults.extend(_file_faults(container, index, digest.result() if digest else None))

    with ThreadPoolExecutor(WORKERS) as pool:
        frames = FramesAhead(container, pool)
        for index in range(len(container)):
            waiting.append((index, _file_digest(container, frames, index, pool)))
            if len(waiting) > WORKERS:
                settle()
            if index % container.header_block_rows == 0:
                faults += padding_faults(container, index)
        while waiting:
            settle()
        frames.finish()
    return frames.faults + faults


def _loose_frame_faults(container: Container) -> list[str]:
    """Hash the frames that are in no file, look at the padding of the header rows."""
    with ThreadPoolExecutor(WORKERS) as pool:
        frames = FramesAhead(container, pool, is_loose_only=True)
        frames.finish()
    return frames.faults + _allpadding_faults(container)



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


def _allpadding_faults(container: Container) -> list[str]:
    firsts = range(0, len(container), container.header_block_rows)
    return [fault for first in firsts for fault in padding_faults(container, first)]


def padding_faults(container: Container, first: int) -> list[str]:
    """Header rows of the block that begins with row `first` that go on after their length."""
    try:
        block = container.header_block(first // container.header_block_rows)
    except READ_ERRORS:
        return [f"headers: the rows from {first} on cannot be read"]
    lengths = container.header_lengths[first : first + len(block)]
    dirty = [first + row for row, length in enumerate(lengths) if block[row, length:].any()]
    return [f"header row {row}: the padding is not zero" for row in dirty]
