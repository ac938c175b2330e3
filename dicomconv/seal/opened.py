"""Open a seal with a private key, and read what is in it; nothing of it is believed before it is authenticated."""

import hmac
import itertools
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dicomconv.errors import Malformed, UsageError
from dicomconv.model import CHUNK, Span
from dicomconv.seal import block
from dicomconv.seal.block import Header, Wrap
from dicomconv.seal.keys import ContentKeys, Identity, Recipient, content_keys, shown, unwrapped, wrapped
from dicomconv.seal.records import LARGEST_RECORD, Record, SealedSeries, decode
from dicomconv.seal.segments import Binding, decrypted

LARGEST_DICTIONARY = 1 << 28  # bytes that unpacking may take


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal that a key has opened."""

    block: Span = field(repr=False)
    header: Header
    content_key: bytes = field(repr=False)

    @property
    def keys(self) -> ContentKeys:
        """The keys that are made of the content key."""
        return content_keys(self.content_key)

    def plain(self) -> Iterator[bytes]:
        """The stream, decrypted, a segment at a time. Malformed if anything of it is not what was sealed."""
        header = self.header
        binding = Binding(self.keys.stream, header.container_uuid)
        return decrypted(block.ciphertext_of(self.block, header), binding, header.segment_length, header.root_sha256)

    def check(self) -> None:
        """Decrypt all of it once, so that nothing is written of a seal that is damaged at its end."""
        for _ in self.plain():
            pass


def open_seal(sealed: Span, identity: Identity) -> Seal | None:
    """The seal, opened; None if it is not for this key. Malformed if a byte of the block is not what was written."""
    header = block.read_header(sealed)
    if not block.is_undamaged(sealed, header):
        raise Malformed("the seal is damaged", "its digest")
    for wrap in header.wraps:
        if wrap.key_id == identity.key_id and wrap.kem == identity.kem:
            return _opened(sealed, header, wrap, identity)
    return None


def _opened(sealed: Span, header: Header, wrap: Wrap, identity: Identity) -> Seal:
    content_key = unwrapped(wrap, identity, header.container_uuid + header.root_sha256)
    if content_key is None:
        raise Malformed("the seal is damaged, or another container's", "its content key")
    if not hmac.compare_digest(block.mac_of(header, content_keys(content_key).header), header.mac):
        raise Malformed("the seal was changed by someone who cannot open it", "its header")
    return Seal(sealed, header, content_key)


class Unpacked:
    """The records of a seal, one after the other, and after each the sealed bytes that belong to it."""

    def __init__(self, chunks: Iterable[bytes]):
        self._chunks, self._waiting = iter(chunks), bytearray()
        self._inflater = lzma.LZMADecompressor(lzma.FORMAT_XZ, LARGEST_DICTIONARY)

    def read(self, length: int) -> bytes:
        """The next so many bytes of the stream."""
        while len(self._waiting) < length:
            if self._inflater.eof:
                raise Malformed("the seal ends too early", "its stream")
            self._waiting += self._unpacked()
        taken = bytes(self._waiting[:length])
        del self._waiting[:length]
        return taken

    def _unpacked(self) -> bytes:
        """Some more of the stream; now and then nothing."""
        chunk = next(self._chunks, None) if self._inflater.needs_input else b""
        if chunk is None:
            raise Malformed("the seal ends too early", "its stream")
        try:
            return self._inflater.decompress(chunk, CHUNK)
        except lzma.LZMAError:
            raise Malformed("the seal cannot be unpacked", "its stream") from None

    def record(self) -> tuple[Record, bytes]:
        """The next record, and the digest that the last one carries."""
        length = int.from_bytes(self.read(4), "little")
        if length > LARGEST_RECORD:
            raise Malformed("the seal holds something that is no record", "a record")
        record, sha256 = decode(self.read(length))
        if isinstance(record, SealedSeries):
            self._finish()
        return record, sha256

    def _finish(self) -> None:
        """Nothing follows the last record in the stream, and nothing but zeros the stream."""
        more = bytes(self._waiting)
        while not more and not self._inflater.eof:
            more = self._unpacked()
        if more or any(chunk.strip(b"\0") for chunk in itertools.chain([self._inflater.unused_data], self._chunks)):
            raise Malformed("something follows the last record", "the end of the seal")


def rewrapped(seal: Seal, add: Sequence[Recipient], remove: Sequence[Recipient]) -> Iterator[bytes]:
    """The block for other recipients; what is sealed stays as it is. UsageError if nobody would be left to open it."""
    header = seal.header
    info = header.container_uuid + header.root_sha256
    gone, there = {one.key_id for one in remove}, {wrap.key_id for wrap in header.wraps}
    kept = tuple(wrap for wrap in header.wraps if wrap.key_id not in gone)
    new = {one.key_id: one for one in add if one.key_id not in there - gone}
    wraps = (*kept, *(wrapped(seal.content_key, one, info) for one in new.values()))
    if not wraps:
        raise UsageError("a seal that nobody can open is of no use: add a recipient, or use `dicomconv strip`")
    length = header.length if block.taken_length(wraps) <= header.length else block.header_length(wraps)
    whole = block.block_length(length + header.ciphertext_length)
    changed = replace(header, wraps=wraps, length=length, block_length=whole)
    return block.encoded(changed, seal.keys.header, block.ciphertext_of(seal.block, header).chunks)


def recipients_of(header: Header) -> tuple[str, ...]:
    """The ids of the public keys that a seal is for."""
    return tuple(shown(wrap.key_id) for wrap in header.wraps)
