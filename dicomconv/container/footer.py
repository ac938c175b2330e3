"""The footer behind the HDF5 bytes of a container: a digest of every 64 KiB of them, and of the footer itself.

Laid out in docs/container.md. HDF5 passes over what stands behind its end.
"""

import hashlib
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dicomconv.container.user_block import SIGNATURE, possible_starts, user_block_length
from dicomconv.errors import NotAContainer

MAGIC = b"\x89DCF\r\n\x1a\n"
BLOCK = 1 << 16
DIGEST = 32
WORKERS = min(2, os.cpu_count() or 1)
_FIXED = struct.Struct("<8sQ")
_SUPERBLOCK = struct.Struct("<8sBBBBQQQQ")  # version 2 and 3: II.A of the HDF5 file format


@dataclass(frozen=True, slots=True)
class Footing:
    """What the footer shows of a container.

    `start`: where its HDF5 begins. `damaged`: numbers of the blocks that are not what was written. `faults`: what is
    wrong with the footer, or with the length of the file. `is_missing`: the HDF5 bytes are all there, and nothing more.
    """

    start: int
    body_length: int
    damaged: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()
    is_missing: bool = False

    def place(self, block: int) -> tuple[int, int]:
        """Where a block begins and ends in the file."""
        first = self.start + block * BLOCK
        return first, min(first + BLOCK, self.start + self.body_length)


class Found(NamedTuple):
    """Where HDF5 begins, how many bytes of it there are, and the digests of its blocks."""

    start: int
    body_length: int
    digests: bytes


