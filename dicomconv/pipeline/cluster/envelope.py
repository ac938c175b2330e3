"""Jobs and reports on their way through a cluster: closed with AES-256-GCM under subkeys of the run's key.

Schedulers and their pages see bytes. Whoever lacks the key can neither read a job nor make one that is unpickled.
"""

import pickle
import secrets
import zlib
from typing import Any, Literal

from dicomconv.deid.pseudonym import subkey
from dicomconv.errors import UsageError

Purpose = Literal["cluster job", "cluster report"]
NONCE = 12
WITHOUT_EXTRA = "--executor dask:… needs the packages of the extra cluster: pip install 'dicomconv[cluster]'"


class WrongKey(UsageError):
    """An envelope that this key does not open."""


def closed(key: bytes, purpose: Purpose, content: Any, about: bytes = b"") -> bytes:
    """A nonce and the encrypted content. `about`: what it goes with, and is needed to open it."""
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise UsageError(WITHOUT_EXTRA) from None
    nonce = secrets.token_bytes(NONCE)
    plain = zlib.compress(pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL), 1)
    return nonce + AESGCM(subkey(key, purpose)).encrypt(nonce, plain, about)


def opened(key: bytes, purpose: Purpose, envelope: bytes, about: bytes = b"") -> Any:
    """What was closed. WrongKey if it was closed with another key, about something else, or changed since."""
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise UsageError(WITHOUT_EXTRA) from None
    try:
        plain = AESGCM(subkey(key, purpose)).decrypt(envelope[:NONCE], envelope[NONCE:], about)
    except InvalidTag:
        raise WrongKey("what came through the cluster was closed with another key, or changed on its way") from None
    return pickle.loads(zlib.decompress(plain))
