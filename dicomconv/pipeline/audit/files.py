"""Every file of an output, and what kind of file each is by its content."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import h5py

from dicomconv.errors import DicomconvError, NotDicom
from dicomconv.pipeline.audit.texts import SAMPLE, codec_of
from dicomconv.pixels.png import SIGNATURE
from dicomconv.preface import meta_start
from dicomconv.seal.block import MAGIC

FileKind = Literal["DICOM", "HDF5", "PNG", "text", "archive", "seal", "other"]
ARCHIVES = (
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
TAR, TAR_AT = b"ustar", 257


class Listed(NamedTuple):
    """A file with its path in OUT; `fault`: why it cannot be looked into."""

    path: Path
    relative: str
    fault: str = ""


def listed(out: Path) -> list[Listed]:
    """Everything in a folder that is no folder, hidden files too, in order; of a single file that one."""
    return sorted(_walked(out), key=lambda one: one.relative) if out.is_dir() else [Listed(out, out.name)]


def _walked(out: Path) -> Iterator[Listed]:
    faults: list[OSError] = []
    for folder, folders, names in os.walk(out, onerror=faults.append):
        above = Path(folder)
        for name in folders:
            if (above / name).is_symlink():
                yield _listed(out, above / name, "a link to a folder: not followed")
            elif not any((above / name).iterdir() if os.access(above / name, os.R_OK) else (None,)):
                yield _listed(out, above / name)
        for name in names:
            yield _listed(out, above / name, _fault(above / name))
    for fault in faults:
        yield _listed(out, Path(os.fsdecode(fault.filename)), f"cannot be read ({(fault.strerror or '?').lower()})")


def _listed(out: Path, path: Path, fault: str = "") -> Listed:
    return Listed(path, path.relative_to(out).as_posix(), fault)


def _fault(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        broken = path.is_symlink() and not path.exists()
        return "a link that leads nowhere" if broken else f"cannot be read ({(error.strerror or '?').lower()})"
    return "" if stat.S_ISREG(mode) else "not a regular file"


def kind_of(path: Path) -> tuple[FileKind, str]:
    """What a file is by its content; of a text its encoding too."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if sample.startswith(SIGNATURE):
        return "PNG", ""
    if h5py.is_hdf5(path):
        return "HDF5", ""
    if sample.startswith(ARCHIVES) or sample[TAR_AT : TAR_AT + len(TAR)] == TAR:
        return "archive", ""
    if sample.startswith(MAGIC):
        return "seal", ""
    if _is_dicom(sample):
        return "DICOM", ""
    codec = codec_of(sample)
    return ("text", codec) if codec else ("other", "")


def _is_dicom(sample: bytes) -> bool:
    try:
        meta_start(sample)
    except NotDicom:
        return False
    except DicomconvError:
        return True
    return True
