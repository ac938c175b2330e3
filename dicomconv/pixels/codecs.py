"""One compressed frame's bytes to an array, by imagecodecs (PS3.5 A.4, 8.2).

pydicom's plugins are no second try: over all files at hand they read none that imagecodecs does not, and a damaged
frame makes gdcm abort and pylibjpeg-rle panic, either of which takes a whole pool of workers with it. So does one make
OpenJPH, which imagecodecs has too (a division by zero); OpenJPEG reads HTJ2K as well.
"""

import struct
import zlib
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.codestream import Codec, Codestream
from dicomconv.pixels.describe import describe
from dicomconv.pixels.photometric import ybr_to_rgb

Array = NDArray[Any]

JPEG, JPEG_LS, JPEG_2000, JPEG_XL = "jpeg8", "jpegls", "jpeg2k", "jpegxl"
RLE, DEFLATED, UNCOMPRESSED = "packbits", "zlib", ""
JPEG_FAMILY = "1.2.840.10008.1.2.4."
CODEC_OF_SYNTAX = {
    "1.2.840.10008.1.2.1.98": UNCOMPRESSED,
    **{f"{JPEG_FAMILY}{number}": JPEG for number in (*range(50, 58), 70)},
    **{f"{JPEG_FAMILY}{number}": JPEG_LS for number in (80, 81)},
    **{f"{JPEG_FAMILY}{number}": JPEG_2000 for number in (90, 91, 92, 93, 201, 202, 203)},
    **{f"{JPEG_FAMILY}{number}": JPEG_XL for number in (110, 111, 112)},
    "1.2.840.10008.1.2.5": RLE,
    "1.2.840.10008.1.2.8.1": DEFLATED,
}
LOSSY_SYNTAXES = frozenset(f"{JPEG_FAMILY}{number}" for number in (*range(50, 57), 81, 91, 93, 111, 112, 203))
MAY_BE_LOSSLESS = frozenset(f"{JPEG_FAMILY}{number}" for number in (91, 93, 112, 203))
DECODES_TO_RGB = frozenset({JPEG, JPEG_XL})
CODEC_FAULTS = (RuntimeError, ValueError, TypeError, LookupError, ImportError, struct.error, zlib.error)
DAMAGED = "the compressed frame is damaged, or of a kind that no decoder here reads"

EOI, LAST_BYTES = b"\xff\xd9", 16
RLE_HEADER = 64
LARGEST_SEGMENT = 4  # bytes of a segment for each byte that it stands for; the worst encoder takes 2
SOME_BYTES = 1 << 12


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
    if codec in ("", RLE):
        return f"imagecodecs {version('imagecodecs')}" if codec else ""
    import imagecodecs

    return f"imagecodecs {version('imagecodecs')}, {getattr(imagecodecs, f'{codec}_version')()}"


def decode_frame(data: bytes, format: PixelFormat) -> Array:
    """The frame that `data` holds: (rows, columns[, samples]), bits as stored, sign extended, colour as RGB.

    Undecodable, before a decoder takes memory, if the frame says that it has another size than its header.
    """
    codec, codestream = CODEC_OF_SYNTAX[format.transfer_syntax_uid], None
    try:
        if codec in (RLE, DEFLATED):
            decoded = _rle(data, format) if codec == RLE else _inflated(data, format)
        else:
            codestream = _checked(describe(data), format)
            decoded = _decode(codestream, data[codestream.start : codestream.stop], format)
    except CODEC_FAULTS:
        raise Undecodable(DAMAGED) from None
    except MemoryError:
        raise Undecodable("there is not enough memory for the compressed frame") from None
    array = _with_sign(_in_container(_shaped(decoded, format), format), format, codestream)
    return ybr_to_rgb(array, format.bits_stored) if _is_ybr(format, codestream) else array


def _checked(codestream: Codestream | None, format: PixelFormat) -> Codestream:
    """A codestream of the size that its header says; what follows no format known here goes to no decoder."""
    if codestream is None:
        raise Undecodable(DAMAGED)
    same = codestream.columns == format.columns and codestream.samples == format.samples_per_pixel
    is_told_later = codestream.rows == 0 and codestream.codec == JPEG
    if not same or not (codestream.rows == format.rows or is_told_later):
        raise Undecodable("the compressed frame has another size than Rows, Columns and SamplesPerPixel say")
    return codestream


