"""Keyed one-way pseudonyms: the same key gives the same UID and patient in every run, and no table is kept.

Subkeys are HKDF-SHA256 (RFC 5869), one a purpose; every HMAC is over length-prefixed fields.
"""

import base64
import functools
import hashlib
import hmac
from dataclasses import dataclass, field

from dicomconv.deid.dates import shift_of

KEY_BYTES = 32
_SALT = b"dicomconv key v1"


def subkey(key: bytes, purpose: str) -> bytes:
    """The 256-bit subkey for one purpose (HKDF-SHA256, RFC 5869, one block)."""
    extracted = hmac.digest(_SALT, key, "sha256")
    return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")


def keyed(key: bytes, *fields: str) -> bytes:
    """HMAC-SHA256 over fields, each preceded by its length, so that no two lists of fields are the same message."""
    message = b"".join(
        len(part).to_bytes(8, "big") + part for part in (text.encode("utf-8", "surrogatepass") for text in fields)
    )
    return hmac.digest(key, message, "sha256")


def token(digest: bytes, bits: int = 80) -> str:
    """The first bits of a digest as base32: capital letters and digits 2-7, safe as a name on any file system."""
    return base64.b32encode(digest[: bits // 8]).decode().rstrip("=")


def folder_name(prefix: str, uid: str) -> str:
    """A short name for a pseudonymous UID, the same for whoever holds it: `st-k3v…`, 60 bits."""
    return f"{prefix}-{token(hashlib.sha256(uid.encode()).digest())[:12].lower()}"


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Who a patient is to the source: issuer and Patient ID, or, when that is empty, the Study Instance UID."""

    issuer: str = field(repr=False)
    patient_id: str = field(repr=False)
    study_instance_uid: str = field(default="", repr=False)


def identity_of(issuer: str, patient_id: str, study_instance_uid: str) -> PatientIdentity:
    """Padding does not make two patients of one; an empty ID never makes one patient of all the unnamed."""
    patient_id, issuer = patient_id.strip(" \0"), issuer.strip(" \0")
    if patient_id:
        return PatientIdentity(issuer, patient_id)
    return PatientIdentity("", "", study_instance_uid)


class Pseudonyms:
    """All pseudonyms of one key. Its repr shows the key id, never the key."""

    __slots__ = ("_container", "_date", "_key", "_order", "_patient", "_uid", "_value", "key_id", "uid")

    def __init__(self, key: bytes):
        self._key = key
        self._uid, self._patient = subkey(key, "uid"), subkey(key, "patient id")
        self._container, self._order = subkey(key, "container uuid"), subkey(key, "journal")
        self._date, self._value = subkey(key, "date shift"), subkey(key, "value")
        self.key_id = token(subkey(key, "key id"))
        self.uid = functools.lru_cache(maxsize=1 << 16)(self._map_uid)

    def __reduce__(self) -> tuple[type["Pseudonyms"], tuple[bytes]]:
        return Pseudonyms, (self._key,)

    def __repr__(self) -> str:
        return f"<Pseudonyms {self.key_id}>"

    def _map_uid(self, uid: str) -> str:
        """`2.25.` and a UUID of version 8 made of HMAC-SHA256 over the UID: 122 bits of it (PS3.5 B.2, RFC 9562)."""
        return f"2.25.{int.from_bytes(_uuid8(keyed(self._uid, 'UID', uid)), 'big')}"

    def patient(self, identity: PatientIdentity) -> str:
        """`DEID-` and 80 bits as base32: Patient ID and Patient's Name of the de-identified patient."""
        fields = (identity.issuer, identity.patient_id, identity.study_instance_uid)
        return f"DEID-{token(keyed(self._patient, 'patient', *fields))}"

    def shift_days(self, patient_id: str) -> int:
        """How many days the dates of a de-identified patient move: whole weeks backward, secret, never none."""
        return shift_of(keyed(self._date, "date", patient_id))

    def of_value(self, text: str) -> str:
        """A pseudonym for any short value, the same wherever it stands: a letter and 50 bits as base32."""
        return f"P{token(keyed(self._value, 'value', text.strip()), 56)[:10]}"

    def container_uuid(self, patient: str, series_instance_uid: str) -> str:
        """The UUID of a series' container, from the pseudonyms of its patient and series."""
        digits = _uuid8(keyed(self._container, "container", patient, series_instance_uid)).hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def order(self, *fields: str) -> bytes:
        """A keyed sort key: the order of the manifest's rows does not follow the names of the sources."""
        return keyed(self._order, "order", *fields)

    def fingerprint(self, *fields: str) -> bytes:
        """A keyed digest by which something is known again, and which tells nothing of it."""
        return keyed(self._order, "fingerprint", *fields)


def _uuid8(digest: bytes) -> bytes:
    octets = bytearray(digest[:16])
    octets[6] = octets[6] & 0x0F | 0x80
    octets[8] = octets[8] & 0x3F | 0x80
    return bytes(octets)
