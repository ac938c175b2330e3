"""One compressed frame's bytes to an array, by imagecodecs (PS3.5 A.4, 8.2).

pydicom's plugins are no second try: over all files at hand they read none that imagecodecs does not, and a damaged
frame makes gdcm abort and pylibjpeg-rle panic, either of which takes a whole pool of workers with it.
"""

import struct
import zlib
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.codestream import Codestream, describe
from dicomconv.pixels.photometric import ybr_to_rgb

Array = NDArray[Any]

JPEG, JPEG_LOSSLESS = "jpeg8", "lossless jpeg8"
JPEG_LS, JPEG_2000, HTJ2K, JPEG_XL = "jpegls", "jpeg2k", "htj2k", "jpegxl"
RLE, DEFLATED, UNCOMPRESSED = "packbits", "zlib", ""
RLE_HEADER = 64
CODEC_OF_SYNTAX = {
    "1.2.840.10008.1.2.1.98": UNCOMPRESSED,
    "1.2.840.10008.1.2.4.50": JPEG,
    "1.2.840.10008.1.2.4.51": JPEG,
    "1.2.840.10008.1.2.4.57": JPEG_LOSSLESS,
    "1.2.840.10008.1.2.4.70": JPEG_LOSSLESS,
    "1.2.840.10008.1.2.4.80": JPEG_LS,
    "1.2.840.10008.1.2.4.81": JPEG_LS,
    "1.2.840.10008.1.2.4.90": JPEG_2000,
    "1.2.840.10008.1.2.4.91": JPEG_2000,
    "1.2.840.10008.1.2.4.92": JPEG_2000,
    "1.2.840.10008.1.2.4.93": JPEG_2000,
    "1.2.840.10008.1.2.4.110": JPEG_XL,
    "1.2.840.10008.1.2.4.111": JPEG_XL,
    "1.2.840.10008.1.2.4.112": JPEG_XL,
    "1.2.840.10008.1.2.4.201": HTJ2K,
    "1.2.840.10008.1.2.4.202": HTJ2K,
    "1.2.840.10008.1.2.4.203": JPEG_2000,  # OpenJPH does not clip what lossy compression drives beyond white or black
    "1.2.840.10008.1.2.5": RLE,
    "1.2.840.10008.1.2.8.1": DEFLATED,
}
LOSSY_SYNTAXES = frozenset(
    f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 52, 53, 54, 55, 56, 81, 91, 93, 111, 112, 203)
)
MAY_BE_LOSSLESS = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (91, 93, 112, 203))
DECODES_TO_RGB = frozenset({JPEG, JPEG_XL})
CODEC_FAULTS = (RuntimeError, ValueError, TypeError, LookupError, ImportError, MemoryError, struct.error, zlib.error)


def is_decodable(transfer_syntax_uid: str) -> bool:
    """Whether there is a codec here for the frames of this transfer syntax."""
    return transfer_syntax_uid in CODEC_OF_SYNTAX


def is_lossy(transfer_syntax_uid: str, *, maybe: bool = True) -> bool:
    """Whether pixels of this transfer syntax have lost something; `maybe`: or may have, as it allows both."""
    return transfer_syntax_uid in (LOSSY_SYNTAXES if maybe else LOSSY_SYNTAXES - MAY_BE_LOSSLESS)


def decoder_name(format: PixelFormat) -> str:
    """Name and version of what decodes this transfer syntax; empty where nothing is compressed or decoded."""
    codec = CODEC_OF_SYNTAX.get(format.transfer_syntax_uid, "")
    if codec == DEFLATED:
        return f"zlib {zlib.ZLIB_RUNTIME_VERSION}"
    return f"imagecodecs {version('imagecodecs')}" if codec else ""


def decode_frame(data: bytes, format: PixelFormat) -> Array:
    """The frame that `data` holds: (rows, columns[, samples]), bits as stored, sign extended, colour as RGB."""
    codec = CODEC_OF_SYNTAX[format.transfer_syntax_uid]
    codestream = describe(data)
    _check_size(codestream, format)
    try:
        decoded = _decode(codec, data, format, codestream)
    except CODEC_FAULTS:
        raise Undecodable("the compressed frame is damaged, or of a kind that no decoder here reads") from None
    array = _with_sign(_in_container(_shaped(decoded, format), format), format, codestream)
    return ybr_to_rgb(array, format.bits_stored) if _is_ybr(codec, format, codestream) else array


def _check_size(codestream: Codestream | None, format: PixelFormat) -> None:
    """A codestream of another size is refused before a decoder takes memory for it; 0 rows are told later (DNL)."""
    if codestream is None:
        return
    same = codestream.columns == format.columns and codestream.samples == format.samples_per_pixel
    if not same or codestream.rows not in (0, format.rows):
        raise Undecodable("the compressed frame has another size than Rows, Columns and SamplesPerPixel say")


def _decode(codec: str, data: bytes, format: PixelFormat, codestream: Codestream | None) -> Array:
    import imagecodecs

    if codec == JPEG:
        return _jpeg(data, format, "YCBCR" if _says_ybr(format, codestream) else "RGB")
    if codec == JPEG_LOSSLESS:
        return _jpeg(data, format, "RGB")  # whatever it is: libjpeg converts no lossless colour
    if codec == RLE:
        return _rle(data, format)
    if codec == DEFLATED:
        return _unpacked(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, frame_bytes(format)), format)
    decoded: Array = getattr(imagecodecs, f"{codec}_decode")(data)
    return decoded