def _decode(codestream: Codestream, data: bytes, format: PixelFormat) -> Array:
    """By what the frame is, whatever its transfer syntax says."""
    import imagecodecs

    codec: Codec = codestream.codec
    if codec == JPEG:
        return _jpeg(codestream, data, format)
    if codec == JPEG_XL:
        image: Array = imagecodecs.jpegxl_decode(data, index=0)
        return image
    if codec == JPEG_LS and EOI not in data[-LAST_BYTES:]:
        data += EOI  # behind the end of a cut frame CharLS counts zeros for seconds, and at a marker it stops
    decoded: Array = getattr(imagecodecs, f"{codec}_decode")(data)
    return decoded


def _jpeg(codestream: Codestream, data: bytes, format: PixelFormat) -> Array:
    """JPEG of 2 to 16 bits; libjpeg is told what colour the components are, as DICOM knows it better than JPEG.

    libjpeg wants the rows before the first scan; a DNL segment tells them behind it (ISO 10918-1 B.2.5).
    """
    import imagecodecs

    if not codestream.rows:
        at = codestream.rows_at
        data = data[:at] + struct.pack(">H", format.rows) + data[at + 2 :]
    if format.samples_per_pixel == 1:
        grey: Array = imagecodecs.jpeg8_decode(data)
        return grey
    if format.samples_per_pixel == 4:
        four: Array = imagecodecs.jpeg8_decode(data, colorspace="CMYK", outcolorspace="CMYK")
        return four
    is_ybr = _says_ybr(format, codestream) and not codestream.is_lossless_jpeg  # libjpeg converts no lossless colour
    colour: Array = imagecodecs.jpeg8_decode(data, colorspace="YCBCR" if is_ybr else "RGB", outcolorspace="RGB")
    return colour


def _rle(data: bytes, format: PixelFormat) -> Array:
    """Segments of PackBits, one for each byte of each sample, the highest byte first (PS3.5 G).

    The segments are taken apart here, as imagecodecs' dicomrle reads beyond a damaged frame.
    """
    if format.bits_allocated == 1:
        return _unpacked(_segment(data, 0, frame_bytes(format)), format)
    size, pixels = format.bits_allocated // 8, format.rows * format.columns
    segments = [_segment(data, number, pixels) for number in range(size * format.samples_per_pixel)]
    planes = np.frombuffer(b"".join(segments), np.uint8).reshape(format.samples_per_pixel, size, pixels)
    samples = np.ascontiguousarray(planes.transpose(2, 0, 1)).view(f">u{size}")
    return samples.astype(f"<u{size}")


def _segment(data: bytes, number: int, length: int) -> bytes:
    """The first `length` bytes of one segment of a frame; its end is the start of the next one."""
    import imagecodecs

    count, *offsets = struct.unpack_from("<16I", data)
    start, stop = [*offsets[:count], len(data)][number : number + 2]
    if not RLE_HEADER <= start < stop <= len(data) or stop - start > LARGEST_SEGMENT * length + SOME_BYTES:
        raise ValueError("the segments are not where the header says")
    return bytes(imagecodecs.packbits_decode(data[start:stop]))[:length]


def _inflated(data: bytes, format: PixelFormat) -> Array:
    """A deflated frame (PS3.5 A.4.14); what it gives beyond the pixels is not asked for."""
    return _unpacked(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, frame_bytes(format)), format)


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
    if decoded.dtype.kind == "f":
        raise Undecodable("the compressed frame holds real numbers, and its header speaks of whole ones")
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


def _is_ybr(format: PixelFormat, codestream: Codestream | None) -> bool:
    """Whether what the codec gave still has to be turned into RGB."""
    if format.samples_per_pixel != 3:
        return False
    if codestream and codestream.codec in DECODES_TO_RGB and not codestream.is_lossless_jpeg:
        return False
    return format.photometric_interpretation.startswith(("YBR_FULL", "YBR_PARTIAL")) and _says_ybr(format, codestream)
