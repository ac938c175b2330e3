"""UIDs of the objects that are made from a set of annotations: the same whenever the same is made of the same."""

import hashlib
from collections.abc import Iterable, Iterator
from uuid import UUID

import numpy as np

from dicomconv.annotation import AnnotationSet
from dicomconv.container.reader import Container


class Minted:
    """UIDs from a container, its root digest, and all that a set says: values of de-identified files only."""

    def __init__(self, container: Container, one: AnnotationSet):
        self._start = digest((container.container_uuid.encode(), container.root_sha256, digest(_content(one))))

    def uid(self, *role: object) -> str:
        """The UID of one thing, by what it is."""
        return uid_of(digest((self._start, *(str(part).encode() for part in role))))


def digest(fields: Iterable[bytes]) -> bytes:
    """SHA-256 over fields, each preceded by its length."""
    found = hashlib.sha256()
    for part in fields:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.digest()


def uid_of(sha256: bytes) -> str:
    """`2.25.` and a UUID of version 8 made of a digest (PS3.5 B.2, RFC 9562)."""
    octets = bytearray(sha256[:16])
    octets[6], octets[8] = octets[6] & 0x0F | 0x80, octets[8] & 0x3F | 0x80
    return f"2.25.{UUID(bytes=bytes(octets)).int}"


def _content(one: AnnotationSet) -> Iterator[bytes]:
    """Everything that goes into an object."""
    yield repr((one.name, one.annotator, one.origin, one.algorithm, one.labels)).encode()
    for region in one.regions:
        yield repr((region.key, region.label, region.mask.shape)).encode()
        yield np.packbits(region.mask).tobytes()
    for shape in one.shapes:
        yield repr((shape.key, shape.label, shape.kind, shape.object)).encode()
        yield from (np.ascontiguousarray(ring, "<f8").tobytes() for ring in shape.rings)
    yield repr(one.tags).encode()
