"""What stands in front of a container: nothing, or the seal in a block that HDF5 passes over (HDF5 file format, II.A).

What follows the block is the container as it is without one, byte for byte.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from dicomconv.container.inplace import put_in_place, temporary_beside
from dicomconv.errors import NotAContainer

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SMALLEST = 512
BUFFER = 1 << 18


def user_block_length(path: Path) -> int | None:
    """How many bytes stand in front of a file's HDF5: 0, or 512 * 2^n; None if it is not an HDF5 file."""
    with path.open("rb") as file:
        for start in possible_starts(os.fstat(file.fileno()).st_size):
            file.seek(start)
            if file.read(len(SIGNATURE)) == SIGNATURE:
                return start
    return None


def possible_starts(size: int) -> Iterator[int]:
    """Where in a file of so many bytes HDF5 looks for its beginning."""
    start = 0
    while start + len(SIGNATURE) <= size:
        yield start
        start = 2 * start or SMALLEST


def set_user_block(path: Path, block: Iterable[bytes]) -> None:
    """Give a container this block in place of the one it has; the file is replaced as a whole.

    The block has to be of a length that HDF5 finds: 512 * 2^n, or nothing.
    """
    start = user_block_length(path)
    if start is None:
        raise NotAContainer(str(path), "not an HDF5 file, or one that is damaged or cut short")
    temporary = temporary_beside(path)
    try:
        with path.open("rb") as old, temporary.open("wb") as new:
            new.writelines(block)
            old.seek(start)
            length = new.tell()
            shutil.copyfileobj(old, new, BUFFER)
        if user_block_length(temporary) != length:
            raise NotAContainer(str(path), "a block in front of it that HDF5 does not find its way behind")
        shutil.copymode(path, temporary)
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
