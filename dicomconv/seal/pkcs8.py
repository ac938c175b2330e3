"""A private key under a passphrase: PKCS #8 with PBES2, in as many rounds as passphrases need today (RFC 8018, 5958).

`cryptography` reads any number of rounds and writes 2048; `openssl pkey` reads this too.
"""

import base64
import hashlib
import secrets
import textwrap

ROUNDS = 600_000
PBES2, PBKDF2 = bytes.fromhex("2a864886f70d01050d"), bytes.fromhex("2a864886f70d01050c")
HMAC_SHA256, AES_256_CBC = bytes.fromhex("2a864886f70d0209"), bytes.fromhex("60864801650304012a")
SEQUENCE, OBJECT, OCTETS, INTEGER, NULL = 0x30, 0x06, 0x04, 0x02, 0x05


def encrypted_private_key(private_key: bytes, passphrase: bytes) -> bytes:
    """EncryptedPrivateKeyInfo of a PrivateKeyInfo, both DER."""
    salt, initial = secrets.token_bytes(16), secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS, 32)
    function = _der(SEQUENCE, _der(OBJECT, HMAC_SHA256), _der(NULL))
    rounds = _der(INTEGER, ROUNDS.to_bytes(3, "big"))
    derivation = _der(SEQUENCE, _der(OBJECT, PBKDF2), _der(SEQUENCE, _der(OCTETS, salt), rounds, function))
    cipher = _der(SEQUENCE, _der(OBJECT, AES_256_CBC), _der(OCTETS, initial))
    algorithm = _der(SEQUENCE, _der(OBJECT, PBES2), _der(SEQUENCE, derivation, cipher))
    return _der(SEQUENCE, algorithm, _der(OCTETS, _encrypted(private_key, key, initial)))


def _encrypted(plain: bytes, key: bytes, initial: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    padding = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def _der(kind: int, *content: bytes) -> bytes:
    """One DER value."""
    value = b"".join(content)
    length = len(value).to_bytes(max(1, (len(value).bit_length() + 7) // 8), "big")
    head = length if len(value) < 128 else bytes([0x80 | len(length)]) + length
    return bytes([kind]) + head + value


def pem(label: str, der: bytes) -> bytes:
    """DER as PEM (RFC 7468)."""
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()
