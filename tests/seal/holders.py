"""Made-up holders of RSA keys with certificates, to encrypt attributes for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from dicomconv.seal.cms import Identity, certificate_of, identity_of


@dataclass(frozen=True)
class Holder:
    """A private key and a certificate of it, both in PEM."""

    name: str
    key: bytes
    certificate: bytes

    def identity(self, *, pinned: bool = False) -> Identity:
        """The identity; `pinned`: with its certificate."""
        return identity_of(self.key, self.name, certificate=certificate_of(self.certificate, "") if pinned else None)


@cache
def holder(name: str, bits: int = 2048) -> Holder:
    """The holder of a name: the same one within a run."""
    return _certified(name, rsa.generate_private_key(65537, bits))


@cache
def elliptic(name: str) -> Holder:
    """A holder whose key is on an elliptic curve."""
    return _certified(name, ec.generate_private_key(ec.SECP256R1()))


def protected(name: str, passphrase: bytes) -> bytes:
    """The private key of a holder under a passphrase."""
    key = identity_of(holder(name).key, name).private_key
    return _pem(key, BestAvailableEncryption(passphrase))


def _certified(name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Holder:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 2, tzinfo=UTC))  # long ago: nobody asks whether it has expired
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Holder(name, _pem(key, NoEncryption()), certificate.public_bytes(Encoding.PEM))


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
