"""Files of the keys that seals are made for and opened with."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from dicomconv.errors import KeyFileError, UsageError
from dicomconv.seal.keys import Identity, Recipient, generate, identity, is_encrypted, recipient, shown

LARGEST = 1 << 16


def make_pair(name: Path, passphrase: bytes = b"", *, post_quantum: bool = False) -> str:
    """Make NAME.pem, which its owner alone can read, and NAME.pub; the id of the key. Nothing is ever overwritten."""
    private, public = (Path(f"{name}{suffix}") for suffix in (".pem", ".pub"))
    there = [path for path in (private, public) if path.exists()]
    if there:
        raise UsageError(f"{there[0]} exists; a key is never overwritten: take another name")
    secret, content = generate(passphrase, post_quantum=post_quantum)
    _write(private, secret, 0o600)
    try:
        _write(public, content, 0o644)
    except UsageError:
        private.unlink()
        raise
    return shown(recipient(content, str(public)).key_id)


def _write(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({(error.strerror or 'error').lower()})") from None


def read_recipients(paths: Iterable[Path]) -> tuple[Recipient, ...]:
    """The public keys of these files, each once."""
    found = [recipient(_content(path), str(path)) for path in paths]
    return tuple({one.key_id: one for one in found}.values())


def read_identity(path: Path, passphrase: Callable[[], bytes]) -> Identity:
    """The private key of a file; `passphrase` is called if it is under one."""
    content = _content(path)
    return identity(content, passphrase() if is_encrypted(content) else b"", str(path))


def read_passphrase(path: Path) -> bytes:
    """The first line of a file. KeyFileError if there is none."""
    lines = _content(path).splitlines()
    if not lines or not lines[0]:
        raise KeyFileError(str(path), "there is no passphrase in its first line")
    return lines[0]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise KeyFileError(str(path), f"cannot be read ({(error.strerror or 'error').lower()})") from None
