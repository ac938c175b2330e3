"""One frame compressed again without loss, in the transfer syntax that it had (PS3.5 8.2, A.4, G)."""

import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.codecs import CODEC_FAULTS, decode_frame
from dicomconv.pixels.describe import describe

JPEG_FAMILY = "1.2.840.10008.1.2.4."
RLE_SYNTAX, UNCOMPRESSED_SYNTAX, DEFLATED_SYNTAX = (
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.1.98",
    "1.2.840.10008.1.2.8.1",
)
PREDICTOR = 1  # the one that Selection Value 1 stands for; any may be used in the other lossless syntax
LARGEST_LEVEL = 9

RAW = frozenset(
    {
        RLE_SYNTAX,
        UNCOMPRESSED_SYNTAX,
        DEFLATED_SYNTAX,
        *(JPEG_FAMILY + last for last in ("57", "70", "80", "81", "90", "92")),
    }
)


def raw_format(format: PixelFormat) -> PixelFormat:
    """The format to decode frames with so that their samples come as they were compressed, not as RGB.

    Only where the codec itself turns no YBR into RGB: what comes out is exact then. PS3.3 C.7.6.3.1.2.
    """
    is_ybr = format.photometric_interpretation in ("YBR_FULL", "YBR_PARTIAL_420")
    if format.transfer_syntax_uid in RAW and is_ybr and format.samples_per_pixel == 3:
        return replace(format, photometric_interpretation="RGB")
    return format


def encoded_frame(array: NDArray[Any], format: PixelFormat) -> bytes | None:
    """The frame in the transfer syntax of `format`, which decodes to the same samples; None where that cannot be.

    `array`: (rows, columns[, samples]), as decoded by `raw_format`. Lossy syntaxes give None, and so do those whose
    encoder at hand cannot write the precision that Bits Stored says.
    """
    encoder = _ENCODERS.get(format.transfer_syntax_uid)
    if encoder is None or format.bits_allocated == 1 or format.float_kind:
        return None
    try:
        data = bytes(encoder(array, format))
        if format.transfer_syntax_uid == UNCOMPRESSED_SYNTAX:
            return data
        same = np.array_equal(decode_frame(data, raw_format(format)), array)
    except (*CODEC_FAULTS, Undecodable):
        return None
    codestream = describe(data)
    return data if same and (codestream is None or codestream.precision == format.bits_stored) else None


def _unsigned(array: NDArray[Any], format: PixelFormat) -> NDArray[Any]:
    """The stored bits as unsigned numbers: codestreams of JPEG and JPEG-LS know no sign."""
    bits: NDArray[Any] = np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")
    masked: NDArray[Any] = bits & bits.dtype.type((1 << format.bits_stored) - 1)
    return masked


def _jpeg(array: NDArray[Any], format: PixelFormat) -> bytes:
    import imagecodecs

    colour = "YCBCR" if format.photometric_interpretation.startswith("YBR") else "RGB"
    space = colour if format.samples_per_pixel == 3 else None
    data = imagecodecs.jpeg8_encode(
        _unsigned(array, format),
        colorspace=space,
        outcolorspace=space,
        lossless=True,
        predictor=PREDICTOR,
        bitspersample=format.bits_stored,
    )
    return bytes(data)


def _jpeg_ls(array: NDArray[Any], format: PixelFormat) -> bytes:
    import imagecodecs

    room = bytearray(2 * array.nbytes + 4096)  # noise grows; imagecodecs' own guess is too small for it
    data = imagecodecs.jpegls_encode(_unsigned(array, format), out=room)
    return bytes(data)


def _jpeg_2000(array: NDArray[Any], format: PixelFormat) -> bytes:
    import imagecodecs

    data = imagecodecs.jpeg2k_encode(
        array,
        codecformat="j2k",
        reversible=True,
        level=0,
        bitspersample=format.bits_stored,
        mct=format.photometric_interpretation == "YBR_RCT",
    )
    return bytes(data)


def _htj2k(array: NDArray[Any], format: PixelFormat) -> bytes:
    import imagecodecs

    if format.samples_per_pixel == 3 and format.photometric_interpretation != "YBR_RCT":
        raise ValueError("this encoder always transforms colour")
    data = imagecodecs.htj2k_encode(array, reversible=True)
    return bytes(data)


def _jpeg_xl(array: NDArray[Any], format: PixelFormat) -> bytes:
    import imagecodecs

    data = imagecodecs.jpegxl_encode(array, lossless=True, usecontainer=False)
    return bytes(data)


def _rle(array: NDArray[Any], format: PixelFormat) -> bytes:
    """Segments of even length, one for each byte of each sample, the highest first, rows apart (PS3.5 G.3, G.4)."""
    import imagecodecs

    size = array.dtype.itemsize
    samples = array.reshape(format.rows, format.columns, format.samples_per_pixel)
    octets = np.ascontiguousarray(samples, samples.dtype.newbyteorder(">")).view(np.uint8)
    planes = octets.reshape(format.rows, format.columns, format.samples_per_pixel * size)
    segments = []
    for number in range(planes.shape[2]):
        rows = np.ascontiguousarray(planes[:, :, number])
        segment = b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in rows)
        segments.append(segment + bytes(len(segment) % 2))
    offsets = [64 + sum(map(len, segments[:number])) for number in range(len(segments))]
    header = struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(offsets)))
    return header + b"".join(segments)


def _deflated(array: NDArray[Any], format: PixelFormat) -> bytes:
    compressor = zlib.compressobj(LARGEST_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(_plain(array, format)) + compressor.flush()


def _plain(array: NDArray[Any], format: PixelFormat) -> bytes:
    """The samples, little endian, by plane if Planar Configuration is 1."""
    by_plane = format.samples_per_pixel > 1 and format.planar_configuration == 1
    ordered = np.moveaxis(array, -1, 0) if by_plane else array
    return np.ascontiguousarray(ordered, array.dtype.newbyteorder("<")).tobytes()


_ENCODERS = {
    RLE_SYNTAX: _rle,
    UNCOMPRESSED_SYNTAX: _plain,
    DEFLATED_SYNTAX: _deflated,
    JPEG_FAMILY + "57": _jpeg,
    JPEG_FAMILY + "70": _jpeg,
    JPEG_FAMILY + "80": _jpeg_ls,
    JPEG_FAMILY + "90": _jpeg_2000,
    JPEG_FAMILY + "110": _jpeg_xl,
    JPEG_FAMILY + "201": _htj2k,
}
