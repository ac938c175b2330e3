"""Label maps in NRRD, and segmentations of 3D Slicer (.seg.nrrd), whose labels may overlap in layers; by pynrrd."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Fault, Volume
from dicomconv.annotations.label_values import label_values
from dicomconv.annotations.packed_values import voxels
from dicomconv.errors import UsageError

MAGIC = b"NRRD000"
LARGEST_HEADER = 1 << 20
LARGEST_LAYERS = 1024
TYPES = {  # teem.sourceforge.net/nrrd/format.html, "type"
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i1": ("signed char", "int8", "int8_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
DTYPE_OF = {name: code for code, names in TYPES.items() for name in names}
ENCODINGS = {"raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
TO_LPS = {  # signs of the axes of a space
    **dict.fromkeys(("left-posterior-superior", "lps"), (1, 1, 1)),
    **dict.fromkeys(("right-anterior-superior", "ras"), (-1, -1, 1)),
    **dict.fromkeys(("left-anterior-superior", "las"), (1, -1, 1)),
}
LAYER_KINDS = {"list", "none", "???"}
DAMAGED = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, AssertionError)
_SEGMENT = re.compile(r"Segment(\d{1,5})_(Name|LabelValue|Layer|ID)").fullmatch


def read(path: Path) -> Iterator[Volume | Fault]:
    """The label map of an NRRD file, a layer for each set of labels that do not overlap. UsageError if pynrrd is missing."""
    try:
        import nrrd
    except ImportError:
        raise UsageError("NRRD is read by pynrrd; install dicomconv[nrrd]") from None
    try:
        yield _volume(nrrd, path)
    except Unreadable as error:
        yield Fault(error.place, error.reason)
    except OSError:
        yield Fault("", "it cannot be read")
    except (nrrd.NRRDError, *DAMAGED):
        yield Fault("", "its header is not one of NRRD, or is damaged; save it again")


def _volume(nrrd: Any, path: Path) -> Volume:
    with path.open("rb") as file:
        start = io.BytesIO(file.read(LARGEST_HEADER))
        if not start.getvalue().startswith(MAGIC):
            raise Unreadable("it is not NRRD; give a .nrrd or .seg.nrrd of labels")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header: Mapping[str, Any] = nrrd.read_header(start)
        file.seek(start.tell())
        sizes, layer_axis = _sizes(header)
        values = voxels(file, sizes[::-1], _dtype(header), _encoding(header), path.stat().st_size - start.tell())
    if layer_axis is None:
        found, affine = values, _affine_lps(header, [0, 1, 2])
    else:
        found = np.moveaxis(values, len(sizes) - 1 - layer_axis, 0)
        affine = _affine_lps(header, [axis for axis in range(4) if axis != layer_axis])
    planes = (plane for layer in found.reshape(-1, *found.shape[-3:]) for plane in layer)
    return Volume("", label_values(planes, found.shape), affine, _names(header, is_layered=layer_axis is not None))


def _sizes(header: Mapping[str, Any]) -> tuple[tuple[int, ...], int | None]:
    """The sizes, the fastest axis first, and which of the axes counts layers."""
    sizes = tuple(int(size) for size in header["sizes"])
    kinds = [str(kind) for kind in header.get("kinds", ["domain"] * len(sizes))]
    directions = np.asarray(header.get("space directions", np.zeros((0, 3))), np.float64)
    if len(directions) != len(sizes):
        raise Unreadable("it does not say where it lies: there are no space directions")
    others = [axis for axis, direction in enumerate(directions) if np.isnan(direction).any()]
    if len(sizes) - len(others) != 3 or len(others) > 1 or any(kinds[axis] not in LAYER_KINDS for axis in others):
        raise Unreadable("it is no volume of labels: that has three axes, and one of layers at most")
    if others and sizes[others[0]] > LARGEST_LAYERS:
        raise Unreadable(f"it has more than {LARGEST_LAYERS} layers")
    return sizes, others[0] if others else None


def _dtype(header: Mapping[str, Any]) -> np.dtype[Any]:
    code = DTYPE_OF.get(str(header["type"]))
    if code is None:
        raise Unreadable("its values are no plain numbers; save the labels as whole numbers")
    order = {"little": "<", "big": ">"}.get(str(header.get("endian", "little")).lower())
    if order is None or (code[1] != "1" and "endian" not in header):
        raise Unreadable("it does not say which byte of a value is first")
    return np.dtype(order + code)


def _encoding(header: Mapping[str, Any]) -> str:
    if any(name in header for name in ("data file", "datafile")):
        raise Unreadable("its voxels stand in another file; save it as one")
    if any(int(header.get(name, 0)) for name in ("line skip", "lineskip", "byte skip", "byteskip")):
        raise Unreadable("something stands between its header and its voxels; save it again")
    encoding = ENCODINGS.get(str(header["encoding"]).lower())
    if encoding is None:
        raise Unreadable("its voxels are written as text; save it as raw or gzip")
    return encoding


def _affine_lps(header: Mapping[str, Any], axes: list[int]) -> NDArray[np.float64]:
    signs = TO_LPS.get(str(header.get("space", "")).lower())
    units = {str(unit).lower() for unit in header.get("space units", ["mm"])}
    if signs is None or units - {"mm"} or "space origin" not in header:
        raise Unreadable("it does not say where in the patient it lies: space, space origin, and units of mm")
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"], np.float64)[axes].T
    affine[:3, 3] = np.asarray(header["space origin"], np.float64)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
        raise Unreadable("its space directions or origin are no transform; save it again")
    lps: NDArray[np.float64] = np.diag([*signs, 1]) @ affine
    return lps


def _names(header: Mapping[str, Any], *, is_layered: bool) -> dict[tuple[int, int], str]:
    """Names by layer and value. Before Slicer 4.11 each segment was a layer of its own, with the value 1."""
    segments: dict[int, dict[str, str]] = {}
    for key, value in header.items():
        if found := _SEGMENT(str(key)):
            segments.setdefault(int(found[1]), {})[found[2]] = str(value).strip()
    names = {}
    for number, one in sorted(segments.items()):
        layer = int(one.get("Layer", number if is_layered and "LabelValue" not in one else 0))
        value = int(one.get("LabelValue", 1 if is_layered else number + 1))
        if name := one.get("Name") or one.get("ID"):
            names[layer, value] = name
    return names