def _jpeg(data: bytes, format: PixelFormat, colorspace: str) -> Array:
    """JPEG of 8 to 16 bits; libjpeg is told what colour the components are, as DICOM knows it better than JPEG."""
    import imagecodecs

    if format.samples_per_pixel == 1:
        grey: Array = imagecodecs.jpeg8_decode(data)
        return grey
    colour: Array = imagecodecs.jpeg8_decode(data, colorspace=colorspace, outcolorspace="RGB")
    return colour


def _rle(data: bytes, format: PixelFormat) -> Array:
    """Segments of PackBits, one for each byte of each sample, the highest byte first (PS3.5 G).

    The segments are taken apart here, as imagecodecs' dicomrle reads beyond a damaged frame.
    """
    if format.bits_allocated == 1:
        return _unpacked(_segment(data, 0), format)
    size, pixels = format.bits_allocated // 8, format.rows * format.columns
    segments = [_segment(data, number)[:pixels] for number in range(size * format.samples_per_pixel)]
    planes = np.frombuffer(b"".join(segments), np.uint8).reshape(format.samples_per_pixel, size, pixels)
    samples = np.ascontiguousarray(planes.transpose(2, 0, 1)).view(f">u{size}")
    return samples.astype(f"<u{size}")


def _segment(data: bytes, number: int) -> bytes:
    """One segment of a frame, decoded; its end is the start of the next one."""
    import imagecodecs

    count, *offsets = struct.unpack_from("<16I", data)
    start, stop = [*offsets[:count], len(data)][number : number + 2]
    if not RLE_HEADER <= start < stop <= len(data):
        raise ValueError("the segments are not where the header says")
    return bytes(imagecodecs.packbits_decode(data[start:stop]))


def _unpacked(data: bytes, format: PixelFormat) -> Array:
    """One uncompressed frame, its bits unpacked where one is allocated (PS3.5 8.2.16)."""
    count = format.rows * format.columns * format.samples_per_pixel
    if format.bits_allocated == 1:
        return np.unpackbits(np.frombuffer(data, np.uint8), count=count, bitorder="little")
    pixels = np.frombuffer(data, f"<u{format.bits_allocated // 8}")[:count]
    if format.planar_configuration == 1:
        return np.moveaxis(pixels.reshape(format.samples_per_pixel, format.rows, format.columns), 0, -1)
    return pixels


def frame_bytes(format: PixelFormat) -> int:
    """How many bytes one uncompressed frame takes, by itself."""
    bits = format.rows * format.columns * format.samples_per_pixel * format.bits_allocated
    return (bits + 7) // 8


def container_dtype(format: PixelFormat) -> np.dtype[Any]:
    """The little endian dtype that holds decoded values; one bit becomes one byte."""
    if format.float_kind:
        return np.dtype(f"<{format.float_kind}")
    return np.dtype(f"<{'i' if format.pixel_representation else 'u'}{max(1, format.bits_allocated // 8)}")


def _shaped(decoded: Array, format: PixelFormat) -> Array:
    shape = (format.rows, format.columns, format.samples_per_pixel)
    if decoded.size != np.prod(shape):
        raise Undecodable("the compressed frame does not hold as many pixels as Rows, Columns and SamplesPerPixel say")
    return decoded.reshape(shape if format.samples_per_pixel > 1 else shape[:2])


def _in_container(decoded: Array, format: PixelFormat) -> Array:
    """The same bits in Bits Allocated."""
    dtype = container_dtype(format)
    if decoded.dtype.kind == "b":
        decoded = decoded.view(np.uint8)
    if decoded.dtype.itemsize == dtype.itemsize:
        return np.ascontiguousarray(decoded).view(dtype)
    converted = decoded.astype(dtype)
    if decoded.dtype.itemsize > dtype.itemsize and not np.array_equal(converted, decoded):
        raise Undecodable("the compressed frame has larger values than BitsAllocated holds")
    return converted


def _with_sign(array: Array, format: PixelFormat, codestream: Codestream | None) -> Array:
    """Bits above the codestream's precision as Pixel Representation wants them: codestreams need not know the sign."""
    unused = 8 * array.dtype.itemsize - (codestream.precision if codestream else 8 * array.dtype.itemsize)
    is_signed = format.pixel_representation == 1
    if unused <= 0 or codestream is None or is_signed == codestream.signed:
        return array
    return (array << unused) >> unused


def _says_ybr(format: PixelFormat, codestream: Codestream | None) -> bool:
    """Whether the components are luminance and chrominance: the codestream's word first, then the header's."""
    if codestream and codestream.colour:
        return codestream.colour == "YBR"
    return format.photometric_interpretation.startswith("YBR")


def _is_ybr(codec: str, format: PixelFormat, codestream: Codestream | None) -> bool:
    """Whether what the codec gave still has to be turned into RGB."""
    if format.samples_per_pixel != 3 or codec in DECODES_TO_RGB:
        return False
    return format.photometric_interpretation.startswith(("YBR_FULL", "YBR_PARTIAL")) and _says_ybr(format, codestream)
