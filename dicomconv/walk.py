"""Find DICOM files by content in files and folders, group them into series, put each series in slice order (PS3.10 7).

Every file met comes out as a SourceFile or as an Aside with its reason; none is passed over in silence.
"""

import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dicomconv.elements import Header
from dicomconv.errors import DicomconvError, Malformed, NotDicom
from dicomconv.part10 import inflate, read_leading, split
from dicomconv.source import SourceFile

DIRECTORY_SOP_CLASS = "1.2.840.10008.1.3.10"
LAST_TAG = 0x00209FFF
_UID = re.compile(r"\d+(?:\.\d+)*").fullmatch


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is no DICOM instance to work on: skipped, or failed, and why."""

    path: Path = field(repr=False)
    failed: bool
    reason: str


def walk(sources: Iterable[Path]) -> Iterator[SourceFile | Aside]:
    """Everything found in files and folders, folders in depth, each real folder once; links are followed."""
    visited: set[tuple[int, int]] = set()
    for source in sources:
        yield from _visit(source, visited)


def _visit(path: Path, visited: set[tuple[int, int]]) -> Iterator[SourceFile | Aside]:
    try:
        status = path.stat()
    except OSError as error:
        yield Aside(path, not path.is_symlink(), _os_reason(error, path))
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _visit_folder(path, (status.st_dev, status.st_ino), visited)
    elif not stat.S_ISREG(status.st_mode):
        yield Aside(path, False, "not a regular file")
    else:
        yield inspect(path)


def _visit_folder(path: Path, identity: tuple[int, int], visited: set[tuple[int, int]]) -> Iterator[SourceFile | Aside]:
    if identity in visited:
        if path.is_symlink():
            yield Aside(path, False, "a link to a folder that was walked already")
        return
    visited.add(identity)
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        yield Aside(path, True, _os_reason(error, path))
        return
    for one in inside:
        yield from _visit(one, visited)


def _os_reason(error: OSError, path: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "a link that leads nowhere"
    return f"cannot be read ({(error.strerror or type(error).__name__).lower()})"


def inspect(path: Path) -> SourceFile | Aside:
    """What a file is, from its first elements: identity, series, position."""
    try:
        header, meta_uid = read_leading(path, LAST_TAG)
        if is_directory(header):
            return Aside(path, False, "a DICOMDIR: an index of files, never copied")
        if "SeriesInstanceUID" not in header:
            header = inflate(split(path)).header()  # elements out of order are found by a scan to the end
        check_identity(header, meta_uid)
        return _source_file(path, header)
    except NotDicom as error:
        return Aside(path, False, str(error))
    except DicomconvError as error:
        return Aside(path, True, str(error))
    except OSError as error:
        return Aside(path, True, _os_reason(error, path))


def is_directory(header: Header) -> bool:
    """Whether this is a DICOMDIR, by its SOP class or by the attributes only a directory has (PS3.3 F)."""
    return header.text("SOPClassUID") == DIRECTORY_SOP_CLASS or "FileSetID" in header


def check_identity(header: Header, meta_sop_instance_uid: str) -> None:
    """Malformed if a UID that everything hangs on is missing, no UID, or cut short."""
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        uid = header.text(keyword)
        if not uid and keyword.startswith("SOP"):
            raise Malformed("the attribute is missing or empty, so that this is no instance of anything", keyword)
        if uid and (not _UID(uid) or len(uid) > 64):
            raise Malformed("the value is no UID, or cut short", keyword)
    uid = header.text("SOPInstanceUID")
    if meta_sop_instance_uid != uid and meta_sop_instance_uid.startswith(uid):
        raise Malformed("the value is shorter than in File Meta Information", "SOPInstanceUID")


def _source_file(path: Path, header: Header) -> SourceFile:
    """An instance without a study or series is one of its own, named after its SOP Instance UID."""
    alone = header.text("SOPInstanceUID")
    return SourceFile(
        row=0,
        path=path,
        issuer=header.text("IssuerOfPatientID"),
        patient_id=header.text("PatientID"),
        study_instance_uid=header.text("StudyInstanceUID") or alone,
        series_instance_uid=header.text("SeriesInstanceUID") or alone,
        sop_instance_uid=header.text("SOPInstanceUID"),
        sop_class_uid=header.text("SOPClassUID"),
        modality=header.text("Modality"),
        series_description=header.text("SeriesDescription"),
        image_type=header.text("ImageType"),
        body_part=header.text("BodyPartExamined"),
        instance_number=header.number("InstanceNumber"),
        position=header.numbers("ImagePositionPatient"),
        orientation=header.numbers("ImageOrientationPatient"),
    )
