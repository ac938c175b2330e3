"""One file of an output: everything that is found in it."""

import os
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dicomconv.container.columns import READ_ERRORS
from dicomconv.container.reader import Container, open_container
from dicomconv.deid.profile import Profile
from dicomconv.errors import DicomconvError, NotAContainer
from dicomconv.part10 import Parts, split
from dicomconv.pipeline.audit.files import FileKind, Listed, kind_of
from dicomconv.pipeline.audit.hdf5 import HIDDEN, Hdf5Search
from dicomconv.pipeline.audit.instance import LARGEST_SEARCHED, Examiner, Seen, order_of
from dicomconv.pipeline.audit.png import in_png
from dicomconv.pipeline.audit.report import Finding
from dicomconv.pipeline.audit.suspects import Suspects, reason_outside, suspects_in
from dicomconv.pipeline.audit.texts import Places, in_any_spelling, in_binary_file, in_text_file
from dicomconv.pipeline.audit.unpacked import unpacked
from dicomconv.pipeline.instances import quiet
from dicomconv.pipeline.records import NAME as REPORT
from dicomconv.stored import Where

UNREADABLE = (*READ_ERRORS, DicomconvError, EOFError, struct.error)
AN_ARCHIVE = "an archive: unpack it and audit what was in it"
AS_BYTES = "of no format that is known here: searched as bytes, not taken apart"
SEALED = "holds sealed originals, encrypted for whoever has the private key: searched as bytes, not opened"
TOO_LARGE = f"holds more than {LARGEST_SEARCHED >> 20} MiB in one piece: the pixels were not searched"


@dataclass(frozen=True, slots=True)
class Looked:
    """What one file came out as. `name`: its path in OUT, what identifies somebody in it hidden."""

    file: int
    name: str
    kind: FileKind = "other"
    findings: tuple[Finding, ...] = ()
    seen: tuple[Seen, ...] = ()
    unreadable: str = ""
    in_part: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How files are looked into; picklable, for worker processes, with the paths of the originals alone."""

    profile: Profile
    originals: tuple[Where, ...] = field(repr=False)
    pixels: bool = True

    def __call__(self, batch: tuple[tuple[int, Listed], ...]) -> list[Looked]:
        """What is in each file of a batch."""
        with quiet():
            return [self._looked(number, listed) for number, listed in batch]

    def _looked(self, number: int, listed: Listed) -> Looked:
        work = FileLook(number, _examiner(self))
        name, found = work.named(listed)
        if listed.fault or not listed.path.is_file():
            return Looked(number, name, "other", tuple(found), unreadable=listed.fault)
        try:
            return work.looked(listed, name, found)
        except UNREADABLE as error:
            found += work.as_bytes(listed.path, name)
            return Looked(number, name, work.kind, tuple(found), unreadable=_fault(error))


@lru_cache(maxsize=1)
def _examiner(look: Look) -> Examiner:
    return Examiner(look.profile, suspects_in(look.originals, look.profile), look.pixels)


def _fault(error: Exception) -> str:
    """Why a file cannot be read, in words of our own: those of libraries may quote what is in it."""
    if isinstance(error, NotAContainer):
        return error.fault
    if isinstance(error, DicomconvError):
        return str(error)
    if isinstance(error, OSError) and error.strerror and error.errno:
        return f"cannot be read ({os.strerror(error.errno).lower()})"
    return f"damaged, or of a form that is not known here ({type(error).__name__})"


@dataclass(slots=True)
class FileLook:
    """Looks into one file."""

    number: int
    examiner: Examiner
    kind: FileKind = "other"
    seen: list[Seen] = field(default_factory=list)
    in_part: list[str] = field(default_factory=list)

    @property
    def suspects(self) -> Suspects:
        """What is looked for."""
        return self.examiner.suspects

    def named(self, listed: Listed) -> tuple[str, list[Finding]]:
        """The path as the report may show it, and what is found in the names of folders and of the file."""
        shown: list[str] = []
        places: Places = Counter()
        for part in listed.relative.split("/"):
            kinds = in_any_spelling(part, self.suspects)
            places.update(("its name" if part is listed.relative else "a name in its path", kind) for kind in kinds)
            shown.append(HIDDEN if kinds else "".join(c if c.isprintable() else "?" for c in part))
        if listed.path.is_symlink():
            target = str(listed.path.readlink())
            places.update(("where it links to", kind) for kind in in_any_spelling(target, self.suspects))
        name = "/".join(shown)
        name = f"{name} (file {self.number + 1})" if HIDDEN in name else name
        return name, self._findings(name, places)

    def looked(self, listed: Listed, name: str, found: list[Finding]) -> Looked:
        """What is in the file."""
        self.kind, codec = kind_of(listed.path)
        kind = self.kind
        if kind == "archive":
            return Looked(self.number, name, kind, tuple(found), unreadable=AN_ARCHIVE)
        if kind == "DICOM":
            self._dicom(listed.path)
        elif kind == "HDF5":
            found += self._hdf5(listed.path, name)
        elif kind == "PNG":
            found += self._findings(name, in_png(listed.path, self.suspects, pixels=self.examiner.pixels))
        elif kind == "text":
            is_report = listed.relative == REPORT
            found += self._findings(name, in_text_file(listed.path, codec, self.suspects, is_report=is_report))
        else:
            self.in_part.append(SEALED if kind == "seal" else AS_BYTES)
            found += self._findings(name, in_binary_file(listed.path, self.suspects))
        return Looked(self.number, name, kind, tuple(found), tuple(self.seen), "", tuple(dict.fromkeys(self.in_part)))

    def as_bytes(self, path: Path, name: str) -> list[Finding]:
        """What is found among the bytes of a file that is damaged."""
        try:
            return self._findings(name, in_binary_file(path, self.suspects))
        except OSError:
            return []

    def _findings(self, name: str, places: Places) -> list[Finding]:
        profile = self.examiner.profile
        return [
            Finding(name, place, kind, count, reason_outside(kind, profile)) for (place, kind), count in places.items()
        ]

    def _dicom(self, path: Path) -> None:
        parts = split(path)
        if parts.pixels.length > LARGEST_SEARCHED:
            self.in_part.append(TOO_LARGE)
        self._instance(parts, -1)

    def _instance(self, parts: Parts, index: int) -> None:
        header, remaining = self.examiner.examine(parts)
        uid = header.text("SOPInstanceUID") or parts.meta.sop_instance_uid
        self.seen.append(Seen(self.number, index, uid, order_of(header), tuple(remaining)))

    def _hdf5(self, path: Path, name: str) -> Iterator[Finding]:
        try:
            container = open_container(path)
        except NotAContainer:
            container = None
        search = Hdf5Search(
            self.suspects, self.examiner.profile, is_ours=container is not None, pixels=self.examiner.pixels
        )
        search.file(path)
        self.in_part += [TOO_LARGE] * bool(search.too_large) + [SEALED] * search.is_sealed
        if container:
            with container:
                for index in range(len(container)):
                    self._instance(self._unpacked(container, index), index)
        for (place, kind, reason), count in search.found.items():
            yield Finding(name, place, kind, count, reason)

    def _unpacked(self, container: Container, index: int) -> Parts:
        """An instance of a container as its file is; a very large one without its pixels."""
        if container.instances[index].file_length > LARGEST_SEARCHED:
            self.in_part.append(TOO_LARGE)
        return unpacked(container, index)
