"""Encrypted attributes: what goes in comes out for whoever holds the key, and for nobody else."""

import pickle
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Encoding, scan
from dicomconv.errors import DicomconvError, KeyFileError, Malformed, UsageError
from dicomconv.header import Header
from dicomconv.seal.cms import (
    Identity,
    Modified,
    certificate_of,
    decrypted,
    encrypted_attributes,
    identity_of,
    modified_of,
)
from dicomconv.seal.enveloped import enveloped, opened
from tests import make
from tests.seal.holders import Holder, elliptic, holder, protected
from tests.strategies import datasets

ENCODINGS = [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG]
SEQUENCE = "EncryptedAttributesSequence"
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="the program openssl is not installed")

CUSTODIAN, ESCROW, STRANGER = (holder(name) for name in ("Made Up Custodian", "Made Up Escrow", "Made Up Stranger"))
JANE = Modified(
    make.text(0x00080018, "UI", make.uid("original")) + make.text(0x00100010, "PN", "DOE^JANE"), (0x00120062,)
)


def encrypted(modified: Modified, holders: Iterable[Holder], encoding: Encoding = EXPLICIT_LITTLE) -> list[Header]:
    """The items of the Encrypted Attributes Sequence for these holders."""
    content = encrypted_attributes(modified, [one.certificate for one in holders], encoding)
    found = scan(content, 0, len(content), encoding, 1)
    assert found.stop == len(content)
    return Header(content, found.elements, encoding).items(SEQUENCE)


@settings(deadline=None, max_examples=30)
@given(elements=datasets(), added=st.lists(st.integers(0, 2**32 - 1)), encoding=st.sampled_from(ENCODINGS))
def test_decrypting_gives_what_was_encrypted(elements, added, encoding):
    modified = Modified(elements, tuple(added))
    assert decrypted(encrypted(modified, [CUSTODIAN], encoding), CUSTODIAN.identity()) == modified


def test_an_original_of_odd_length_comes_back_as_it_was():
    modified = Modified(make.element(0x00080018, "UI", b"1.2"))
    assert decrypted(encrypted(modified, [CUSTODIAN]), CUSTODIAN.identity()) == modified


@pytest.mark.parametrize("pinned", [False, True])
def test_every_recipient_has_an_item_and_opens_it_alone(pinned):
    items = encrypted(JANE, [CUSTODIAN, ESCROW])
    assert len(items) == 2
    for one in (CUSTODIAN, ESCROW):
        assert decrypted(items, one.identity(pinned=pinned)) == JANE
    with pytest.raises(KeyFileError):
        decrypted(items[:1], ESCROW.identity(pinned=pinned))


def test_a_wrong_key_is_an_error_that_names_the_key_and_survives_pickling():
    with pytest.raises(KeyFileError, match="Made Up Stranger") as caught:
        decrypted(encrypted(JANE, [CUSTODIAN]), STRANGER.identity())
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_nothing_of_the_original_is_in_the_open():
    content = encrypted_attributes(JANE, [CUSTODIAN.certificate], EXPLICIT_LITTLE)
    assert b"DOE" not in content
    assert make.uid("original").encode() not in content


def test_no_two_encryptions_are_the_same():
    assert encrypted(JANE, [CUSTODIAN])[0].buffer != encrypted(JANE, [CUSTODIAN])[0].buffer


def test_the_element_is_what_the_standard_asks_for():  # PS3.3 C.12.1.1.4.1
    [item] = encrypted(JANE, [CUSTODIAN])
    assert [(hex(element.tag), element.vr) for element in item] == [("0x4000510", "UI"), ("0x4000520", "OB")]
    assert item.text("EncryptedContentTransferSyntaxUID") == make.EXPLICIT
    assert len(item.raw("EncryptedContent")) % 2 == 0
    assert enveloped(item.raw("EncryptedContent")).algorithm == "2.16.840.1.101.3.4.1.42"  # AES-256-CBC


