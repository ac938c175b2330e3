"""From the UIDs, patient and dates of de-identified files to those of their originals, out of the seal of a container."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset

from dicomconv.container.reader import Container, open_container
from dicomconv.errors import Malformed, NotAContainer, UsageError, VerificationFailed
from dicomconv.model import CHUNK
from dicomconv.pipeline.derived.errors import WrongKey
from dicomconv.pipeline.derived.minted import uid_of
from dicomconv.pipeline.derived.modules import NO_DATE, date_and_time_of, patient_and_study_of
from dicomconv.pipeline.derived.sources import decoded, header_of
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.originals import changed
from dicomconv.pipeline.seals import foreign, seal_of
from dicomconv.seal.keys import Identity
from dicomconv.seal.opened import Seal, Unpacked, open_seal
from dicomconv.seal.recipe import Kind
from dicomconv.seal.records import SealedInstance, SealedSeries
from dicomconv.standard import patient_and_study

LARGEST_HEAD = 1 << 26
MINTING = b"dicomconv UIDs of annotations in the space of originals"


@dataclass(slots=True)
class Space:
    """What de-identified values were. It knows the patient, and shows nothing of it.

    `uids`: de-identified → original. `patients`: the attributes of patient and study by de-identified Study Instance UID.
    `dates`: de-identified → original. `made`: the SOP Instance UIDs of de-identified files. `without_dates`: by Study
    Instance UID, the date and time of content that a source without any stands for.
    """

    secret: bytes = field(default=b"", repr=False)
    uids: dict[str, str] = field(default_factory=dict, repr=False)
    patients: dict[str, Dataset] = field(default_factory=dict, repr=False)
    dates: dict[str, str] = field(default_factory=dict, repr=False)
    made: set[str] = field(default_factory=set, repr=False)
    without_dates: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)

    def minted(self, uid: str) -> str:
        """A UID for the space of originals from one that was made for the de-identified one: not to be told from it."""
        return uid_of(hmac.digest(self.secret, MINTING + uid.encode(), "sha256"))

    def add(self, made: Dataset, original: Dataset) -> None:
        """An instance: its de-identified header, and the original one."""
        self.made.add(str(made.SOPInstanceUID))
        study = str(made.StudyInstanceUID)
        for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
            if made.get(keyword) and original.get(keyword):
                self.uids[str(made[keyword].value)] = str(original[keyword].value)
        self.patients.setdefault(study, patient_and_study_of(original))
        self.without_dates.setdefault(study, date_and_time_of(original))
        for element in made:
            kept = element.keyword and element.VR in ("DA", "DT") and element.value and original.get(element.keyword)
            if kept and str(element.value) != NO_DATE and element.keyword not in patient_and_study():
                self.dates[str(element.value)] = str(original[element.keyword].value)
        if made.get("StudyDate") and original.get("StudyDate"):
            self.dates[str(made.StudyDate)] = str(original.StudyDate)
        for uid in _uids_in(made) & _uids_in(original):
            self.uids.setdefault(uid, uid)


def _uids_in(header: Dataset) -> set[str]:
    """All UIDs of a header."""
    found = [element.value for element in header.iterall() if element.VR == "UI" and element.value]
    return {str(uid) for value in found for uid in ([value] if isinstance(value, str) else value)}


def space_of(paths: Iterable[Path], identity: Identity) -> Space:
    """What the seals of containers say, together. All of it is authenticated before it is believed.

    UsageError if one has no seal, WrongKey if one is not for this key, VerificationFailed if one is not what was sealed.
    """
    spaces = [_space(path, identity) for path in paths]
    whole = Space(hashlib.sha256(b"".join(space.secret for space in spaces)).digest())
    for one in spaces:
        for name in ("uids", "patients", "dates", "made", "without_dates"):
            getattr(whole, name).update(getattr(one, name))
    return whole


def _space(path: Path, identity: Identity) -> Space:
    try:
        with open_container(path) as container, quiet():
            seal = _seal(container, identity)
            return _read(container, seal)
    except (NotAContainer, Malformed) as error:
        fault = error.fault if isinstance(error, NotAContainer) else str(error)
        raise VerificationFailed(str(path), (fault,)) from None


def _seal(container: Container, identity: Identity) -> Seal:
    """The seal of a container, opened and authenticated."""
    path = container.path
    sealed = seal_of(path)
    if sealed is None:
        raise UsageError(f"{path} has no seal, nor a .seal file beside it, so that nothing can be mapped back")
    seal = open_seal(sealed, identity)
    if seal is None:
        raise WrongKey(str(path), "is not for this key")
    if faults := foreign(seal.header, container) or changed(container):
        raise VerificationFailed(str(path), tuple(faults))
    seal.check()
    return seal


def _read(container: Container, seal: Seal) -> Space:
    """The pairs of headers, then what the last record says of all UIDs of the series."""
    space = Space(hmac.digest(seal.content_key, MINTING, "sha256"))
    unpacked = Unpacked(seal.plain())
    record, _ = unpacked.record()
    while isinstance(record, SealedInstance):
        original = decoded(_head(record, unpacked))
        if not 0 <= record.index < len(container):
            raise Malformed("the seal speaks of an instance that is not there", "a record")
        space.add(header_of(container, record.index), original)
        record, _ = unpacked.record()
    if isinstance(record, SealedSeries):
        space.uids |= {new: old for old, new in record.uids.items()}
    return space


def _head(record: SealedInstance, unpacked: Unpacked) -> bytes:
    """The bytes of an original up to its pixels; what is sealed behind them is read, as the next record follows it."""
    head, is_head = bytearray(), True
    for piece in record.pieces:
        is_head = is_head and piece.kind == Kind.SEALED
        for chunk in _sealed(unpacked, piece.length if piece.kind != Kind.PIXELS else 0):
            if is_head and len(head) < LARGEST_HEAD:
                head += chunk
    return bytes(head)


def _sealed(unpacked: Unpacked, length: int) -> Iterator[bytes]:
    for start in range(0, length, CHUNK):
        yield unpacked.read(min(CHUNK, length - start))
