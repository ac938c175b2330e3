"""The enveloped data of a cryptographic message, read and opened (RFC 5652 section 6, PS3.15 E.1.2).

A re-identifier has to open AES and Triple-DES of every key length, also without the recipient's certificate at hand;
the ready-made function of `cryptography` needs a certificate and knows AES-128 and AES-256 alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicomconv.errors import Malformed
from dicomconv.seal import ber

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.ciphers import CipherAlgorithm
    from cryptography.x509 import Certificate

ENVELOPED_DATA = "1.2.840.113549.1.7.3"
RSA_PKCS1, RSA_OAEP = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.7"
DES_EDE3_CBC = "1.2.840.113549.3.7"
KEY_BYTES = {
    DES_EDE3_CBC: 24,
    "2.16.840.1.101.3.4.1.2": 16,
    "2.16.840.1.101.3.4.1.22": 24,
    "2.16.840.1.101.3.4.1.42": 32,
}
HASHES = {
    "1.3.14.3.2.26": "SHA1",
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient: the content key encrypted for the certificate of an issuer and number, or of a key identifier."""

    issuer: bytes
    serial_number: int
    key_identifier: bytes
    algorithm: str
    parameters: tuple[ber.Value, ...] = field(repr=False)
    encrypted_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enveloped:
    """Enveloped data: the recipients, and the content as it is encrypted for all of them."""

    recipients: tuple[Recipient, ...]
    algorithm: str
    vector: bytes = field(repr=False)
    content: bytes = field(repr=False)


def enveloped(data: bytes) -> Enveloped:
    """Read enveloped data; what stands behind it is padding. Malformed if it is none."""
    try:
        kind, outer = ber.values(ber.read(data, 0, len(data)))
        if ber.object_identifier(kind) != ENVELOPED_DATA:
            raise Malformed("the encrypted content is no enveloped data", "its type")
        _, *parts = ber.values(ber.values(outer)[0])
        if parts[0].tag == ber.CONTEXT | ber.CONSTRUCTED:  # what the originator says of itself
            del parts[0]
        recipients = tuple(_recipient(one) for one in ber.values(parts[0]) if one.tag == ber.SEQUENCE)
        _, method, content = ber.values(parts[1])
        algorithm, vector = ber.values(method)
        return Enveloped(recipients, ber.object_identifier(algorithm), ber.octets(vector), ber.octets(content))
    except (ValueError, IndexError):  # fewer values, or more, than the message has to have
        raise Malformed("the encrypted content is no enveloped data", "its structure") from None


def _recipient(info: ber.Value) -> Recipient:
    _, identifier, method, key = ber.values(info)
    algorithm, *parameters = ber.values(method)
    issuer, number, key_identifier = b"", 0, b""
    if identifier.tag == ber.SEQUENCE:
        name, serial = ber.values(identifier)
        issuer, number = name.encoded, int.from_bytes(serial.content, "big", signed=True)
    else:
        key_identifier = ber.octets(identifier)
    return Recipient(issuer, number, key_identifier, ber.object_identifier(algorithm), tuple(parameters), key.content)


def opened(message: Enveloped, private_key: "RSAPrivateKey", certificate: "Certificate | None") -> Iterator[bytes]:
    """What the content may be, for each recipient whose key this could be; a wrong key can give garbage, too.

    `certificate`: only what is for its holder.
    """
    for recipient in message.recipients:
        if certificate is None or is_for(recipient, certificate):
            key = _content_key(recipient, private_key)
            content = _decrypted(message, key) if len(key) == KEY_BYTES.get(message.algorithm) else None
            if content is not None:
                yield content


def is_for(recipient: Recipient, certificate: "Certificate") -> bool:
    """Whether a recipient is the holder of a certificate."""
    from cryptography.x509 import ExtensionNotFound, SubjectKeyIdentifier

    if recipient.issuer:
        return (recipient.issuer, recipient.serial_number) == (
            certificate.issuer.public_bytes(),
            certificate.serial_number,
        )
    try:
        extension = certificate.extensions.get_extension_for_class(SubjectKeyIdentifier)
    except ExtensionNotFound:
        return False
    return extension.value.digest == recipient.key_identifier


def _content_key(recipient: Recipient, private_key: "RSAPrivateKey") -> bytes:
    """The key of the content; nothing, or other bytes, if it was not encrypted for this private key."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        padding = _padding(recipient)
        return private_key.decrypt(recipient.encrypted_key, padding) if padding else b""
    except (ValueError, IndexError, UnsupportedAlgorithm):
        return b""


def _padding(recipient: Recipient) -> "AsymmetricPadding | None":
    """How the content key was padded: PKCS #1 v1.5, or OAEP with its two hashes (RFC 4055 4.1)."""
    from cryptography.hazmat.primitives.asymmetric import padding

    if recipient.algorithm == RSA_PKCS1:
        return padding.PKCS1v15()
    if recipient.algorithm != RSA_OAEP:
        return None
    given = {one.tag: one for outer in recipient.parameters for one in ber.values(outer)}
    digest, mask = given.get(0xA0), given.get(0xA1)
    hash_name = HASHES.get(_first_identifier(digest) if digest else "1.3.14.3.2.26", "")
    mask_name = HASHES.get(_last_identifier(mask) if mask else "1.3.14.3.2.26", "")
    if not hash_name or not mask_name:
        return None
    from cryptography.hazmat.primitives import hashes

    mgf = padding.MGF1(getattr(hashes, mask_name)())
    return padding.OAEP(mgf=mgf, algorithm=getattr(hashes, hash_name)(), label=None)


def _first_identifier(explicit: ber.Value) -> str:
    """The algorithm inside an explicit tag."""
    return ber.object_identifier(ber.values(ber.values(explicit)[0])[0])


def _last_identifier(explicit: ber.Value) -> str:
    """The hash that is the parameter of the mask generation function inside an explicit tag."""
    return ber.object_identifier(ber.values(ber.values(ber.values(explicit)[0])[1])[0])


def _decrypted(message: Enveloped, key: bytes) -> bytes | None:
    """The content, its padding removed and checked (RFC 5652 6.3); None if that is not what it should be."""
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    try:
        decryptor = Cipher(_cipher(message.algorithm, key), modes.CBC(message.vector)).decryptor()
        unpadder = PKCS7(8 * len(message.vector)).unpadder()
        padded = decryptor.update(message.content) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _cipher(algorithm: str, key: bytes) -> "CipherAlgorithm":
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    return TripleDES(key) if algorithm == DES_EDE3_CBC else AES(key)
