"""Annotation files of every format, read one by one; and the digest by which a file is known."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dicomconv.annotation import Label
from dicomconv.annotations import coco, cvat, label_studio, labelme, nifti, png_masks, via, voc, yolo
from dicomconv.annotations.drawn import Drawn, Fault, Volume
from dicomconv.errors import UsageError

Item = Drawn | Volume | Fault
PNG = "png"
READERS: dict[str, Callable[[Path], Iterator[Item]]] = {
    "coco": coco.read,
    "cvat": cvat.read,
    "label-studio": label_studio.read,
    "labelme": labelme.read,
    "nifti": nifti.read,
    "via": via.read,
    "voc": voc.read,
    "yolo": yolo.read,
}
FORMATS = (*READERS, PNG)


def format_of(path: Path) -> str:
    """The format of a file or folder. UsageError if it cannot be told."""
    if path.is_dir() and next(path.rglob("*.png"), None):
        return PNG
    raise UsageError(f"{path.name}: the format cannot be told from it; give --format, one of {', '.join(FORMATS)}")


def items(path: Path, format: str, labels: Sequence[Label]) -> Iterator[Item]:
    """Everything that is in a file or folder of this format, and what of it cannot be read."""
    try:
        yield from png_masks.read(path, labels) if format == PNG else READERS[format](path)
    except OSError as error:
        yield Fault("", f"it cannot be read ({(error.strerror or 'error').lower()})")


def digest_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, that of a list of its files as sha256sum prints it, ordered by name."""
    try:
        if not path.is_dir():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        found = sorted((one.relative_to(path).as_posix(), one) for one in path.rglob("*") if one.is_file())
        lines = "".join(f"{digest_of(one)}  {name}\n" for name, one in found)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read ({(error.strerror or 'error').lower()})") from None
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
