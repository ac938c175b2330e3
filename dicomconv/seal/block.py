"""The block of a seal as bytes: a header that says for whom it is, then ciphertext (docs/sealing.md).

A block is 512 * 2^n bytes: what HDF5 leaves alone in front of a file, and what keeps its length from telling much.
"""

import hashlib
import hmac
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from dicomconv.errors import Malformed
from dicomconv.model import Span

MAGIC = b"dicomconv seal 1"
UNIT, LARGEST_HEADER = 512, 1 << 20
MAC_BYTES = DIGEST_BYTES = 32
ID_BYTES = 10
_FIXED = struct.Struct("<16s16s32sQIIQI")  # magic, UUID, root digest, lengths of block, header, segment, ciphertext; N
_WRAP = struct.Struct(f"<H{ID_BYTES}sH")
ROOM = _WRAP.size + 80  # one more recipient with X25519


@dataclass(frozen=True, slots=True)
class Wrap:
    """The content key for one recipient: `kem` (RFC 9180 7.1), the id of the public key, what HPKE made."""

    kem: int
    key_id: bytes
    sealed_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Header:
    """The start of a block: which container a seal belongs to, who can open it, and how its ciphertext lies."""

    container_uuid: bytes
    root_sha256: bytes = field(repr=False)
    segment_length: int
    ciphertext_length: int
    length: int
    block_length: int
    wraps: tuple[Wrap, ...]
    mac: bytes = field(default=b"", repr=False)
    sha256: bytes = field(default=b"", repr=False)


def block_length(content_length: int) -> int:
    """The smallest 512 * 2^n that holds so many bytes."""
    return UNIT << max(0, -(-content_length // UNIT) - 1).bit_length()


def taken_length(wraps: Iterable[Wrap]) -> int:
    """How many bytes a header with these wraps takes at least."""
    return _FIXED.size + sum(_WRAP.size + len(wrap.sealed_key) for wrap in wraps) + MAC_BYTES + DIGEST_BYTES


def header_length(wraps: Iterable[Wrap]) -> int:
    """A multiple of 512 in which the wraps, and one more, have room."""
    return -(-(taken_length(wraps) + ROOM) // UNIT) * UNIT


def authenticated(header: Header) -> bytes:
    """All bytes of the header before the message authentication code."""
    fixed = _FIXED.pack(
        MAGIC, header.container_uuid, header.root_sha256, header.block_length, header.length,
        header.segment_length, header.ciphertext_length, len(header.wraps),
    )  # fmt: skip
    wraps = (_WRAP.pack(wrap.kem, wrap.key_id, len(wrap.sealed_key)) + wrap.sealed_key for wrap in header.wraps)
    return b"".join((fixed, *wraps)).ljust(header.length - MAC_BYTES - DIGEST_BYTES, b"\0")


def mac_of(header: Header, key: bytes) -> bytes:
    """HMAC-SHA256 over the header: only who opens a seal can change for whom it is."""
    return hmac.digest(key, authenticated(header), "sha256")


def encoded(header: Header, key: bytes, ciphertext: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """A block's bytes: the header with the digest of the whole at its end, ciphertext, zeros. `key`: for the header."""
    start = authenticated(header) + mac_of(header, key)
    zeros = bytes(header.block_length - header.length - header.ciphertext_length)
    yield start + _digest(start, ciphertext(), zeros)
    yield from ciphertext()
    yield zeros


def _digest(start: bytes, rest: Iterable[bytes], zeros: bytes = b"") -> bytes:
    digest = hashlib.sha256(start)
    for chunk in rest:
        digest.update(chunk)
    digest.update(zeros)
    return digest.digest()


def announced_length(start: bytes) -> int:
    """How long the block that begins like this says it is; 0 if no seal begins like this."""
    if len(start) < _FIXED.size or not start.startswith(MAGIC):
        return 0
    return int(_FIXED.unpack_from(start)[3])


def read_header(block: Span) -> Header:
    """The header of a block. Malformed if it is no seal, of another version, or its lengths contradict each other."""
    fixed = block.read(0, _FIXED.size)
    if len(fixed) < _FIXED.size or fixed[: len(MAGIC) - 1] != MAGIC[:-1]:
        raise Malformed("there is no seal", "offset 0")
    if not fixed.startswith(MAGIC):
        raise Malformed("the seal is of another version than this release reads", f"offset {len(MAGIC) - 1}")
    _, uuid, root, length, header, segment, ciphertext, count = _FIXED.unpack(fixed)
    is_sound = UNIT <= header <= min(length, LARGEST_HEADER) and segment > 0 and 16 <= ciphertext <= length - header
    if length != block.length or length != block_length(length) or not is_sound:
        raise Malformed("the seal is damaged or cut short", "its lengths")
    content = block.read(0, header)
    wraps = _wraps(content[_FIXED.size : header - MAC_BYTES - DIGEST_BYTES], count)
    mac, sha256 = content[-MAC_BYTES - DIGEST_BYTES : -DIGEST_BYTES], content[-DIGEST_BYTES:]
    found = Header(uuid, root, segment, ciphertext, header, length, wraps, mac, sha256)
    if authenticated(found) != content[: -MAC_BYTES - DIGEST_BYTES]:  # else the MAC would not be of what was read
        raise Malformed("the seal is damaged", "its header")
    return found


def _wraps(content: bytes, count: int) -> tuple[Wrap, ...]:
    wraps, position = list[Wrap](), 0
    while len(wraps) < count:
        if position + _WRAP.size > len(content):
            raise Malformed("the seal is damaged", "its list of recipients")
        kem, key_id, length = _WRAP.unpack_from(content, position)
        position += _WRAP.size + length
        wraps.append(Wrap(kem, key_id, content[position - length : position]))
    return tuple(wraps)


def is_undamaged(block: Span, header: Header) -> bool:
    """Whether every byte of the block, padding too, is what was written. It shows damage, not forgery."""
    start = block.read(0, header.length - DIGEST_BYTES)
    rest = part(block, header.length, block.length).chunks()
    return _digest(start, rest) == header.sha256


def part(span: Span, start: int, stop: int) -> Span:
    """The bytes from `start` to `stop` of a span, as a span."""
    return Span(span.source, span.offset + start, stop - start)


def ciphertext_of(block: Span, header: Header) -> Span:
    """Where the ciphertext lies."""
    return part(block, header.length, header.length + header.ciphertext_length)
