"""What one file is, by its first elements: what groups, orders and selects it, or why it is put aside (PS3.10 7)."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from sys import intern

from dicomconv.alike import Scanned
from dicomconv.declared import as_declared
from dicomconv.errors import DicomconvError, Malformed, NotDicom
from dicomconv.header import Header
from dicomconv.part10 import Leading, read_leading, split
from dicomconv.preface import Meta
from dicomconv.source import Folder, SourceFile
from dicomconv.standard import tag_of
from dicomconv.stored import Stored, Where

DIRECTORY_SOP_CLASS = "1.2.840.10008.1.3.10"
LAST_TAG = 0x00209FFF
IDENTITY = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
SHORTER = "the file became shorter while it was read"
DESCRIBING = frozenset(
    map(
        tag_of,
        (
            "SpecificCharacterSet",
            "ImageType",
            "SOPClassUID",
            "Modality",
            "SeriesDescription",
            "PatientID",
            "IssuerOfPatientID",
            "BodyPartExamined",
            "ImageOrientationPatient",
        ),
    )
)  # what a record is made of besides UIDs, number and position
_UID = re.compile(r"\d+(?:\.\d+)*").fullmatch


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is no DICOM instance to work on: skipped, or failed, and why."""

    path: Where = field(repr=False)
    failed: bool
    reason: str


def os_reason(error: OSError, path: Where) -> str:
    """Why a file cannot be read."""
    if isinstance(path, Path) and path.is_symlink() and not path.exists():
        return "a link that leads nowhere"
    return f"cannot be read ({(error.strerror or type(error).__name__).lower()})"


def inspect(path: Where, name: str = "", before: "Inspected | None" = None) -> SourceFile | Aside:
    """What a file is, from its first elements: identity, series, position. `name`: where it lies below its source.

    `before`: remembers the file before, which is mostly of the same series.
    """
    try:
        leading = read_leading(path, LAST_TAG, before.scanned if before else None)
        header, meta = leading.header, leading.meta
        if is_directory(header, meta):
            return Aside(path, False, "a DICOMDIR: an index of files, never copied")
        if not leading.in_order:
            header = as_declared(split(path)).header()  # elements out of order are found by a scan to the end
        uids = check_identity(header, meta)
        if before and leading.in_order:
            return before.file(path, leading, uids, name)
        return _source_file(path, header, uids, name)
    except NotDicom as error:
        return Aside(path, False, str(error))
    except DicomconvError as error:
        return Aside(path, True, str(error))
    except EOFError:
        return Aside(path, True, SHORTER)
    except OSError as error:
        return Aside(path, True, os_reason(error, path))


class Inspected:
    """The file that was inspected last: what the next has in common with it is not decoded again."""

    def __init__(self) -> None:
        self.scanned: Scanned | None = None
        self._file: SourceFile | None = None

    def file(self, path: Where, leading: Leading, uids: dict[str, str], name: str) -> SourceFile:
        """The record of a file, beside that of the file before."""
        likeness, before = leading.likeness, self._file
        if before and likeness and likeness.to is self.scanned and not likeness.touches(*DESCRIBING):
            header, (place, leaf) = leading.header, _place(path, name)
            found = replace(
                before,
                place=place,
                leaf=leaf,
                study_instance_uid=intern(uids["StudyInstanceUID"]),
                series_instance_uid=intern(uids["SeriesInstanceUID"]),
                sop_instance_uid=uids["SOPInstanceUID"],
                instance_number=header.number("InstanceNumber"),
                position=header.numbers("ImagePositionPatient"),
            )
        else:
            found = _source_file(path, leading.header, uids, name)
        self.scanned, self._file = leading.scanned, found
        return found


def is_directory(header: Header, meta: Meta) -> bool:
    """Whether this is a DICOMDIR: by its SOP class, or an object without a name that is a file-set (PS3.3 F)."""
    is_file_set = "FileSetID" in header or "DirectoryRecordSequence" in header
    is_named = "SOPInstanceUID" in header
    return DIRECTORY_SOP_CLASS in (header.text("SOPClassUID"), meta.sop_class_uid) or (is_file_set and not is_named)


def check_identity(header: Header, meta: Meta) -> dict[str, str]:
    """The four UIDs that everything hangs on; Malformed if one is no UID or cut short, or the instance has no name.

    What the data set lacks File Meta may say; an instance without a study or series is one of its own.
    """
    uids = {keyword: header.text(keyword) for keyword in IDENTITY}
    if uids["SOPInstanceUID"] != meta.sop_instance_uid and meta.sop_instance_uid.startswith(
        uids["SOPInstanceUID"] or " "
    ):
        raise Malformed("the value is shorter than in File Meta Information", "SOPInstanceUID")
    if meta.transfer_syntax_uid and not _UID(meta.transfer_syntax_uid):
        raise Malformed("the value is no UID", "TransferSyntaxUID")
    uids["SOPClassUID"] = uids["SOPClassUID"] or meta.sop_class_uid
    uids["SOPInstanceUID"] = uids["SOPInstanceUID"] or meta.sop_instance_uid
    for keyword, uid in uids.items():
        if not uid and keyword.startswith("SOP"):
            raise Malformed("the attribute is missing or empty, so that this is no instance of anything", keyword)
        if uid and (not _UID(uid) or len(uid) > 64):
            raise Malformed("the value is no UID, or cut short", keyword)
    return {keyword: uid or uids["SOPInstanceUID"] for keyword, uid in uids.items()}


def _source_file(path: Where, header: Header, uids: dict[str, str], name: str) -> SourceFile:
    """What groups, orders and selects a file; texts that a series shares are kept once, archives being long."""
    place, leaf = _place(path, name)
    return SourceFile(
        row=0,
        place=place,
        leaf=leaf,
        issuer=intern(header.text("IssuerOfPatientID")),
        patient_id=intern(header.text("PatientID")),
        study_instance_uid=intern(uids["StudyInstanceUID"]),
        series_instance_uid=intern(uids["SeriesInstanceUID"]),
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=intern(uids["SOPClassUID"]),
        modality=intern(header.text("Modality")),
        series_description=intern(header.text("SeriesDescription")),
        image_type=intern(header.text("ImageType")),
        body_part=intern(header.text("BodyPartExamined")),
        instance_number=header.number("InstanceNumber"),
        position=header.numbers("ImagePositionPatient"),
        orientation=_shared(header.numbers("ImageOrientationPatient")),
    )


def _place(path: Where, name: str) -> tuple[Folder | Stored, str]:
    """Where a file lies, as its record keeps it: its folder, or what it is stored in, and what it is called there."""
    if isinstance(path, Path):
        return _folder(str(path.parent), name.removesuffix(path.name)), path.name
    return path, name


@lru_cache(maxsize=1)
def _folder(path: str, below: str) -> Folder:
    return Folder(path, below)


@lru_cache(maxsize=1024)
def _shared(numbers: tuple[float, ...]) -> tuple[float, ...]:
    """The same numbers, kept once for all the slices that have them."""
    return numbers
