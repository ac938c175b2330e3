"""What kind of archive a file is by its content, and what is in it."""

from collections.abc import Iterator
from pathlib import PurePath

from dicomconv.archives import tar, zipped
from dicomconv.archives.member import Archive, Member, unfolded
from dicomconv.archives.unread import Unread
from dicomconv.errors import NotDicom
from dicomconv.part10 import looks_like_dicom
from dicomconv.stored import shown

FIRST, HEAD = tar.BLOCK, 1 << 16
KINDS = {zipped.MAGIC: "zip", zipped.EMPTY: "zip", b"\x1f\x8b\x08": "gzip"}


def kind_of(first: bytes) -> str:
    """The kind of archive that begins with these bytes, of those that are opened; empty for anything else."""
    return next((kind for magic, kind in KINDS.items() if first.startswith(magic)), "tar" if tar.is_tar(first) else "")


def members(archive: Archive, kind: str) -> Iterator[Member | Unread]:
    """What is in an archive. Malformed or Truncated where it is damaged or made to do harm, NotDicom if nothing is in it."""
    if kind == "zip":
        yield from zipped.members_of_zip(archive)
    elif kind == "tar":
        yield from tar.members_of_tar(archive)
    elif kind == "gzip" and tar.is_tar(unfolded(archive).read(0, FIRST)):
        yield from tar.members_of_tar(archive, in_gzip=True)
    elif kind == "gzip" and looks_like_dicom(unfolded(archive).read(0, HEAD)):
        size, name = unfolded(archive).size(), PurePath(shown(archive.where)).name
        yield Member(archive, name.removesuffix(".gz"), "gzip", 0, size, size, modified_ns=archive.modified_ns)
    else:
        raise NotDicom("a compressed file that holds neither DICOM nor a tar archive")
