"""Label maps in MetaImage with their voxels in the same file (.mha), as ITK writes them: itk.org/Wiki/ITK/MetaIO."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Fault, Volume
from dicomconv.annotations.label_values import label_values
from dicomconv.annotations.packed_values import voxels

LARGEST_HEADER = 1 << 16
FIRST_KEYS = (b"ObjectType", b"NDims")
TYPES = {
    "MET_UCHAR": "u1", "MET_CHAR": "i1", "MET_USHORT": "u2", "MET_SHORT": "i2", "MET_UINT": "u4", "MET_INT": "i4",
    "MET_ULONG": "u4", "MET_LONG": "i4", "MET_ULONG_LONG": "u8", "MET_LONG_LONG": "i8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
LAST = "ElementDataFile"
OFFSETS, MATRICES = ("Offset", "Position", "Origin"), ("TransformMatrix", "Rotation", "Orientation")


def read(path: Path) -> Iterator[Volume | Fault]:
    """The label map of a MetaImage file, or what is wrong with it."""
    try:
        yield _volume(path)
    except Unreadable as error:
        yield Fault(error.place, error.reason)
    except OSError:
        yield Fault("", "it cannot be read")
    except (ValueError, KeyError, OverflowError):
        yield Fault("", "its header is not one of MetaImage, or is damaged; save it again")


def _volume(path: Path) -> Volume:
    with path.open("rb") as file:
        first = file.read(LARGEST_HEADER)
        if not first.startswith(FIRST_KEYS):
            raise Unreadable("it is not MetaImage; give a .mha of labels")
        header, start = _header(first)
        file.seek(start)
        encoding = "zlib" if _is_true(header, "CompressedData") else "raw"
        values = voxels(file, _shape(header), _dtype(header), encoding, path.stat().st_size - start)
    return Volume("", label_values(values, values.shape), _affine_lps(header))


def _header(first: bytes) -> tuple[dict[str, str], int]:
    """What the header says, and where it ends: behind the line that says where the voxels are."""
    header: dict[str, str] = {}
    position = 0
    while LAST not in header:
        end = first.find(b"\n", position)
        if end < 0:
            raise Unreadable("its header does not end; copy or save it again")
        key, _, value = first[position:end].decode("latin-1").partition("=")
        header[key.strip()] = value.strip()
        position = end + 1
    if header[LAST].upper() != "LOCAL":
        raise Unreadable("its voxels stand in another file; save it as .mha")
    return header, position


def _is_true(header: dict[str, str], key: str) -> bool:
    return header.get(key, "False").lower() == "true"


def _shape(header: dict[str, str]) -> tuple[int, ...]:
    """Slices, rows, columns."""
    sizes = tuple(int(size) for size in header["DimSize"].split())
    if len(sizes) != 3 or int(header["NDims"]) != 3 or int(header.get("ElementNumberOfChannels", 1)) != 1:
        raise Unreadable("it is no volume of labels: that has three axes, and one value for each voxel")
    if not _is_true(header, "BinaryData") or header.get("HeaderSize", "0") not in ("0", "-1"):
        raise Unreadable("its voxels are written as text, or behind another header; save it again")
    return sizes[::-1]


def _dtype(header: dict[str, str]) -> np.dtype[Any]:
    code = TYPES.get(header["ElementType"].upper())
    if code is None:
        raise Unreadable("its values are no plain numbers; save the labels as whole numbers")
    is_big = any(_is_true(header, key) for key in ("BinaryDataByteOrderMSB", "ElementByteOrderMSB"))
    return np.dtype((">" if is_big else "<") + code)


def _affine_lps(header: dict[str, str]) -> NDArray[np.float64]:
    """From column, row, slice to mm in LPS: each row of the matrix is the direction of an axis."""
    offset = next((header[key] for key in OFFSETS if key in header), None)
    matrix = next((header[key] for key in MATRICES if key in header), None)
    if offset is None or matrix is None or header.get("DistanceUnits", "mm") not in ("mm", "?"):
        raise Unreadable("it does not say where in the patient it lies: Offset and TransformMatrix in mm")
    affine = np.eye(4)
    spacing = np.array(header["ElementSpacing"].split(), np.float64)
    affine[:3, :3] = np.array(matrix.split(), np.float64).reshape(3, 3).T * spacing
    affine[:3, 3] = np.array(offset.split(), np.float64)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
        raise Unreadable("its TransformMatrix, ElementSpacing or Offset are no transform; save it again")
    return affine
