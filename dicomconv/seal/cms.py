"""The standard's own reversal: what de-identification changed, encrypted for those who may know it, in the file itself.

PS3.15 E.1.1 (de-identifier), E.1.2 (re-identifier), PS3.3 C.12.1.1.4.1 (Encrypted Attributes Sequence).
"""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicomconv.elements import EXPLICIT_LITTLE, Element, Encoding, inner_encoding, items, scan, scan_items
from dicomconv.encode import encode, encode_item, encode_sequence
from dicomconv.errors import DicomconvError, KeyFileError, Malformed, UsageError
from dicomconv.header import Header
from dicomconv.part10 import INFLATED_SYNTAX
from dicomconv.preface import EXPLICIT_SYNTAX, declared_encoding
from dicomconv.seal.enveloped import enveloped, opened
from dicomconv.seal.reencode import explicit_little
from dicomconv.standard import tag_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

LEAST_BITS = 2048
LARGEST_INFLATED = 1 << 28
CREATOR, CREATOR_TAG, ADDED_TAG = "DICOMCONV", 0x04010010, 0x04011001
WITHOUT_EXTRA = "encrypting needs the package cryptography: pip install 'dicomconv[seal]'"


@dataclass(frozen=True, slots=True)
class Modified:
    """What de-identification changed: the original elements, explicit VR little endian; the tags that it added."""

    elements: bytes = field(repr=False)
    added: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever may open encrypted attributes: a private key, the file it is from, and a certificate of it, if given."""

    name: str
    private_key: "RSAPrivateKey" = field(repr=False)
    certificate: "Certificate | None" = field(default=None, repr=False)


def certificate_of(data: bytes, name: str) -> "Certificate":
    """A certificate that can be encrypted for, from PEM or DER. UsageError names file and fault if it is none.

    Whether it has expired or who signed it is not asked: whoever names it vouches for it.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate
    except ImportError:
        raise UsageError(WITHOUT_EXTRA) from None
    try:
        load = load_pem_x509_certificate if b"-----BEGIN" in data else load_der_x509_certificate
        certificate = load(data)
        public_key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{name}: this is no X.509 certificate in PEM or DER") from None
    if not isinstance(public_key, RSAPublicKey):
        raise UsageError(f"{name}: the certificate's key is not RSA; encrypted attributes need one that is")
    if public_key.key_size < LEAST_BITS:
        raise UsageError(
            f"{name}: the certificate's RSA key has {public_key.key_size} bits; {LEAST_BITS} are the least"
        )
    return certificate


