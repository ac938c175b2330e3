"""Builders for pixel tests: DICOM files in memory, and the real ones in pydicom's wheel."""



import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom.data
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from dicomconv.declared import as_declared
from dicomconv.errors import DicomconvError
from dicomconv.part10 import Parts, split
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat
from dicomconv.pixels.decode import frames, stored_format
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format
from dicomconv.standard import keyword_of

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
RLE, JPEG_2000 = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"
WHEEL = Path(pydicom.data.__file__).parent


def image_file(
    pixels: np.ndarray | bytes | list[bytes], syntax: str = EXPLICIT, *, vr: str = "OW", **attributes
) -> Parts:
    """A small image of an array, a pixel value, or compressed frames; attributes by keyword, None to leave one out."""
    dataset = Dataset()
    shape = pixels.shape if isinstance(pixels, np.ndarray) else (3, 5)
    item = pixels.dtype.itemsize if isinstance(pixels, np.ndarray) else 1
    signed = int(isinstance(pixels, np.ndarray) and pixels.dtype.kind == "i")
    plain = {"Rows": shape[0], "Columns": shape[1], "SamplesPerPixel": 3 if len(shape) == 3 else 1}
    plain |= {"BitsAllocated": 8 * item, "BitsStored": 8 * item, "HighBit": 8 * item - 1, "PixelRepresentation": signed}
    plain |= {"PhotometricInterpretation": "RGB" if len(shape) == 3 else "MONOCHROME2", "SOPClassUID": "1.2.3"}
    for keyword, value in (plain | attributes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    if isinstance(pixels, list):
        dataset.PixelData, vr = encapsulate(pixels, has_bot=False), "OB"
    else:
        dataset.PixelData = pixels if isinstance(pixels, bytes) else pixels.tobytes()
    dataset["PixelData"].VR = vr
    dataset["PixelData"].is_undefined_length = isinstance(pixels, list)
    return parts_of(dataset, syntax)


def parts_of(dataset: Dataset, syntax: str = EXPLICIT) -> Parts:
    """A data set as a parsed file."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    with BytesIO() as file:
        pydicom.dcmwrite(
            file, dataset, implicit_vr=syntax == IMPLICIT, little_endian=syntax != BIG, force_encoding=True
        )
        return as_declared(split(file.getvalue()))


def format_of(parts: Parts) -> PixelFormat:
    return pixel_format(parts.header(), parts.transfer_syntax_uid, keyword_of(parts.pixel_element.tag))


def frames_of(parts: Parts) -> tuple[list[np.ndarray], PixelFormat, FrameAttributes]:
    """All frames, their stored format, and the attributes of the first."""
    format = format_of(parts)
    return (
        list(frames(format, parts.pixels)),
        stored_format(format),
        ImageAttributes(parts.header(), format).frame(1),
    )


def rle(data: bytes) -> bytes:
    """One RLE segment of literal runs (PS3.5 G)."""
    runs = b"".join(bytes([len(data[at : at + 128]) - 1]) + data[at : at + 128] for at in range(0, len(data), 128))
    return struct.pack("<16I", 1, 64, *[0] * 14) + runs + b"\0" * (len(runs) % 2)


def wheel_files() -> list[Path]:
    """Every file of pydicom's wheel that is DICOM with pixel data."""
    return [path for path in sorted(WHEEL.rglob("*")) if path.is_file() and _has_pixels(path)]


def _has_pixels(path: Path) -> bool:
    try:
        return as_declared(split(path)).pixel_element is not None
    except DicomconvError:
        return False


def grey_format(bits_stored: int = 16, **fields) -> PixelFormat:
    """The format of a grey image of 16 bits allocated."""
    fields = {"rows": 3, "columns": 5, "samples_per_pixel": 1, "photometric_interpretation": "MONOCHROME2"} | fields
    fields = {"planar_configuration": 0, "bits_allocated": 16, "high_bit": bits_stored - 1} | fields
    return PixelFormat(
        **({"pixel_representation": 0, "number_of_frames": 1, "transfer_syntax_uid": EXPLICIT} | fields),
        bits_stored=bits_stored,
    )
