"""Key pairs for seals, and the content key wrapped for each recipient: HPKE (RFC 9180) with X25519.

Post-quantum pairs are an ML-KEM-768 key and an X25519 key, one PEM block each, used together: who wants to open the seal
has to break both.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from dicomconv.errors import KeyFileError, UsageError
from dicomconv.seal.block import ID_BYTES, Wrap
from dicomconv.seal.pkcs8 import encrypted_private_key, pem

X25519, HYBRID = 0x0020, 0x647A  # the KEM's number in IANA's registry of HPKE
INFO = b"dicomconv seal 1 content key"
CONTENT_KEY_BYTES = 32
PUBLIC, PRIVATE, ENCRYPTED = "PUBLIC KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"
_PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key that a seal is made for. `der`: SubjectPublicKeyInfo, one or two."""

    kem: int
    key_id: bytes
    der: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key that opens seals; to be held in memory only. `der`: PrivateKeyInfo, one or two."""

    kem: int
    key_id: bytes
    der: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ContentKeys:
    """The keys of one seal, both from its content key: for the encrypted stream, and for the header."""

    stream: bytes = field(repr=False)
    header: bytes = field(repr=False)


def content_keys(content_key: bytes) -> ContentKeys:
    """HMAC-SHA256 of each purpose under the content key, which is 256 random bits."""
    purposes = (b"dicomconv seal 1 stream", b"dicomconv seal 1 header")
    return ContentKeys(*(hmac.digest(content_key, purpose, "sha256") for purpose in purposes))


def shown(key_id: bytes) -> str:
    """The id of a public key as people see it: 16 capital letters and digits."""
    return base64.b32encode(key_id).decode()


def generate(passphrase: bytes = b"", *, post_quantum: bool = False) -> tuple[bytes, bytes]:
    """A new pair as PEM, private and public; the private one under the passphrase, if there is one."""
    crypto()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

    try:
        keys: list[Any] = [mlkem.MLKEM768PrivateKey.generate()] if post_quantum else []
    except UnsupportedAlgorithm:
        raise UsageError("the OpenSSL behind `cryptography` here has no ML-KEM; leave out --post-quantum") from None
    keys.append(x25519.X25519PrivateKey.generate())
    private = [_private_der(key) for key in keys]
    if passphrase:
        texts = [pem(ENCRYPTED, encrypted_private_key(der, passphrase)) for der in private]
    else:
        texts = [pem(PRIVATE, der) for der in private]
    return b"".join(texts), b"".join(pem(PUBLIC, _public_der(key.public_key())) for key in keys)


def crypto() -> None:
    """UsageError if `cryptography` is missing, or too old to know HPKE."""
    try:
        import cryptography.hazmat.primitives.hpke  # noqa: F401 - whether it is there
    except ImportError:
        raise UsageError("seals need the extra dicomconv[seal] (cryptography 47 or newer), which is not here") from None


def _private_der(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    der: bytes = key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
    return der


def _public_der(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    der: bytes = key.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    return der


def recipient(content: bytes, name: str) -> Recipient:
    """The public key of a PEM file. KeyFileError if it is none, or a private one; `name`: the file's, for the error."""
    crypto()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    blocks = list(_PEM.finditer(content))
    if any(b"PRIVATE" in block[1] for block in blocks):
        raise KeyFileError(
            name, "this is a private key: keep it away from where files are converted, and name the .pub"
        )
    try:
        keys = _in_order([load_pem_public_key(block[0]) for block in blocks])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        keys = []
    found = Recipient(*_described(keys, name))
    try:
        wrapped(bytes(CONTENT_KEY_BYTES), found, b"")
    except ValueError:  # a point of low order: what it seals, everybody could open (RFC 7748 6.1)
        raise KeyFileError(name, "this key keeps no secret; `dicomconv keygen --seal NAME` makes a pair") from None
    return found


def identity(content: bytes, passphrase: bytes, name: str) -> Identity:
    """The private key of a PEM file. KeyFileError if it is none, or the passphrase is not its own."""
    crypto()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    secret = passphrase if is_encrypted(content) else None
    try:
        found = _in_order([load_pem_private_key(block[0], secret) for block in _PEM.finditer(content)])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fault = "it does not open with this passphrase" if secret is not None else "this is not a private key of keygen"
        raise KeyFileError(name, fault) from None
    kem, key_id, _ = _described([key.public_key() for key in found], name)
    return Identity(kem, key_id, tuple(_private_der(key) for key in found))


def is_encrypted(content: bytes) -> bool:
    """Whether a private key is under a passphrase."""
    return any(block[1] == ENCRYPTED.encode() for block in _PEM.finditer(content))


def _in_order(keys: list[Any]) -> list[Any]:
    """ML-KEM first, as in the KEM's name."""
    return sorted(keys, key=lambda key: type(key).__name__)


def _described(public: list[Any], name: str) -> tuple[int, bytes, tuple[bytes, ...]]:
    kinds = {("X25519PublicKey",): X25519, ("MLKEM768PublicKey", "X25519PublicKey"): HYBRID}
    kem = kinds.get(tuple(type(key).__name__ for key in public))
    if kem is None:
        raise KeyFileError(name, "this is not a key for seals; `dicomconv keygen --seal NAME` makes a pair")
    der = tuple(_public_der(key) for key in public)
    return kem, hashlib.sha256(b"".join(der)).digest()[:ID_BYTES], der


def wrapped(content_key: bytes, recipient: Recipient, info: bytes) -> Wrap:
    """The content key such that only this recipient gets it back; bound to `info`."""
    from cryptography.hazmat.primitives import hpke
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    keys: list[Any] = [load_der_public_key(der) for der in recipient.der]
    public = hpke.MLKEM768X25519PublicKey(*keys) if recipient.kem == HYBRID else keys[0]
    return Wrap(recipient.kem, recipient.key_id, _suite(recipient.kem).encrypt(content_key, public, info=INFO + info))


def unwrapped(wrap: Wrap, identity: Identity, info: bytes) -> bytes | None:
    """The content key; None if this wrap is damaged, for another key or of another container."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hpke
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    keys: list[Any] = [load_der_private_key(der, None) for der in identity.der]
    private = hpke.MLKEM768X25519PrivateKey(*keys) if identity.kem == HYBRID else keys[0]
    try:
        content_key: bytes = _suite(identity.kem).decrypt(wrap.sealed_key, private, info=INFO + info)
    except (InvalidTag, ValueError):
        return None
    return content_key


def _suite(kem: int) -> Any:
    from cryptography.hazmat.primitives import hpke

    kind = hpke.KEM.MLKEM768_X25519 if kem == HYBRID else hpke.KEM.X25519
    return hpke.Suite(kind, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
