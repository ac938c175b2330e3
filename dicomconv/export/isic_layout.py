"""ISIC: photographs of skin as JPEG, upright as they are stored, colour profile kept, and metadata.csv."""

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from dicomconv.container.reader import open_container
from dicomconv.export.icc_segments import with_profile
from dicomconv.export.images_table import write_images
from dicomconv.export.isic_check import NAME, check
from dicomconv.export.isic_table import IMAGE_TYPES, cells, columns_with, site_of
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.manifest import counted
from dicomconv.render import parse_window

TAKES: frozenset[Option] = frozenset({"window", "size", "labels", "split"})
LARGEST = 9_999_999


def write(export: Export) -> Written:
    """`ISIC_<7 digits>.jpg`. Numbers of images (ISIC_) and patients (IP_) are made here, kept, and those of no archive."""
    kept = [row for row in export.rows if row.sop_class_uid in IMAGE_TYPES]
    others = len(export.rows) - len(kept)
    images = export.numbers.assign("isic image", map(_key, kept), 1, LARGEST)
    patients = export.numbers.assign("isic patient", (row.subject.patient_id for row in kept), 1, LARGEST)
    look = Look(export.choices.window or parse_window("file"), "jpeg", export.choices.size)
    taken = take([Shot(row, f"ISIC_{images[_key(row)]:07d}.jpg") for row in kept], look, export.folder, export.choices.jobs)
    drawn = [one for one in taken if not one.reason]
    columns = columns_with(name for name in export.label_names)
    with_split = any(one.shot.row.split for one in drawn)
    with (export.folder / NAME).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*columns, *(["split"] * with_split)))
        for one, site in _finished(export.folder, drawn):
            patient = f"IP_{patients[one.shot.row.subject.patient_id]:07d}"
            line = cells(one, site, Path(one.shot.file).stem, patient, columns)
            table.writerow((*line, *([one.shot.row.split] * with_split)))
    write_images(export.folder, drawn, look)
    left_out = [f"{counted(others, 'image')}: neither a photograph nor a dermoscopic one"] * bool(others)
    return Written(tuple(one.shot.row for one in drawn), _losses(drawn, look), FOUND_AGAIN, (*left_out, *reasons(taken)))


def _key(row: Row) -> str:
    """What the number of a picture is kept for."""
    return f"{row.sop_instance_uid} {row.frame_number}"


def _finished(folder: Path, drawn: list[Taken]) -> Iterator[tuple[Taken, str]]:
    """Each picture, its colour profile put in, with the anatomical site that its header tells."""
    for path, group in groupby(drawn, key=lambda one: one.shot.row.container):
        with open_container(path) as container:
            for one in group:
                row = one.shot.row
                header = container.header(int(container.stacks[row.stack].column("instance")[row.frame]))
                if profile := header.raw("ICCProfile"):
                    file = folder / one.shot.file
                    file.write_bytes(with_profile(file.read_bytes(), _exactly(profile)))
                yield one, site_of(header)


def _exactly(profile: bytes) -> bytes:
    """A profile without the byte that makes the length of an element even: its first four bytes say how long it is."""
    size = int.from_bytes(profile[:4], "big")
    return profile[:size] if size == len(profile) - 1 else profile


def _losses(drawn: list[Taken], look: Look) -> tuple[Loss, ...]:
    error = max((one.largest_error for one in drawn), default=0)
    losses = [
        Loss("bits", f"JPEG of quality {look.quality}: samples differ by {error} at most", len(drawn)),
        Loss("headers", "of the headers age (to 5 years), sex, site, kind and colour profile are kept", len(drawn)),
    ]
    if look.size:
        losses.append(Loss("resolution", f"resampled to {look.size} x {look.size}, aspect kept", len(drawn)))
    return tuple(losses)


LAYOUTS = {"isic": Layout("isic", "ISIC, JPEG and metadata.csv", write, TAKES, check, ("pillow", "isic-metadata"))}
