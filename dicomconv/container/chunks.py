"""Frames and bytes as chunks that any HDF5 reads: byte shuffle, then a zlib stream (HDF5's own filters 2 and 1).

Everything here is a pure function; the work on whole frames releases the GIL.
"""

import hashlib
import importlib
import math
import threading
import zlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from dicomconv.container.schema import LARGEST_CHUNK
from dicomconv.errors import Undecodable

# Level 1 takes no longer than 0 and a fifth less room. What has fewer than 288 bytes (ISAL_LOOK_AHEAD) it now and then
# compresses to other bytes in another process; 0 does not
ISAL_LEVEL, LEVEL_OF_SMALL, LARGE = 1, 0, 1 << 14
Compression = Literal["fast", "small"]
Octets = NDArray[np.uint8]
Readable = bytes | bytearray | memoryview
EMPTY = bytearray()
_scratch = threading.local()


def _installed(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


libdeflate, isal_zlib = _installed("deflate"), _installed("isal.isal_zlib")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFrame:
    """One frame ready to be written: `chunk` is what HDF5 stores, `stored` the frame's own bytes, `sha256` theirs.

    `checksum`: CRC-32 of the chunk, which was inflated and compared. `file_digest`: if the frame is the first of its file,
    SHA-256 of what stands before it there and of itself.
    """

    sha256: bytes = field(repr=False)
    chunk: bytes = field(repr=False)
    stored: memoryview = field(repr=False)
    shape: tuple[int, ...]
    dtype: str
    checksum: int
    file_digest: "hashlib._Hash | None" = field(default=None, repr=False)


def encode_frame(
    values: NDArray[Any], compression: Compression = "fast", before: bytes | None = None
) -> EncodedFrame:
    """Compress one frame: (rows, columns), (rows, columns, samples) or, by plane, (samples, rows, columns).

    `before`: what stands before it in its file, if nothing else does. The dtype is kept, byte order included. Undecodable
    if the frame is empty or more than an HDF5 chunk can hold.
    """
    if not 0 < values.nbytes <= LARGEST_CHUNK:
        raise Undecodable(
            f"a frame of {values.nbytes} bytes is not stored as an array: HDF5 takes 1 to {LARGEST_CHUNK}"
        )
    octets = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    chunk, stored = _proved_chunk(shuffle(octets, values.dtype.itemsize), compression), octets.data
    digest, file_digest = hashlib.sha256(stored).digest(), None
    if before is not None:
        file_digest = hashlib.sha256(before)
        file_digest.update(stored)
    return EncodedFrame(digest, chunk, stored, values.shape, values.dtype.str, checksum(chunk), file_digest)


def _proved_chunk(plain: memoryview, compression: Compression) -> bytes:
    """A zlib stream that was inflated to the same bytes; by Python's zlib, should another one ever fail at that."""
    chunk = deflate(plain, compression)
    return chunk if _is_of(chunk, plain) else zlib.compress(plain, 6)


def _is_of(chunk: bytes, plain: memoryview) -> bool:
    """Whether a stream inflates to these bytes; each thread does it in the same memory again and again."""
    room: bytearray = getattr(_scratch, "room", EMPTY)
    if len(room) != plain.nbytes:
        room = _scratch.room = bytearray(plain.nbytes)
    try:
        inflated = imagecodecs.deflate_decode(chunk, out=room)
    except (imagecodecs.DeflateError, ValueError):
        return False
    return inflated is room and room == plain  # a memcmp, as it would not be of two views


def same_bytes(one: Readable, other: Readable) -> bool:
    """Whether two stretches of memory hold the same bytes; eight of them are compared at a time."""
    first, second = np.frombuffer(one, np.uint8), np.frombuffer(other, np.uint8)
    if first.size != second.size:
        return False
    if first.ctypes.data == second.ctypes.data:
        return True
    whole = first.size & ~7
    words = np.array_equal(first[:whole].view("<u8"), second[:whole].view("<u8"))
    return words and np.array_equal(first[whole:], second[whole:])


def checksum(content: Readable) -> int:
    """CRC-32, by ISA-L where it is installed."""
    return int(isal_zlib.crc32(content)) if isal_zlib else zlib.crc32(content)


def shuffle(stored: Octets, itemsize: int) -> memoryview:
    """First bytes of all values, then second bytes, and so on: what HDF5's shuffle filter does."""
    if itemsize == 1:
        return stored.data
    planes: Octets = np.empty((itemsize, stored.size // itemsize), np.uint8)
    if itemsize == 2:
        words = stored.view("<u2")
        np.copyto(planes[0], words, casting="unsafe")
        np.right_shift(words, 8, out=planes[1], casting="unsafe")
    else:
        planes[:] = stored.reshape(-1, itemsize).T
    return planes.reshape(-1).data


def unshuffle(shuffled: bytes | bytearray, itemsize: int) -> memoryview:
    """The inverse of `shuffle`."""
    if itemsize == 1:
        return memoryview(bytearray(shuffled))
    planes: Octets = np.frombuffer(shuffled, np.uint8).reshape(itemsize, -1)
    if itemsize == 2:
        words = planes[1].astype("<u2")
        words <<= 8
        words |= planes[0]
        return memoryview(words.view(np.uint8))
    return np.ascontiguousarray(planes.T).reshape(-1).data


def deflate(plain: bytes | memoryview, compression: Compression) -> bytes:
    """A zlib stream of the bytes: ISA-L level 1 ("fast") or libdeflate level 6 ("small"), else the zlib of Python."""
    if compression == "small":
        return bytes(libdeflate.zlib_compress(plain, 6)) if libdeflate else zlib.compress(plain, 6)
    if not isal_zlib:
        return zlib.compress(plain, 1)
    return bytes(isal_zlib.compress(plain, ISAL_LEVEL if memoryview(plain).nbytes >= LARGE else LEVEL_OF_SMALL))


def inflate(chunk: bytes, length: int) -> bytes | bytearray:
    """The bytes of a zlib stream, which must be `length` of them; zlib.error if the stream is damaged."""
    plain = _inflate(chunk, length)
    if len(plain) != length:
        raise zlib.error("the stream holds another number of bytes")
    return plain


def _inflate(chunk: bytes, length: int) -> bytes | bytearray:
    if length:
        try:
            inflated: bytes | bytearray = imagecodecs.deflate_decode(chunk, out=bytearray(length))
        except (imagecodecs.DeflateError, ValueError):
            raise zlib.error("the stream is damaged") from None
        return inflated
    inflater = zlib.decompressobj()
    nothing = inflater.decompress(chunk, length + 1)  # more than was announced is never needed
    if not inflater.eof:
        raise zlib.error("the stream is cut short or too long")
    return nothing


def chunk_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """How many bytes a chunk of this shape holds."""
    return math.prod(shape) * dtype.itemsize
