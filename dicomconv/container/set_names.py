"""Which names annotation sets may have: they are names of HDF5 groups, of columns and of files."""

import unicodedata

from dicomconv.container.schema import LARGEST_SET_NAME
from dicomconv.errors import UsageError


def checked_name(name: str) -> str:
    """The name as it is. UsageError if it is none: 1 to 64 bytes of printable text without slashes and outer blanks."""
    is_text = name.isprintable() and name == name.strip() and name == unicodedata.normalize("NFC", name)
    if not is_text or set(name) & set("/\\") or set(name) <= {"."} or len(name.encode()) > LARGEST_SET_NAME:
        raise UsageError(
            f"{name!r} is no name of an annotation set: printable characters without slashes, up to {LARGEST_SET_NAME} "
            "bytes of UTF-8, not only dots"
        )
    return name
