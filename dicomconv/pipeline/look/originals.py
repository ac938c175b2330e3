"""The series of DICOM files that were not de-identified, to be looked at: numbered, never named."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from numpy.typing import NDArray

from dicomconv.declared import as_declared
from dicomconv.deid.burned_in.risk import risk
from dicomconv.errors import Undecodable
from dicomconv.model import Outcome, Span
from dicomconv.part10 import NATIVE_SYNTAXES, Parts, split, split_headers
from dicomconv.pipeline.gather import in_slice_order
from dicomconv.pipeline.look.series import (
    NO_PICTURE,
    TILES,
    WHOLE_SLIDE,
    Fault,
    Picture,
    Place,
    attempt,
    modality_of,
    picture_of,
    places_of,
    undecodable,
)
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.decode import frame_reader, frames, stored_format
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format
from dicomconv.source import SourceFile
from dicomconv.standard import keyword_of
from dicomconv.stored import Where, chunks

CLEANING = "`--burned-in keep` shows it as it is"


@dataclass(frozen=True, slots=True)
class OriginalSeries:
    """The files of a series in slice order."""

    name: str
    modality: str
    places: tuple[Place, ...]
    sizes: frozenset[tuple[int, int]]
    paths: tuple[Where, ...] = field(repr=False)

    def pictures(self, indices: Sequence[int]) -> Iterator[Picture | Fault]:
        """The images at these places; a file is read once for all of its frames."""
        for file, group in groupby((self.places[index] for index in indices), lambda place: place.file):
            places = list(group)
            if places[0].fault:
                yield places[0].fault
            else:
                yield from _pictures(self.paths[file], [place.frame_number for place in places])


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the header of a file says: how many frames, of which size, or why there are none to see."""

    modality: str = ""
    frame_count: int = 1
    size: tuple[int, int] | None = None
    fault: Fault | None = None


def original_series(
    files: Sequence[SourceFile], number: int, burned_in: Literal["refuse", "keep"]
) -> tuple[OriginalSeries, list[Outcome]]:
    """The files of one series, and what became of those that are not among its images.

    Left out are files that may show text, unless it is kept, and copies. Images are numbered as `convert` numbers them.
    """
    files, copies = _without_copies(in_slice_order(list(files)))
    outcomes = [Outcome(0, "skipped", "a copy of another file")] * copies
    places, sizes, paths, modalities = list[Place](), set[tuple[int, int]](), list[Where](), Counter[str]()
    for file in files:
        seen = attempt(_seen, file, burned_in)
        seen = _Seen(fault=seen) if isinstance(seen, Fault) else seen
        if seen.fault and seen.fault.status == "refused":
            outcomes.append(Outcome(0, "refused", seen.fault.reason))
            continue
        places += places_of(len(paths), len(paths) + 1, seen.frame_count, seen.fault)
        paths.append(file.path)
        modalities[seen.modality] += 1
        sizes |= {seen.size} if seen.size else set()
    modality = modalities.most_common(1)[0][0] if modalities else ""
    return OriginalSeries(f"series {number}", modality, tuple(places), frozenset(sizes), tuple(paths)), outcomes


def _without_copies(files: Iterable[SourceFile]) -> tuple[list[SourceFile], int]:
    """The files without those that are byte for byte another of the same SOP Instance UID, and how many these are."""
    files = list(files)
    several = {uid for uid, count in Counter(file.sop_instance_uid for file in files).items() if count > 1}
    kept: dict[object, SourceFile] = {}
    for file in files:
        kept.setdefault(_digest(file) if file.sop_instance_uid in several else file.sop_instance_uid, file)
    return list(kept.values()), len(files) - len(kept)


def _digest(file: SourceFile) -> object:
    def digest() -> bytes:
        found = hashlib.sha256()
        for chunk in chunks(file.path):
            found.update(chunk)
        return found.digest()

    found = attempt(digest)
    return file.path if isinstance(found, Fault) else found


def _seen(file: SourceFile, burned_in: Literal["refuse", "keep"]) -> _Seen:
    parts = as_declared(split_headers(file.path))
    header, modality = parts.header(), modality_of(parts.header())
    if parts.pixel_element is None:
        return _Seen(modality, fault=NO_PICTURE)
    shows_text = risk(header, file.sop_class_uid, parts.transfer_syntax_uid)
    if shows_text and burned_in == "refuse":
        return _Seen(modality, fault=Fault("", "refused", f"text may be burned in: {shows_text}; {CLEANING}"))
    try:
        format = _format(parts)
    except Undecodable as error:
        return _Seen(modality, fault=undecodable(str(error)))
    size = format.rows, format.columns
    if file.sop_class_uid == WHOLE_SLIDE and format.number_of_frames > 1:
        return _Seen(modality, size=size, fault=TILES)
    return _Seen(modality, _claimed(format, parts), size)


def _claimed(format: PixelFormat, parts: Parts) -> int:
    """How many frames there can be: one place is enough for a file whose header claims more than its value has bits."""
    return format.number_of_frames if format.number_of_frames <= 8 * parts.pixels.length else 1


def _format(parts: Parts) -> PixelFormat:
    pixel = parts.pixel_element
    return pixel_format(parts.header(), parts.transfer_syntax_uid, keyword_of(pixel.tag) if pixel else "")


def _pictures(path: Where, numbers: list[int]) -> Iterator[Picture | Fault]:
    """These frames of a file, ascending."""
    parts = attempt(lambda: as_declared(split(path)))
    format = parts if isinstance(parts, Fault) else attempt(_format, parts)
    if isinstance(parts, Fault) or isinstance(format, Fault):
        yield from [parts if isinstance(parts, Fault) else undecodable(str(format))] * len(numbers)
        return
    header, stored = parts.header(), stored_format(format)
    attributes = ImageAttributes(header, format)
    for number, raw in zip(numbers, _chosen(format, parts.pixels, numbers), strict=True):
        yield (
            raw
            if isinstance(raw, Fault)
            else attempt(lambda raw, number: picture_of(raw, stored, attributes.frame(number), header), raw, number)
        )


def _chosen(format: PixelFormat, value: Span, numbers: list[int]) -> Iterator[NDArray[Any] | Fault]:
    """The frames of these numbers, from 1: native ones in passing, compressed ones alone."""
    found = attempt(frames, format, value)
    if isinstance(found, Fault):
        yield from [found] * len(numbers)
    elif format.transfer_syntax_uid in NATIVE_SYNTAXES:
        wanted = set(numbers)
        for number in range(1, max(numbers) + 1):
            raw = attempt(next, found)
            if number in wanted:
                yield raw
    else:
        read = frame_reader(format, value)
        for number in numbers:
            yield attempt(read, number - 1)
