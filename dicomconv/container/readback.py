"""What was just packed, read back and held against what was to be written, before the container gets its name.

Every chunk of frames was inflated and compared when it was made; here the bytes in the file are compared with it. So is
every header row, and the digest of every file that is made of something else besides.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dicomconv.container import schema
from dicomconv.container.chunks import checksum
from dicomconv.container.columns import READ_ERRORS
from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import file_chunks
from dicomconv.container.verify import faults_inside, padding_faults


@dataclass(slots=True)
class Written:
    """Checksums of what was handed to HDF5: of each stack the chunks, of each instance the header row."""

    chunks: list[list[int]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def written_faults(path: Path, written: Written) -> list[str]:
    """What of a container is not what was to be written; none if all is. NotAContainer if it is none."""

    def frame_faults(container: Container) -> list[str]:
        return list(_frame_faults(container, written))

    def header_faults(container: Container) -> list[str]:
        return list(_header_faults(container, written))

    with open_container(path) as container:
        return faults_inside(container, frame_faults, header_faults, _file_faults)


def _frame_faults(container: Container, written: Written) -> Iterator[str]:
    for stack, checksums in zip(container.stacks, written.chunks, strict=True):
        origin = (0,) * (len(stack.shape) - 1)
        for index, wanted in enumerate(checksums):
            mask, chunk = stack.pixels.id.read_direct_chunk((index, *origin))
            if mask or checksum(chunk) != wanted:
                yield f"stack {stack.index} frame {index}: not what was packed"


def _header_faults(container: Container, written: Written) -> Iterator[str]:
    lengths = container.header_lengths
    for row, wanted in enumerate(written.rows):
        if row % container.header_block_rows == 0:
            yield from padding_faults(container, row)
        if checksum(container.header_row(row, 0, lengths[row])) != wanted:
            yield f"header row {row}: not what was packed"


def _file_faults(container: Container) -> list[str]:
    """The files that are not made of frames and header rows alone."""
    faults = []
    for instance, recipe in zip(container.instances, container.recipes, strict=True):
        if all(piece.kind != schema.PieceKind.ENCODED for piece in recipe):
            continue
        digest = hashlib.sha256()
        try:
            for chunk in file_chunks(container, recipe):
                digest.update(chunk)
        except READ_ERRORS:
            faults.append(f"instance {instance.index}: its file cannot be read")
            continue
        if digest.digest() != instance.sha256:
            faults.append(f"instance {instance.index}: its file is not what was packed")
    return faults
