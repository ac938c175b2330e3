"""A stream encrypted in segments with AES-256-GCM, so that memory stays small and a cut or a swap is noticed.

The nonce is the segment's number and whether it is the last; the last one is bound to the root digest too, which is
known only when everything has been packed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dicomconv.errors import Malformed
from dicomconv.model import Span
from dicomconv.seal.block import MAGIC

SEGMENT = 1 << 20
TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Binding:
    """What a stream belongs to: its key, and the container that it opens with alone."""

    key: bytes = field(repr=False)
    container_uuid: bytes

    def nonce(self, number: int, last: bool) -> bytes:
        """12 bytes that no two segments of a seal share."""
        return number.to_bytes(11, "big") + bytes([last])

    def associated(self, root_sha256: bytes) -> bytes:
        """What every segment is bound to; the last with the root digest, the others with nothing in its place."""
        return MAGIC + self.container_uuid + root_sha256


class Encrypter:
    """Encrypts what is written to it, a segment at a time. The end waits for the root digest."""

    def __init__(self, binding: Binding, segment_length: int, write: Callable[[bytes], object]):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher, self._binding, self._size, self._write = AESGCM(binding.key), binding, segment_length, write
        self._waiting, self._number = bytearray(), 0
        self.length = 0

    def write(self, plain: bytes) -> None:
        """Take more; full segments go out as soon as it is sure that they are not the last."""
        self.length += len(plain)
        self._waiting += plain
        while len(self._waiting) > self._size:
            self._put(bytes(self._waiting[: self._size]), b"", False)
            del self._waiting[: self._size]

    def finish(self, root_sha256: bytes) -> None:
        """Write the last segment, which says that it is the last and binds the stream to the root digest."""
        self._put(bytes(self._waiting), root_sha256, True)

    def _put(self, plain: bytes, root_sha256: bytes, last: bool) -> None:
        nonce = self._binding.nonce(self._number, last)
        self._write(self._cipher.encrypt(nonce, plain, self._binding.associated(root_sha256)))
        self._number += 1


def encrypted_length(plain_length: int, segment_length: int) -> int:
    """How long the ciphertext of so many bytes is."""
    return plain_length + TAG_BYTES * max(1, -(-plain_length // segment_length))


def longest_plain(room: int, segment_length: int) -> int:
    """The longest plaintext whose ciphertext fits into so many bytes."""
    full, rest = divmod(room, segment_length + TAG_BYTES)
    return full * segment_length + max(0, rest - TAG_BYTES)


def decrypted(ciphertext: Span, binding: Binding, segment_length: int, root_sha256: bytes) -> Iterator[bytes]:
    """The plaintext, a segment at a time. Malformed as soon as one is not what was written, where it was written."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, step = AESGCM(binding.key), segment_length + TAG_BYTES
    for number, start in enumerate(range(0, ciphertext.length, step)):
        is_last = start + step >= ciphertext.length
        associated = binding.associated(root_sha256 if is_last else b"")
        try:
            yield cipher.decrypt(binding.nonce(number, is_last), ciphertext.read(start, start + step), associated)
        except InvalidTag:
            raise Malformed("the seal is damaged, or another container's", f"segment {number}") from None
