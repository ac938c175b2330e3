"""Seal the originals of a series while it is converted: one compressed stream, encrypted for public keys alone.

Only ciphertext is ever written to a disk, and only when a seal is too large to be held in memory.
"""

import hashlib
import lzma
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dicomconv.model import CHUNK, Span
from dicomconv.part10 import Parts, join
from dicomconv.seal import block
from dicomconv.seal.block import Header
from dicomconv.seal.keys import Recipient, content_keys, wrapped
from dicomconv.seal.recipe import Kind, Piece, is_exact, pixel_pieces, sealed_bytes
from dicomconv.seal.records import OriginalFile, SealedInstance, SealedSeries, encode_instance, encode_series
from dicomconv.seal.segments import SEGMENT, Binding, Encrypter, encrypted_length, longest_plain
from dicomconv.workers import heartbeat

IN_MEMORY = 16 << 20
MOST_PIECES = 1 << 20  # whose record is well below LARGEST_RECORD
FILTERS = [  # headers of a series repeat each other: measured, docs/sealing.md
    {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 21, "nice_len": 32, "pb": 0, "mf": lzma.MF_BT4}
]


class Sealer:
    """Takes the originals of one series in the order of the container, then gives the block of the seal."""

    def __init__(
        self, recipients: Sequence[Recipient], container_uuid: bytes, *, folder: Path, segment_length: int = SEGMENT
    ):
        self._recipients, self._uuid, self._segment_length = recipients, container_uuid, segment_length
        self._key = secrets.token_bytes(32)
        self._spool = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115 - closed in close
        binding = Binding(content_keys(self._key).stream, container_uuid)
        self._encrypter = Encrypter(binding, segment_length, self._spool.write)
        self._compressor = lzma.LZMACompressor(lzma.FORMAT_XZ, lzma.CHECK_NONE, filters=FILTERS)
        self._digests = hashlib.sha256()

    def add(self, original: Parts, kept: Span, *, index: int, files: tuple[OriginalFile, ...]) -> SealedInstance:
        """Seal one original; `kept`: the pixel value that the container holds of it as instance `index`."""
        pieces = pixel_pieces(original.pixels, kept)
        if len(pieces) > MOST_PIECES or not is_exact(pieces, original.pixels, kept):
            pieces = [Piece(Kind.SEALED, 0, original.pixels.length)]
        head, tail = Piece(Kind.SEALED, 0, len(original.head)), Piece(Kind.SEALED, 0, len(original.tail))
        instance = SealedInstance(index, files, (head, *pieces, tail))
        self._write(encode_instance(instance))
        self._write(original.head)
        for plain in heartbeat.along(sealed_bytes(pieces, original.pixels, kept)):
            self._write(plain)
        self._write(original.tail)
        self._digests.update(digest_of(heartbeat.along(join(original))))
        return instance

    def _write(self, plain: bytes) -> None:
        self._encrypter.write(self._compressor.compress(plain))

    def finish(self, root_sha256: bytes, series: SealedSeries) -> Iterator[bytes]:
        """The bytes of the block, piece by piece."""
        self._write(encode_series(series, self._digests.digest()))
        self._encrypter.write(self._compressor.flush())
        wraps = tuple(wrapped(self._key, one, self._uuid + root_sha256) for one in self._recipients)
        length = block.header_length(wraps)
        content = length + encrypted_length(self._encrypter.length, self._segment_length)
        whole = block.block_length(content)
        self._pad(longest_plain(whole - length, self._segment_length))
        self._encrypter.finish(root_sha256)
        ciphertext_length = self._spool.tell()
        header = Header(self._uuid, root_sha256, self._segment_length, ciphertext_length, length, whole, wraps)
        return block.encoded(header, content_keys(self._key).header, self._ciphertext)

    def _ciphertext(self) -> Iterator[bytes]:
        self._spool.seek(0)
        while chunk := self._spool.read(CHUNK):
            yield chunk

    def _pad(self, length: int) -> None:
        """Zeros behind the compressed stream, encrypted like it: the length of a block is all that is to be seen."""
        while missing := length - self._encrypter.length:
            self._encrypter.write(bytes(min(missing, CHUNK)))

    def close(self) -> None:
        """Let go of the ciphertext."""
        self._spool.close()


def digest_of(chunks: Iterable[bytes]) -> bytes:
    """SHA-256 of the bytes of a file."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()
