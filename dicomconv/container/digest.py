"""The root digest: SHA-256 over everything small in a container, the digests of everything large among it.

docs/container.md defines the serialisation; seal and annotations are not part of it. An annotation set has a digest of
its own, made in the same way.
"""

import hashlib
import re
import struct
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dicomconv.container.columns import read_column, stored_attribute
from dicomconv.container.schema import (
    ANNOTATIONS,
    COVERED_GROUPS,
    ENCODED_DATA,
    HEADER_BYTES,
    LABELMAP,
    ROOT_ATTRIBUTES,
    SHA256,
)

BULK = re.compile(  # covered by the digests of frames and files
    rf"/stacks/\d+/pixels|/{HEADER_BYTES}|/{ENCODED_DATA}|/{ANNOTATIONS}/[^/]+/\d+/{LABELMAP}"
)


def root_digest(file: h5py.File) -> bytes:
    """The root digest of an open container, 32 bytes."""
    entries = {f"/@{name}": (file, name) for name in ROOT_ATTRIBUTES if name in file.attrs}
    for group in COVERED_GROUPS:
        if group in file:
            entries |= _entries(file[group])
    return _digest(entries)


def set_digest(group: h5py.Group) -> bytes:
    """The digest of an annotation set, 32 bytes: over all that is in its group but the digest itself."""
    entries = _entries(group)
    entries.pop(f"{group.name}@{SHA256}", None)
    return _digest(entries)


def _digest(entries: dict[str, tuple[h5py.HLObject, str]]) -> bytes:
    digest = hashlib.sha256()
    for key in sorted(entries, key=str.encode):
        digest.update(_record(key, *entries[key]))
    return digest.digest()


def _entries(group: h5py.Group) -> dict[str, tuple[h5py.HLObject, str]]:
    """All attributes and datasets at and below a group: key → (object, attribute name or "")."""
    found = dict(_of_object(group))
    for child in group.values():
        found |= _entries(child) if isinstance(child, h5py.Group) else dict(_of_object(child))
    return found


def _of_object(item: h5py.HLObject) -> Iterator[tuple[str, tuple[h5py.HLObject, str]]]:
    place = item.name
    for name in item.attrs:
        yield f"{place}@{name}", (item, name)
    if isinstance(item, h5py.Dataset):
        yield place, (item, "")


def _record(key: str, item: Any, attribute: str) -> bytes:
    """Key, type, shape and content, each preceded by its length in eight bytes, little endian."""
    if attribute:
        return _joined(key, stored_attribute(item, attribute))
    if BULK.fullmatch(key):
        return _fields(key, item.dtype.str, item.shape, b"")
    return _joined(key, read_column(item))


def _joined(key: str, values: NDArray[Any]) -> bytes:
    return _fields(key, values.dtype.str, values.shape, np.ascontiguousarray(values).tobytes())


def _fields(key: str, dtype: str, shape: tuple[int, ...], content: bytes) -> bytes:
    fields = (key.encode(), dtype.encode(), ",".join(map(str, shape)).encode(), content)
    return b"".join(struct.pack("<Q", len(field)) + field for field in fields)
