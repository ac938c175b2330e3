"""Keyed pseudonyms: functions of the key, injective in practice, telling nothing."""

import hashlib
import hmac
import uuid

from hypothesis import given
from hypothesis import strategies as st

from dicomconv.deid.pseudonym import PatientIdentity, Pseudonyms, folder_name, identity_of, keyed, subkey

KEY, OTHER = b"k" * 32, b"o" * 32
texts = st.text(max_size=20)


def test_subkeys_are_hkdf_sha256_of_rfc_5869():
    """RFC 5869 A.3 has no test case for our salt; the extract and expand steps are written out here again."""
    extracted = hmac.new(b"dicomconv key v1", KEY, hashlib.sha256).digest()
    assert subkey(KEY, "uid") == hmac.new(extracted, b"uid\x01", hashlib.sha256).digest()
    assert subkey(KEY, "uid") != subkey(KEY, "patient id")


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_different_fields_are_never_the_same_message(first, second):
    assert (keyed(KEY, *first) == keyed(KEY, *second)) == (first == second)


@given(st.integers(1, 2**100))
def test_a_new_uid_is_a_uuid_and_depends_on_the_key(number):
    old = f"1.2.840.{number}"
    new = Pseudonyms(KEY).uid(old)
    assert len(new) <= 64
    assert uuid.UUID(int=int(new.removeprefix("2.25."))).variant == uuid.RFC_4122
    assert new == Pseudonyms(KEY).uid(old) != Pseudonyms(OTHER).uid(old)


@given(texts, texts, texts)
def test_padding_makes_no_second_patient(issuer, patient_id, study):
    assert identity_of(issuer, patient_id + "  ", study) == identity_of(issuer + " ", patient_id, study)


def test_patients_without_an_id_are_told_apart_by_study():
    first, second = identity_of("", " ", "1.2.1"), identity_of("ISSUER", "", "1.2.2")
    assert Pseudonyms(KEY).patient(first) != Pseudonyms(KEY).patient(second)
    assert identity_of("", "7", "1.2.1") == identity_of("", "7", "1.2.2")


def test_nothing_shows_the_key_or_the_patient():
    pseudonyms, identity = Pseudonyms(KEY), PatientIdentity("HOSPITAL", "4711")
    assert KEY.hex() not in repr(pseudonyms)
    assert "4711" not in repr(identity)
    assert "HOSPITAL" not in repr(identity)
    assert pseudonyms.key_id not in (subkey(KEY, "uid").hex(), KEY.hex())


def test_folder_names_are_short_and_the_same_on_case_blind_file_systems():
    name = folder_name("st", Pseudonyms(KEY).uid("1.2.3"))
    assert name == name.lower()
    assert len(name) == 15
