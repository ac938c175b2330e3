"""Everything that a program wrote, decoded: elements, containers, pictures, tables, names, what it said."""

import hashlib
import struct
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
from pydicom.dataset import FileDataset

from tests.benchmarks.deid.index import index, read

RAW = "raw bytes"  # the place of what stands in a file wherever it may be


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of bytes or text that was written, and where."""

    artefact: str
    place: str
    content: bytes = field(repr=False)


def pieces(folder: Path, clean_pixels: Collection[str]) -> Iterator[Piece]:
    """Every piece below a folder. Pixel values that are known to be clean are left out: random bytes are no names."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        yield Piece(name, "its name", name.encode())
        if path.is_file():
            yield from of_file(name, path.read_bytes(), clean_pixels)


def of_file(name: str, content: bytes, clean_pixels: Collection[str]) -> Iterator[Piece]:
    """The pieces of one file, by what it is."""
    if content[128:132] == b"DICM":
        yield from _dicom(name, content, clean_pixels)
    elif content.startswith(b"\x89PNG"):
        yield from _png(name, content)
    elif content.startswith(b"\x89HDF"):
        yield Piece(name, RAW, content)
        yield from _hdf5(name, content)
    else:
        yield Piece(name, "its text", content)


def _dicom(name: str, content: bytes, clean_pixels: Collection[str]) -> Iterator[Piece]:
    dataset = read(content)
    if dataset is None:
        yield Piece(name, RAW, content)
        return
    value = pixel_value(dataset)
    clean = bool(value) and hashlib.md5(value).hexdigest() in clean_pixels
    yield Piece(name, RAW, content.replace(value, b"") if clean else content)
    yield Piece(name, "inflated", inflated(dataset, content))
    for path, text in index(dataset).items():
        yield Piece(name, path, text.encode("utf-8", "surrogateescape"))
    for element in getattr(dataset, "file_meta", ()):
        yield Piece(name, f"File Meta {element.tag}", str(element.value).encode())


def pixel_value(dataset: FileDataset) -> bytes:
    """The bytes of the pixel value, or none."""
    value = dataset.get("PixelData")
    return value if isinstance(value, bytes) else b""


def inflated(dataset: FileDataset, content: bytes) -> bytes:
    """The data set of a deflated file; of others nothing."""
    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if syntax is None or not syntax.is_deflated:
        return b""
    start = 132 + 12 + int(dataset.file_meta.get("FileMetaInformationGroupLength", 0))
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start:])
    except zlib.error:
        return b""


def _png(name: str, content: bytes) -> Iterator[Piece]:
    place = 8
    while place + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        value = content[place + 8 : place + 8 + length]
        if kind not in (b"IDAT", b"PLTE"):
            yield Piece(name, f"chunk {kind.decode('latin-1')}", value)
            yield Piece(name, f"chunk {kind.decode('latin-1')}, inflated", _unzipped(value))
        place += 12 + length


def _unzipped(value: bytes) -> bytes:
    start = value.find(b"\x78")
    try:
        return zlib.decompress(value[start:]) if start >= 0 else b""
    except zlib.error:
        return b""


def _hdf5(name: str, content: bytes) -> Iterator[Piece]:
    found: list[Piece] = []

    def visit(path: str, node: h5py.Group | h5py.Dataset) -> None:
        found.append(Piece(name, f"name of {path}", path.encode()))
        found.extend(Piece(name, f"{path}@{key}", _encoded(value)) for key, value in node.attrs.items())
        if isinstance(node, h5py.Dataset) and node.shape is not None:
            found.append(Piece(name, path, _encoded(node[()])))

    with h5py.File(BytesIO(content), "r") as file:
        visit("/", file)
        file.visititems(visit)
    yield from found


def _encoded(value: object) -> bytes:
    array = np.asarray(value)
    if array.dtype.kind not in "OU":
        return array.tobytes()
    return b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in array.ravel())