def footer_length(body_length: int) -> int:
    """How many bytes the footer of so many bytes of HDF5 has."""
    return _FIXED.size + DIGEST * -(-body_length // BLOCK) + DIGEST


def body_length_of(length: int) -> int | None:
    """How many of so many bytes are HDF5 if the rest is its footer; None if no footer fits."""
    blocks = -(-(length - _FIXED.size - DIGEST) // (BLOCK + DIGEST))
    body = length - _FIXED.size - DIGEST - blocks * DIGEST
    return body if body > 0 and footer_length(body) == length - body else None


def write_footer(path: Path) -> None:
    """Put a footer behind the HDF5 bytes as they are now, in place of the one that is there.

    Whoever changes a container through HDF5 loses the footer by that, and calls this when it is closed.
    """
    start = user_block_length(path)
    end = None if start is None else end_of_hdf5(path, start)
    if start is None or end is None:
        raise NotAContainer(str(path), "not an HDF5 file, or one that is damaged or cut short")
    footer = encoded(end - start, block_digests(path, start, end - start))
    with path.open("r+b") as file:
        file.truncate(end)
        file.seek(end)
        file.write(footer)


def encoded(body_length: int, digests: bytes) -> bytes:
    """The bytes of a footer."""
    content = _FIXED.pack(MAGIC, body_length) + digests
    return content + hashlib.sha256(content).digest()


def end_of_hdf5(path: Path, start: int) -> int | None:
    """Where the HDF5 that begins at `start` ends, by its superblock; None if that cannot be read."""
    with path.open("rb") as file:
        file.seek(start)
        fixed = file.read(_SUPERBLOCK.size)
    if len(fixed) < _SUPERBLOCK.size:
        return None
    signature, version, of_offsets, _, _, base, _, end, _ = _SUPERBLOCK.unpack(fixed)
    if signature != SIGNATURE or version not in (2, 3) or of_offsets != 8 or not base < end:
        return None
    return int(start + end - base)


def block_digests(path: Path, start: int, length: int) -> bytes:
    """SHA-256 of each block of a stretch of a file, one after the other; a part of the stretch for each thread."""
    blocks = -(-length // BLOCK)
    bounds = [start + min(blocks * part // WORKERS * BLOCK, length) for part in range(WORKERS + 1)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return b"".join(pool.map(_digests, [path] * WORKERS, bounds[:-1], bounds[1:]))


def _digests(path: Path, start: int, stop: int) -> bytes:
    """The digests of the blocks between two places, each hashed as soon as it is read: it is at hand then."""
    block, digests = memoryview(bytearray(BLOCK)), bytearray()
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while start < stop and (count := _filled(file, block[: stop - start])):
            digests += hashlib.sha256(block[:count]).digest()
            start += count
    return bytes(digests)


def _filled(file: FileIO, block: memoryview) -> int:
    """How many bytes could be read into a block, all of it if the file has so many."""
    count = 0
    while count < len(block) and (got := file.readinto(block[count:])):
        count += got
    return count


def why_unreadable(path: Path) -> str:
    """Why HDF5 does not open a file: it is none, it is cut short, or it is damaged."""
    size = path.stat().st_size
    if size == 0:
        return "empty: it was cut short"
    with path.open("rb") as file:
        if _found_by_length(file, size):
            return "damaged where HDF5 begins to read it"
    start = user_block_length(path)
    if start is None:
        return "not an HDF5 file, or damaged or cut short within its first bytes"
    end = end_of_hdf5(path, start)
    if end is not None and size < end:
        return f"cut short: of its HDF5 {size - start} of {end - start} bytes are there; copy it again"
    return "HDF5 does not open it: it is damaged, or cut short within its first bytes"


def look_at_footer(path: Path) -> Footing | None:
    """Compare a file with its footer; None if it has neither a footer nor a superblock that says where it would be."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if found := _found_by_length(file, size):
            return Footing(found.start, found.body_length, _differing(path, *found))
        start = user_block_length(path) or 0
        end = end_of_hdf5(path, start)
        return None if end is None else _unsound(path, file, start, end)


def _found_by_length(file: BinaryIO, size: int) -> Found | None:
    """The footer that ends where the file does, if it is undamaged."""
    for start in possible_starts(size):
        body = body_length_of(size - start)
        if body is not None and (digests := _sound_digests(file, start, body)) is not None:
            return Found(start, body, digests)
    return None


def _sound_digests(file: BinaryIO, start: int, body_length: int) -> bytes | None:
    """The digests in the footer that is at this place; None if there is none, or it is damaged."""
    file.seek(start + body_length)
    footer = file.read(footer_length(body_length))
    digests = footer[_FIXED.size : -DIGEST]
    return digests if len(digests) % DIGEST == 0 and encoded(body_length, digests) == footer else None


def _differing(path: Path, start: int, body_length: int, digests: bytes) -> tuple[int, ...]:
    found = block_digests(path, start, body_length)
    places = range(0, len(digests), DIGEST)
    return tuple(at // DIGEST for at in places if found[at : at + DIGEST] != digests[at : at + DIGEST])


def _unsound(path: Path, file: BinaryIO, start: int, end: int) -> Footing:
    """What became of a footer that is not at the end of the file, or not what was written."""
    body, size = end - start, path.stat().st_size
    whole = end + footer_length(body)
    if size < end:
        return Footing(start, body, (), (f"cut short: {size} of {whole} bytes are there",))
    if size == end:
        return Footing(start, body, is_missing=True)
    if size < whole:
        return Footing(start, body, (), (f"cut short within the footer: {size} of {whole} bytes are there",))
    digests = _sound_digests(file, start, body)
    if digests is not None:
        fault = f"{size - whole} bytes follow the footer, at whose end the file should end"
        return Footing(start, body, _differing(path, start, body, digests), (fault,))
    return Footing(start, body, (), tuple(_footer_faults(path, file, start, body)))


def _footer_faults(path: Path, file: BinaryIO, start: int, body_length: int) -> list[str]:
    """The parts of a damaged footer that are not what they should be."""
    file.seek(start + body_length)
    footer = file.read(footer_length(body_length))
    should = encoded(body_length, block_digests(path, start, body_length))
    parts = {"its signature": slice(0, 8), "its length of the HDF5 bytes": slice(8, _FIXED.size)}
    for at in range(_FIXED.size, len(should) - DIGEST, DIGEST):
        first = (at - _FIXED.size) // DIGEST * BLOCK
        parts[f"its digest of bytes {first} to {min(first + BLOCK, body_length)}"] = slice(at, at + DIGEST)
    wrong = [name for name, part in parts.items() if footer[part] != should[part]]
    return [f"the footer is damaged: {name}" for name in wrong or ["its own digest"]]
