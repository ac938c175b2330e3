"""Names of what is written, all from pseudonyms: short, stable, safe on any file system (decisions: names)."""

import re
from dataclasses import dataclass
from pathlib import Path

from dicomconv.deid.pseudonym import folder_name

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_-]|[A-Za-z0-9]").fullmatch
OWN_NAMES = frozenset({"manifest.jsonl", "report.json"})
ATTEMPTS = 100
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?").fullmatch


@dataclass(frozen=True, slots=True)
class SeriesNames:
    """The three folder names of a series, from its pseudonymous Patient ID and UIDs."""

    patient: str
    study: str
    series: str

    @property
    def folder(self) -> Path:
        """patient/study/series: where PNGs or .dcm files go."""
        return Path(self.patient, self.study, self.series)

    @property
    def container(self) -> Path:
        """patient/study/series.h5"""
        return Path(self.patient, self.study, f"{self.series}.h5")


def series_names(patient_id: str, study_instance_uid: str, series_instance_uid: str) -> SeriesNames:
    """The names for pseudonymous identifiers."""
    return SeriesNames(
        patient_folder(patient_id), folder_name("st", study_instance_uid), folder_name("se", series_instance_uid)
    )


def patient_folder(patient_id: str) -> str:
    """The patient's new ID where any file system takes it as a name, else a short one made from it."""
    if _SAFE(patient_id) and not _RESERVED(patient_id) and patient_id.casefold() not in OWN_NAMES:
        return patient_id
    return folder_name("pt", patient_id)


def digits(count: int) -> int:
    """How many digits a number up to `count` is padded to, so that the order of names is the order of slices."""
    return max(4, len(str(count)))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, though another series may remove one of them as empty at this very moment."""
    for _ in range(ATTEMPTS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:
            continue
        return
    folder.mkdir(parents=True, exist_ok=True)


def remove_empty(folder: Path, levels: int) -> None:
    """Remove a folder, and so many folders above it less one, as far as they are empty."""
    for one in (folder, *folder.parents)[:levels]:
        try:
            one.rmdir()
        except OSError:
            return