def identity_of(
    data: bytes, name: str, *, passphrase: bytes | None = None, certificate: "Certificate | None" = None
) -> Identity:
    """An identity from a private key in PEM. KeyFileError if it is none, not RSA, or of another certificate."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise UsageError(WITHOUT_EXTRA) from None
    try:
        private_key = load_pem_private_key(data, passphrase)
    except TypeError:
        fault = "it is protected: name the file with its passphrase" if passphrase is None else "it has no passphrase"
        raise KeyFileError(name, fault) from None
    except (ValueError, UnsupportedAlgorithm):
        fault = "this is no private key in PEM" + (", or its passphrase is another one" if passphrase else "")
        raise KeyFileError(name, fault) from None
    if not isinstance(private_key, RSAPrivateKey):
        raise KeyFileError(name, "the private key is not RSA; encrypted attributes are for keys that are")
    if certificate and certificate.public_key() != private_key.public_key():
        raise KeyFileError(name, "the certificate is of another key")
    return Identity(name, private_key, certificate)


def encrypted_attributes(modified: Modified, certificates: Iterable[bytes], encoding: Encoding) -> bytes:
    """The element (0400,0500) in this encoding: one item for each certificate, the content in AES-256-CBC for its key.

    Encrypting draws random numbers: no two calls give the same bytes.
    """
    content = _encrypted_data_set(modified)
    made = b"".join(_item(_enveloped(content, certificate), encoding) for certificate in certificates)
    return encode_sequence(tag_of("EncryptedAttributesSequence"), "SQ", made, encoding, encoding, undefined=False)


def _encrypted_data_set(modified: Modified) -> bytes:
    """The Encrypted Attributes Data Set, and behind it, in a private block, what has to go when it is put back."""
    item = encode_item(modified.elements, EXPLICIT_LITTLE, undefined=True)
    little = EXPLICIT_LITTLE  # no lengths: an original of odd length is given back as it was
    sequence = encode_sequence(tag_of("ModifiedAttributesSequence"), "SQ", item, little, little, undefined=True)
    if not modified.added:
        return sequence
    tags = b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in modified.added)
    added = encode(ADDED_TAG, "AT", tags, EXPLICIT_LITTLE)
    return sequence + encode(CREATOR_TAG, "LO", CREATOR.encode(), EXPLICIT_LITTLE) + added


def _enveloped(content: bytes, certificate: bytes) -> bytes:
    """Enveloped data for one recipient (RFC 5652 section 6)."""
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.serialization import Encoding as Format
    from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

    builder = PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(AES256)
    recipient = certificate_of(certificate, "the recipient's certificate")
    return builder.add_recipient(recipient).encrypt(Format.DER, [PKCS7Options.Binary])


def _item(encrypted: bytes, encoding: Encoding) -> bytes:
    syntax = encode(tag_of("EncryptedContentTransferSyntaxUID"), "UI", EXPLICIT_SYNTAX.encode(), encoding)
    return encode_item(syntax + encode(tag_of("EncryptedContent"), "OB", encrypted, encoding), encoding)


def decrypted(encrypted: Sequence[Header], identity: Identity) -> Modified:
    """What the first item holds that an identity opens; the items: those of the Encrypted Attributes Sequence.

    KeyFileError if it opens none; Malformed if there is nothing in them that could be opened. The encryption is not
    authenticated: what a wrong key gives is told by its not being a data set with Modified Attributes Sequence.
    """
    fault = Malformed("the sequence has no item with encrypted content", "EncryptedAttributesSequence")
    readable = 0
    for item in encrypted:
        try:
            message = enveloped(item.raw("EncryptedContent"))
        except Malformed as error:
            fault = error
            continue
        readable += 1
        for content in opened(message, identity.private_key, identity.certificate):
            try:
                return modified_of(content, item.text("EncryptedContentTransferSyntaxUID"))
            except DicomconvError:
                continue
    if readable:
        raise KeyFileError(identity.name, "what is encrypted in this file is for another key, or damaged")
    raise fault


def modified_of(content: bytes, syntax: str) -> Modified:
    """The original elements in an Encrypted Attributes Data Set (PS3.3 Table C.12-7). Malformed if it is none."""
    if syntax in INFLATED_SYNTAX:
        content = _inflated(content)
    encoding = declared_encoding(syntax)
    found = scan(content, 0, len(content), encoding, 1)
    if content[found.stop :].strip(b"\0"):
        raise Malformed("the decrypted content is no data set", f"its byte {found.stop}")
    by_tag = {element.tag: element for element in found.elements}
    sequence = by_tag.get(tag_of("ModifiedAttributesSequence"))
    places = items(content, sequence, encoding) if sequence else []
    if sequence is None or len(places) != 1:
        raise Malformed("the decrypted content has not exactly one item", "ModifiedAttributesSequence")
    inner = inner_encoding(sequence, encoding)
    elements = scan_items(content, *places[0][1:], inner, 1)
    signed = Header(content, elements, inner).number("PixelRepresentation") == 1
    originals = explicit_little(content, elements, encoding=inner, signed=signed)
    return Modified(originals, _added(content, by_tag, encoding))


def _added(content: bytes, by_tag: Mapping[int, Element], encoding: Encoding) -> tuple[int, ...]:
    """The tags that were added, if it was us who said so."""
    creator, added = by_tag.get(CREATOR_TAG), by_tag.get(ADDED_TAG)
    if creator is None or added is None or content[creator.value : creator.end].strip(b" ") != CREATOR.encode():
        return ()
    value = content[added.value : added.end]
    numbers = struct.unpack_from(f"{encoding.order}{len(value) // 4 * 2}H", value)
    return tuple(group << 16 | number for group, number in zip(numbers[::2], numbers[1::2], strict=True))


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, LARGEST_INFLATED)
    except zlib.error:
        raise Malformed("the decrypted content is no deflated data set", "its start") from None
