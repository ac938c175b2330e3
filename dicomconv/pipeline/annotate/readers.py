"""Annotation files of every format, read one by one; and the digest by which a file is known."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dicomconv.annotation import Label
from dicomconv.annotations import dicom_seg, formats, png_masks
from dicomconv.annotations.drawn import Drawn, Fault, Volume
from dicomconv.annotations.files import files
from dicomconv.annotations.look import Look
from dicomconv.errors import UsageError
from dicomconv.pixels.png import SIGNATURE

Item = Drawn | Volume | Fault
Reader = Callable[[Path], Iterator[Item]]
PNG, FRACTIONS = "png", "dicom-seg"
READERS: dict[str, Reader] = {name: one.read for name, one in formats.FORMATS.items()}
FORMATS = (*READERS, PNG)


def format_of(path: Path) -> str:
    """The format of a file or folder, by what is in it. UsageError if it cannot be told."""
    if path.is_dir() and (path / png_masks.CLASSES).is_dir():
        return PNG
    try:
        return formats.format_of(path)
    except formats.UnknownFormat:
        if files(path, png_masks.SUFFIX) if path.is_dir() else Look(path).first.startswith(SIGNATURE):
            return PNG
    raise UsageError(
        f"{path.name}: the format cannot be told from what is in it; give --format, one of {', '.join(FORMATS)}; "
        "an archive has to be unpacked first"
    )


def items(path: Path, format: str, labels: Sequence[Label], threshold: float | None = None) -> Iterator[Item]:
    """Everything that is in a file or folder of this format, and what of it cannot be read.

    `threshold`: the fraction from which a pixel of a FRACTIONAL segmentation belongs to its segment.
    """
    try:
        if format == PNG:
            yield from png_masks.read(path, labels)
        elif format == FRACTIONS:
            yield from dicom_seg.read(path, threshold=threshold)
        else:
            yield from READERS[format](path)
    except OSError as error:
        yield Fault("", f"it cannot be read ({(error.strerror or 'error').lower()})")


def coded_labels(items: Iterable[Item]) -> tuple[Label, ...]:
    """The labels that DICOM itself describes, each with a value of its own."""
    found: dict[str, Label] = {}
    for item in items:
        if isinstance(item, Drawn) and item.coded and item.coded.name not in found:
            taken = {label.value for label in found.values()}
            value = item.coded.value
            if value in taken:
                value = next(one for one in itertools.count(1) if one not in taken)
            found[item.coded.name] = replace(item.coded, value=value)
    return tuple(sorted(found.values(), key=lambda label: label.value))


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
