"""What the planter writes down and the scorer reads."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Fate(Enum):
    """What a plant is, from which each preset says what must become of it."""

    LISTED = "an attribute of Table E.1-1: its action code and the options decide"
    TEXT = "free text of an attribute that the table does not list"
    SAFE = "a private attribute of the safe list"
    TECHNICAL = "a technical attribute that no table protects"
    GONE = "nothing of it may be left, whatever the preset"
    PATIENT_ID = "the Patient ID"
    INSTANCE_UID = "a UID of an instance that the table does not list"
    REPORT = "text of a structured report, below a sequence that Basic replaces as a whole"


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing that stands in a file: where, what of it names somebody, and what of it is of use."""

    carrier: str
    path: str
    keyword: str
    vr: str
    value: str
    fate: Fate
    secrets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlantedFile:
    """A file of the corpus with everything that was put into it."""

    row: int
    relative: str
    person: int
    hard: bool
    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    modality: str
    instance_number: int
    content: bytes = field(repr=False)
    pixel_md5: str = ""
    picture_md5: str = ""
    frames_changed: bool = False
    planted: tuple[Planted, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that may be nowhere in what a program writes, and where it was planted."""

    text: str
    kind: str
    person: int
    character_set: str
    carriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the output, in the words of MIDI-B's answer key."""

    action: str
    path: str
    tag_name: str
    value: str
    action_text: str
    category: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a check: passed, failed, or none, which counts as failed."""

    row: int
    check: Check
    passed: bool | None
    score: float
    found: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that was found in what a program wrote."""

    secret: Secret
    artefact: str
    place: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """All planted files of a seed, the secrets in them, and files that are to be turned away."""

    seed: int
    files: tuple[PlantedFile, ...]
    secrets: tuple[Secret, ...]
    extra: tuple[tuple[str, bytes], ...] = ()

    def write(self, folder: Path) -> None:
        """Lay the corpus out as a folder of files."""
        for relative, content in [*((one.relative, one.content) for one in self.files), *self.extra]:
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
