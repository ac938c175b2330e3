"""Certificates and private keys in files, as `--encrypted-attributes` and `reidentify` are given them."""

from pathlib import Path

from dicomconv.errors import KeyFileError, UsageError
from dicomconv.seal.cms import Identity, certificate_of, identity_of


def read_certificate(path: Path) -> bytes:
    """The bytes of a certificate that can be encrypted for, checked. UsageError names file and fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the certificate cannot be read ({_fault(error)})") from None
    certificate_of(data, str(path))
    return data


def read_identity(path: Path, passphrase_file: Path | None = None, certificate: Path | None = None) -> Identity:
    """The identity in a private key's file. KeyFileError if it cannot be read, or is of another certificate."""
    passphrase = _read_key_file(passphrase_file).rstrip(b"\r\n") if passphrase_file else None
    holder = certificate_of(read_certificate(certificate), str(certificate)) if certificate else None
    return identity_of(_read_key_file(path), str(path), passphrase=passphrase, certificate=holder)


def _read_key_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(str(path), f"it cannot be read ({_fault(error)})") from None


def _fault(error: OSError) -> str:
    return (error.strerror or "error").lower()
