"""Label maps in NIfTI-1 and NIfTI-2 (.nii, .nii.gz), by nibabel."""

import gzip
import io
import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.drawn import Fault, Volume
from dicomconv.annotations.label_values import check_size, label_values
from dicomconv.errors import UsageError

SIZES = {348: "Nifti1Image", 540: "Nifti2Image"}  # sizeof_hdr
UNITS_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # of the spatial part of xyzt_units: unknown, metres, mm, micrometres
SCANNER = 1  # NIFTI_XFORM_SCANNER_ANAT
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
LARGEST_FACTOR = 1100  # deflate makes nothing shorter than a 1030th
LARGEST_EXTENSION = BEHIND = 1 << 20
SPLIT = "]]]]><![CDATA[>"  # how CDATA holds its own end
_NAMED = re.compile(  # bounded, so that no text takes long
    r'<Label\s[^>]{0,300}?Key="(\d{1,5})"[^>]{0,300}>\s{0,9}(?:<!\[CDATA\[(.{0,300}?)\]\]>\s{0,9}|([^<]{0,300}))</Label>',
    re.DOTALL,
)
_SNAP_LINE = re.compile(r'\s*(\d{1,5})(?:\s+[\d.]+){6}\s+"([^"]*)"\s*').fullmatch


def read(path: Path) -> Iterator[Volume | Fault]:
    """The label map of a NIfTI file, or what is wrong with it. UsageError if nibabel is missing.

    It lies where the sform says or the qform, whichever speaks of the scanner, the sform first. Names of labels come
    from a table in the file's extension, or from ITK-SNAP's file of labels beside it (the same name, .label or .txt).
    """
    nibabel = _nibabel()
    try:
        with _silent(nibabel.imageglobals.logger), path.open("rb") as file:
            yield _volume(nibabel, file, path)
    except Unreadable as error:
        yield Fault(error.place, error.reason)
    except (OSError, EOFError, ValueError, zlib.error, OverflowError, MemoryError):
        yield Fault("", "it cannot be read to its end; copy or save it again")
    except (
        nibabel.spatialimages.HeaderDataError,
        nibabel.wrapstruct.WrapStructError,
        nibabel.filebasedimages.ImageFileError,
    ):
        yield Fault("", "its header is not one of NIfTI; save it again")


def _nibabel() -> Any:
    try:
        import nibabel
    except ImportError:
        raise UsageError("NIfTI is read and written by nibabel; install dicomconv[nifti]") from None
    return nibabel


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """nibabel tells what it mends in a header, and quotes it."""
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _volume(nibabel: Any, file: IO[bytes], path: Path) -> Volume:
    length = path.stat().st_size
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    content = gzip.GzipFile(fileobj=file) if is_packed else file
    start = content.read(4)
    content.seek(0)
    kind = next((SIZES[size] for order in ("little", "big") if (size := int.from_bytes(start, order)) in SIZES), None)
    if kind is None:
        raise Unreadable("it is not NIfTI; give a .nii or .nii.gz of labels")
    image = getattr(nibabel, kind).from_stream(cast(io.IOBase, content))
    shape = _shape(image.header)
    check_size(shape, image.header.get_data_dtype().itemsize, length * LARGEST_FACTOR if is_packed else length)
    values = label_values(_slices(image, shape), shape)
    content.read(BEHIND)  # so that the checksum at the end is looked at
    return Volume("", values, RAS_TO_LPS @ _affine_ras(image.header), _names(image.header, path))


def _shape(header: Any) -> tuple[int, int, int]:
    """Slices, rows, columns."""
    shape = tuple(int(size) for size in header.get_data_shape())
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 3:
        raise Unreadable(f"it holds {int(np.prod(shape[3:]))} volumes; save the labels as one")
    if len(shape) < 2:
        raise Unreadable("it holds no volume; save the labels as one of three dimensions")
    columns, rows, slices = (*shape, 1)[:3]
    if header.get_data_dtype().kind not in "iuf":
        raise Unreadable("its values are no plain numbers; save the labels as whole numbers")
    return slices, rows, columns


def _slices(image: Any, shape: tuple[int, int, int]) -> Iterator[NDArray[Any]]:
    """Each slice as (rows, columns), scaled by scl_slope and scl_inter."""
    file_shape = image.dataobj.shape
    beyond = (0,) * (len(file_shape) - 3)
    for index in range(shape[0]):
        plane = (
            image.dataobj[(slice(None), slice(None), index, *beyond)] if len(file_shape) > 2 else image.dataobj[:, :]
        )
        yield np.asarray(plane).T


def _affine_ras(header: Any) -> NDArray[np.float64]:
    """From column, row, slice to mm in RAS. NIfTI-1, "3D image orientation and location in space"."""
    found = [(int(header["sform_code"]), header.get_sform), (int(header["qform_code"]), header.get_qform)]
    said = [one for one in found if one[0] > 0]
    if not said:
        raise Unreadable("neither its sform nor its qform says where it lies; save it with one")
    affine = np.asarray(next((one for one in said if one[0] == SCANNER), said[0])[1](), np.float64)
    affine[:3] *= UNITS_MM.get(int(header["xyzt_units"]) & 7, np.nan)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-12:
        raise Unreadable("its sform or qform is no transform; save it again")
    return affine


def _names(header: Any, path: Path) -> dict[tuple[int, int], str]:
    """Names of labels by layer, which is 0, and value."""
    for extension in header.extensions:
        content = extension.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        if len(text) <= LARGEST_EXTENSION and (found := _NAMED.findall(text)):
            return {
                (0, int(value)): (cdata or plain).replace(SPLIT, "]]>").strip()
                for value, cdata, plain in found
                if int(value)
            }
    return _snap_names(path)


def _snap_names(path: Path) -> dict[tuple[int, int], str]:
    """Names from ITK-SNAP's file of labels beside a file: value, red, green, blue, alpha, visible, mesh, "name"."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    for beside in (path.with_name(f"{stem}.label"), path.with_name(f"{stem}.txt")):
        try:
            text = beside.open("rb").read(LARGEST_EXTENSION).decode("utf-8", "replace")
        except OSError:
            continue
        lines = [_SNAP_LINE(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if lines and all(lines):
            return {(0, int(found[1])): found[2] for found in lines if found and int(found[1])}
    return {}
