"""Files of keys: what keygen writes is read by others, and what is no key is refused without a word of what it holds."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dicomconv.errors import KeyFileError, UsageError
from dicomconv.pipeline.seal_keys import make_pair, read_identity, read_passphrase, read_recipients
from dicomconv.seal.keys import generate, identity, is_encrypted, recipient, shown

OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize("post_quantum", [False, True])
def test_the_two_halves_of_a_pair_have_one_id(post_quantum: bool) -> None:
    private, public = generate(b"secret", post_quantum=post_quantum)
    assert is_encrypted(private)
    assert identity(private, b"secret", "a").key_id == recipient(public, "a").key_id


@pytest.mark.parametrize("passphrase", [b"", b"wrong"])
def test_a_wrong_passphrase_is_an_error_of_the_key(passphrase: bytes) -> None:
    private, _ = generate(b"secret")
    with pytest.raises(KeyFileError, match=r"a\.pem"):
        identity(private, passphrase, "a.pem")


def test_a_private_key_under_a_passphrase_is_what_cryptography_reads() -> None:
    private, _ = generate("päss".encode())
    assert load_pem_private_key(private, "päss".encode())


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_a_private_key_under_a_passphrase_is_what_openssl_reads(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(generate(b"secret")[0])
    words = ["openssl", "pkey", "-in", tmp_path / "a.pem", "-passin", "pass:secret", "-noout", "-text"]
    done = subprocess.run(list(map(str, words)), capture_output=True, check=False)
    assert b"X25519" in done.stdout, done.stderr


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_what_is_no_key_is_refused(content: bytes) -> None:
    for read in (lambda: recipient(content, "x"), lambda: identity(content, b"", "x")):
        with pytest.raises(KeyFileError):
            read()


def test_nobody_seals_with_a_private_key() -> None:
    with pytest.raises(KeyFileError, match="private"):
        recipient(generate()[0], "a.pem")


def test_a_key_for_something_else_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.generate().public_key()
    with pytest.raises(KeyFileError, match="not a key for seals"):
        recipient(key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo), "a.pub")


@pytest.mark.parametrize("point", [0, 1, (1 << 255) - 20, (1 << 255) - 19, (1 << 255) - 18])
def test_a_key_of_low_order_is_refused_when_it_is_read(point: int) -> None:
    """RFC 7748 6.1: the shared secret is zero, whoever computes it."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import x25519

    key = x25519.X25519PublicKey.from_public_bytes(point.to_bytes(32, "little"))
    with pytest.raises(KeyFileError, match="keeps no secret"):
        recipient(key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo), "a.pub")


def test_half_a_pair_is_never_left(tmp_path: Path) -> None:
    (tmp_path / "a.pub").symlink_to(tmp_path / "nowhere" / "a.pub")
    with pytest.raises(UsageError, match=r"a\.pub cannot be written"):
        make_pair(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pub"]


def test_files_of_a_pair_are_for_whom_they_should_be_and_never_replaced(tmp_path: Path) -> None:
    key_id = make_pair(tmp_path / "a.b")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a.b.pem", "a.b.pub")] == [0o600, 0o644]
    [found] = read_recipients([tmp_path / "a.b.pub", tmp_path / "a.b.pub"])
    assert shown(found.key_id) == key_id == shown(read_identity(tmp_path / "a.b.pem", bytes).key_id)
    with pytest.raises(UsageError, match="never overwritten"):
        make_pair(tmp_path / "a.b")


def test_a_passphrase_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b"secret words\r\nmore\n")
    assert read_passphrase(path) == b"secret words"
    path.write_bytes(b"\n")
    with pytest.raises(KeyFileError):
        read_passphrase(path)


def test_without_the_extra_it_says_which_one_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.hpke", None)
    with pytest.raises(UsageError, match=r"dicomconv\[seal\]"):
        generate()
