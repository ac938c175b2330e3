"""Find DICOM files by content in files and folders, group them into series, put each series in slice order (PS3.10 7).

Every file met comes out as a SourceFile or as an Aside with its reason; none is passed over in silence.
"""

import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePath
from sys import intern

from dicomconv.alike import Scanned
from dicomconv.archives.find import FIRST, kind_of, members
from dicomconv.archives.member import Archive, Member
from dicomconv.archives.names import Names
from dicomconv.archives.unread import Unread
from dicomconv.declared import as_declared
from dicomconv.errors import DicomconvError, Malformed, NotDicom
from dicomconv.header import Header
from dicomconv.part10 import Leading, read_leading, split
from dicomconv.preface import Meta
from dicomconv.remote import Remote, Source, Url, listed
from dicomconv.source import Folder, SourceFile
from dicomconv.standard import tag_of
from dicomconv.stored import Stored, Where, span_of

DIRECTORY_SOP_CLASS = "1.2.840.10008.1.3.10"
LAST_TAG = 0x00209FFF
IDENTITY = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
SHORTER = "the file became shorter while it was read"
WITHIN = "an archive within an archive, which is not opened; unpack the outer one, and name its folder"
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


def walk(sources: Iterable[Source]) -> Iterator[SourceFile | Aside]:
    """Everything found in files, folders and behind URLs, which come last."""
    found, before = named(list(sources)), Inspected()
    yield from _walk([(path, name) for path, name in found if isinstance(path, Path)], before)
    for url, name in found:
        if isinstance(url, Url):
            yield from _behind(url, name, before)


def _behind(url: Url, name: str, before: "Inspected") -> Iterator[SourceFile | Aside]:
    """Every object behind a URL, and everything in those that are archives."""
    names = Names()
    try:
        for one, said in listed(url):
            below = names.of(said)
            yield from _file(one, f"{name}/{below}" if name else below, (one.size, one.modified_ns), before)
    except OSError as error:
        yield Aside(Remote(url.text, 0, 0), True, _os_reason(error, Remote(url.text, 0, 0)))


def _walk(sources: list[tuple[Path, str]], before: "Inspected") -> Iterator[SourceFile | Aside]:
    """Everything in files and folders, folders in depth, each real folder once; links are followed.

    Links to folders come behind all real folders, so that none takes a real folder's name from it.
    """
    visited = set[tuple[int, int]]()
    waiting, links = [iter(sources)], deque[tuple[Path, str]]()
    while waiting or links:
        is_link = not waiting
        found = links.popleft() if is_link else next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        path, name = found
        try:
            status = path.stat()
            is_folder = stat.S_ISDIR(status.st_mode)
            if is_folder and not is_link and path.is_symlink():
                links.append((path, name))
            elif is_folder and (identity := (status.st_dev, status.st_ino)) not in visited:
                waiting.append(_inside(path, name))
                visited.add(identity)
            elif is_folder:
                yield Aside(path, False, f"{'a link to ' * path.is_symlink()}a folder that was walked already")
        except OSError as error:
            yield Aside(path, not path.is_symlink() or path.exists(), _os_reason(error, path))
            continue
        if not is_folder:
            is_file = stat.S_ISREG(status.st_mode)
            stamp = status.st_size, status.st_mtime_ns
            yield from _file(path, name, stamp, before) if is_file else [Aside(path, False, "not a regular file")]


def _file(path: Where, name: str, stamp: tuple[int, int], before: "Inspected") -> Iterator[SourceFile | Aside]:
    """What a file is, or, if it is an archive, everything in it; nothing is unpacked to disk."""
    found = inspect(path, name or (path.name if isinstance(path, Path) else ""), before)
    if isinstance(found, SourceFile) or found.failed or not (kind := _archive_kind(path)):
        yield found
        return
    try:
        for member in members(Archive(path, *stamp), kind):
            yield _member(member, f"{name}/{member.name}" if name else member.name, before)
    except DicomconvError as error:
        yield Aside(path, not isinstance(error, NotDicom), str(error))
    except EOFError:
        yield Aside(path, True, SHORTER)
    except OSError as error:
        yield Aside(path, True, _os_reason(error, path))


def _archive_kind(where: Where) -> str:
    try:
        return kind_of(span_of(where).read(0, FIRST))
    except (OSError, EOFError, DicomconvError):
        return ""


def _member(member: Member | Unread, name: str, before: "Inspected") -> SourceFile | Aside:
    """What a member of an archive is; archives within archives are not opened."""
    if isinstance(member, Unread):
        return Aside(member.place, member.failed, member.reason)
    found = inspect(member, name, before)
    if isinstance(found, Aside) and not found.failed and _archive_kind(member):
        return Aside(member, False, WITHIN)
    return found


def _inside(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """What is in a folder, with the names of originals; of a very full one little more than the names is kept."""
    below = f"{name}/" if name else ""
    return ((folder / leaf, below + leaf) for leaf in sorted(os.listdir(folder)))  # noqa: PTH208 - names, not paths


def named(sources: list[Source]) -> list[tuple[Source, str]]:
    """What each source is called where names of originals are kept: one by itself nothing, several a name each."""
    if len(sources) == 1:
        return [(sources[0], "")]
    taken: dict[str, int] = {}
    return [
        (path, _unused(path.resolve().name if isinstance(path, Path) and path.name in ("", "..") else path.name, taken))
        for path in sources
    ]


def _unused(name: str, taken: dict[str, int]) -> str:
    """The name, or with -2, -3 behind its stem; no two differ in capital letters only."""
    stem, suffix = PurePath(name or "source").stem, PurePath(name).suffix
    found = stem + suffix
    while found.casefold() in taken:
        taken[(stem + suffix).casefold()] += 1
        found = f"{stem}-{taken[(stem + suffix).casefold()]}{suffix}"
    taken[found.casefold()] = 1
    return found


def _os_reason(error: OSError, path: Where) -> str:
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
        return Aside(path, True, _os_reason(error, path))


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
