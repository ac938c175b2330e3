"""The plan of a run: the only thing that is passed down. There are no global settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from dicomconv.deid.burned_in.rules import RegionRules, our_rules
from dicomconv.deid.deidentify import Patient
from dicomconv.deid.options import UIDS
from dicomconv.deid.profile import Profile
from dicomconv.deid.pseudonym import PatientIdentity, Pseudonyms
from dicomconv.model import Box
from dicomconv.pipeline.views import Drawing, drawing_of
from dicomconv.seal.keys import Recipient

Existing = Literal["error", "skip", "overwrite"]
Duplicates = Literal["fail", "newest", "keep-both"]
BurnedIn = Literal["refuse", "keep", "redact"]
Compression = Literal["fast", "small"]


@dataclass(frozen=True)
class Plan:
    """What a run is to do. `key`: 256 bits; `patient_map`: original Patient ID → own ID of the study. Neither is shown.

    `boxes`: by new SOP Instance UID, what somebody decided to blank in it, instead of what would be found.
    """

    key: bytes = field(repr=False)
    profile: Profile = field(default_factory=Profile)
    drawing: Drawing = field(default_factory=drawing_of)
    png: bool = True
    compression: Compression = "fast"
    burned_in: BurnedIn = "refuse"
    region_rules: RegionRules = field(default_factory=our_rules)
    boxes: Mapping[str, tuple[Box, ...]] = field(default_factory=dict, repr=False)
    existing: Existing = "error"
    duplicates: Duplicates = "fail"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    patient_map: Mapping[str, str] = field(default_factory=dict, repr=False)
    seal_to: tuple[Recipient, ...] = ()
    detach_seal: bool = False
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    threads: int = 1

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """The pseudonyms of this run's key."""
        return Pseudonyms(self.key)

    def uid(self, uid: str) -> str:
        """The UID that stands for this one in what is written: a pseudonym, or itself where UIDs are retained."""
        return uid if UIDS in self.profile.options else self.pseudonyms.uid(uid)

    def patient(self, identity: PatientIdentity) -> Patient:
        """The de-identified patient: the study's own ID where the map has one, else the pseudonym."""
        own = self.patient_map.get(identity.patient_id, "") if identity.patient_id else ""
        return Patient(own or self.pseudonyms.patient(identity), own)