def test_reprs_show_neither_key_nor_original():
    shown = repr(CUSTODIAN.identity(pinned=True)) + repr(JANE)
    assert "Made Up Custodian" in shown
    assert not any(word in shown for word in ("DOE", "RSA", "Certificate", "x10"))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_changed_byte_never_raises_anything_but_our_errors(data):
    content = bytearray(encrypted_attributes(JANE, [CUSTODIAN.certificate], EXPLICIT_LITTLE))
    start = content.index(b"\x00\x04\x20\x05OB") + 12
    content[data.draw(st.integers(start, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    found = Header(bytes(content), scan(bytes(content), 0, len(content), EXPLICIT_LITTLE, 1).elements, EXPLICIT_LITTLE)
    try:
        opened_all_the_same = decrypted(found.items(SEQUENCE), CUSTODIAN.identity())
    except DicomconvError:
        return
    assert isinstance(opened_all_the_same, Modified)  # the standard's encryption is not authenticated


@given(st.binary(max_size=300))
def test_bytes_that_are_no_message_are_malformed(data):
    with pytest.raises(Malformed):
        enveloped(data)


@settings(deadline=None)
@given(st.data())
def test_a_message_cut_short_or_changed_is_malformed_or_a_message(data):
    message = bytearray(encrypted(JANE, [CUSTODIAN])[0].raw("EncryptedContent"))
    message[data.draw(st.integers(0, 100))] = data.draw(st.integers(0, 255))
    cut = bytes(message[: data.draw(st.integers(0, len(message)))])
    try:
        recipients = enveloped(cut).recipients
    except Malformed:
        return
    assert len(recipients) <= 1


@given(st.binary(max_size=200))
def test_garbage_is_not_taken_for_the_original(data):
    with pytest.raises(Malformed):
        modified_of(data, make.EXPLICIT)


@pytest.mark.parametrize(
    "content",
    [
        make.sequence(0x04000550, []),
        make.sequence(0x04000550, [make.item(b""), make.item(b"")]),
        make.sequence(0x04000550, [make.item(JANE.elements)]) + b"more",
        make.sequence(0x04000550, [make.item(JANE.elements + b"more than that")]),
        make.sequence(0x04000561, [make.item(JANE.elements)]),
    ],
    ids=["no item", "two items", "something behind", "something inside", "another sequence"],
)
def test_content_that_is_not_the_standards_data_set_is_refused(content):
    with pytest.raises(Malformed):
        modified_of(content, make.EXPLICIT)


@pytest.mark.parametrize("name", make.ENCODINGS)
def test_content_of_other_software_is_read_in_its_transfer_syntax(name):
    names = make.text(0x00100010, "PN", "DOE^JANE", name) + make.element(0x00280106, "US", b"\1\2", name)
    content = make.sequence(0x04000550, [make.item(names, name)], name) + b"\0" * 4
    rows = b"\2\1" if name == "big" else b"\1\2"
    expected = make.text(0x00100010, "PN", "DOE^JANE") + make.element(0x00280106, "US", rows)
    assert modified_of(content, make.SYNTAX_OF[name]) == Modified(expected)


def test_a_private_block_of_others_does_not_say_what_was_added():
    sequence = make.sequence(0x04000550, [make.item(JANE.elements)])
    block = make.private_block("OTHERS", [(1, "AT", b"\x12\0\x62\0")], group=0x0401)
    assert modified_of(sequence + block, make.EXPLICIT).added == ()


def test_a_sequence_without_content_is_malformed_and_not_a_wrong_key():
    with pytest.raises(Malformed):
        decrypted([], CUSTODIAN.identity())
    with pytest.raises(Malformed):
        decrypted([Header(b"", [], EXPLICIT_LITTLE)], CUSTODIAN.identity())


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "no X.509"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no X.509"),
        (CUSTODIAN.key, "no X.509"),
        (elliptic("Made Up Curve").certificate, "not RSA"),
        (holder("Made Up Miser", 1024).certificate, "1024 bits"),
    ],
    ids=["empty", "damaged", "a private key", "an elliptic curve", "a short key"],
)
def test_a_certificate_that_cannot_be_encrypted_for_is_named_with_its_fault(data, fault):
    with pytest.raises(UsageError, match=rf"holder\.pem: .*{fault}"):
        certificate_of(data, "holder.pem")


def test_a_certificate_may_be_der_too():
    from cryptography.hazmat.primitives.serialization import Encoding as Format

    certificate = certificate_of(CUSTODIAN.certificate, "")
    assert certificate_of(certificate.public_bytes(Format.DER), "") == certificate


@pytest.mark.parametrize(
    ("data", "passphrase", "fault"),
    [
        (b"", None, "no private key"),
        (CUSTODIAN.certificate, None, "no private key"),
        (CUSTODIAN.key, b"secret", "has no passphrase"),
        (protected("Made Up Custodian", b"secret"), None, "it is protected"),
        (protected("Made Up Custodian", b"secret"), b"guess", "its passphrase is another one"),
        (elliptic("Made Up Curve").key, None, "not RSA"),
    ],
    ids=["empty", "a certificate", "no passphrase", "protected", "wrong passphrase", "an elliptic curve"],
)
def test_a_private_key_that_is_none_is_named_with_its_fault(data, passphrase, fault):
    with pytest.raises(KeyFileError, match=rf"key\.pem: .*{fault}"):
        identity_of(data, "key.pem", passphrase=passphrase)


def test_a_protected_private_key_opens_with_its_passphrase():
    identity = identity_of(protected("Made Up Custodian", b"secret"), "", passphrase=b"secret")
    assert decrypted(encrypted(JANE, [CUSTODIAN]), identity) == JANE


def test_a_content_in_an_unknown_cipher_is_not_decrypted_by_another():
    message = encrypted(JANE, [CUSTODIAN])[0].raw("EncryptedContent")
    aes_256_cbc, unknown = bytes.fromhex("060960864801650304012a"), bytes.fromhex("060960864801650304017f")
    assert opens(message, CUSTODIAN.identity()) != []
    assert opens(message.replace(aes_256_cbc, unknown), CUSTODIAN.identity()) == []


def test_a_certificate_of_another_key_is_an_error():
    with pytest.raises(KeyFileError, match="of another key"):
        identity_of(CUSTODIAN.key, "", certificate=certificate_of(ESCROW.certificate, ""))


def openssl(folder: Path, content: bytes, *words: str) -> bytes:
    """What `openssl cms` makes of a content, the custodian's key and certificate being there."""
    make.write(folder, {"in": content, "key.pem": CUSTODIAN.key, "holder.pem": CUSTODIAN.certificate})
    command = [str(OPENSSL), "cms", *words, "-binary", "-in", "in", "-out", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "out").read_bytes()


@needs_openssl
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_openssl_opens_what_we_encrypt(tmp_path, encoding):
    [item] = encrypted(JANE, [CUSTODIAN], encoding)
    words = ("-decrypt", "-inform", "DER", "-inkey", "key.pem", "-recip", "holder.pem")
    content = openssl(tmp_path, item.raw("EncryptedContent"), *words)
    assert modified_of(content, make.EXPLICIT) == JANE


def opens(message: bytes, identity: Identity) -> list[bytes]:
    """What an identity makes of a message."""
    return list(opened(enveloped(message), identity.private_key, identity.certificate))


@needs_openssl
@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize(
    "words",
    [
        ("-des3",),
        ("-aes128",),
        ("-aes192",),
        ("-aes256",),
        ("-aes256", "-stream"),
        ("-aes256", "-keyid"),
        ("-aes256", "-recip", "holder.pem", "-keyopt", "rsa_padding_mode:oaep"),
        ("-aes256", "-recip", "holder.pem", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"),
    ],
    ids=" ".join,
)
def test_we_open_what_openssl_encrypts(tmp_path, words, pinned):  # PS3.15 E.1.2: Triple-DES, AES of every key length
    recipient = () if "-recip" in words else ("-recip", "holder.pem")
    message = openssl(tmp_path, JANE.elements, "-encrypt", "-outform", "DER", *words, *recipient)
    assert opens(message, CUSTODIAN.identity(pinned=pinned)) == [JANE.elements]
    assert JANE.elements not in opens(message, STRANGER.identity())


@needs_openssl
def test_one_message_for_several_recipients_opens_for_each(tmp_path):
    make.write(tmp_path, {"escrow.pem": ESCROW.certificate})
    words = ("-encrypt", "-outform", "DER", "-aes256", "-recip", "holder.pem", "-recip", "escrow.pem")
    message = openssl(tmp_path, JANE.elements, *words)
    assert [JANE.elements in opens(message, one.identity()) for one in (CUSTODIAN, ESCROW, STRANGER)] == [
        True,
        True,
        False,
    ]
