"""Read from a header how its pixel value is laid out (PS3.3 C.7.6.3)."""

from functools import lru_cache
from typing import Literal

from dicomconv.elements import Encoding, scan
from dicomconv.errors import Undecodable
from dicomconv.header import Header
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.standard import tag_of, tags_of

FLOAT_KINDS: dict[str, Literal["", "f4", "f8"]] = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}
BITS_ALLOCATED = (1, 8, 16, 32, 64)
# What is read; tests/pixels/test_read.py holds it against that
FORMAT_TAGS = tags_of(
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
)  # fmt: skip


def pixel_format(header: Header, transfer_syntax_uid: str, pixel_keyword: str) -> PixelFormat:
    """How the pixel value of this instance is laid out; Undecodable if the header does not say or contradicts itself.

    Lenient as real files need it: Samples per Pixel, Photometric Interpretation, Bits Stored, High Bit and Number of
    Frames have plain defaults when absent.
    """
    pixel_element = header.element(tag_of(pixel_keyword))
    vr = pixel_element.vr if pixel_element else "OW"
    described = b"".join(map(header.encoded, FORMAT_TAGS))
    return _pixel_format(described, header.encoding, transfer_syntax_uid, pixel_keyword, vr)


@lru_cache(maxsize=256)
def _pixel_format(
    described: bytes, encoding: Encoding, transfer_syntax_uid: str, pixel_keyword: str, pixel_vr: str
) -> PixelFormat:
    """The same, of nothing but the encoded elements that say so: those of a series are mostly the same."""
    header = Header(described, scan(described, 0, len(described), encoding, 1).elements, encoding)
    samples = _at_least_one(header, "SamplesPerPixel", 1)
    float_kind = FLOAT_KINDS.get(pixel_keyword, "")
    bits_allocated, bits_stored, high_bit = _float_bits(float_kind) if float_kind else _bits(header)
    photometric = header.text("PhotometricInterpretation").strip().upper()
    return PixelFormat(
        rows=_at_least_one(header, "Rows"),
        columns=_at_least_one(header, "Columns"),
        samples_per_pixel=samples,
        photometric_interpretation=photometric or ("MONOCHROME2" if samples == 1 else "RGB"),
        planar_configuration=int(samples > 1 and header.number("PlanarConfiguration") == 1),
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=high_bit,
        pixel_representation=int(not float_kind and header.number("PixelRepresentation") == 1),
        number_of_frames=max(1, int(header.number("NumberOfFrames") or 1)),
        transfer_syntax_uid=transfer_syntax_uid,
        float_kind=float_kind,
        pixel_vr=pixel_vr,
    )


def _at_least_one(header: Header, keyword: str, default: int = 0) -> int:
    value = header.number(keyword)
    whole = default if value is None else int(value)
    if whole < 1:
        raise Undecodable(f"{keyword} is missing or zero")
    return whole


def _float_bits(float_kind: str) -> tuple[int, int, int]:
    bits = 8 * int(float_kind[1:])
    return bits, bits, bits - 1


def _bits(header: Header) -> tuple[int, int, int]:
    """Bits Allocated, Bits Stored, High Bit; where High Bit cannot be, the stored bits are the low ones."""
    allocated = _at_least_one(header, "BitsAllocated")
    stored = _at_least_one(header, "BitsStored", allocated)
    if allocated not in BITS_ALLOCATED:
        raise Undecodable("BitsAllocated is not 1, 8, 16, 32 or 64")
    if stored > allocated:
        raise Undecodable("BitsStored is larger than BitsAllocated")
    high_bit = header.number("HighBit")
    if high_bit is None or not stored - 1 <= high_bit < allocated:
        high_bit = stored - 1
    return allocated, stored, int(high_bit)
