"""Which walker follows the frames of which transfer syntax (PS3.5 A.4)."""

from functools import partial

from dicomconv.deid.codestream import jpeg2000, rle
from dicomconv.deid.codestream.boxes import surplus_of_jpeg_xl
from dicomconv.deid.codestream.edits import Walker
from dicomconv.deid.codestream.jpeg import surplus_of_jpeg, surplus_of_jpeg_ls
from dicomconv.deid.codestream.plain import surplus_of_deflated, surplus_of_uncompressed
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.codecs import frame_bytes

JPEG_FAMILY = "1.2.840.10008.1.2.4."
RLE, DEFLATED, UNCOMPRESSED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98"
FRAME_IS_FRAGMENT = frozenset({RLE, DEFLATED, UNCOMPRESSED})  # by the standard, and their walkers know a whole frame
WALKERS: dict[str, Walker] = {
    **{f"{JPEG_FAMILY}{number}": surplus_of_jpeg for number in (*range(50, 67), 70)},
    **dict.fromkeys((f"{JPEG_FAMILY}80", f"{JPEG_FAMILY}81"), surplus_of_jpeg_ls),
    **{f"{JPEG_FAMILY}{number}": jpeg2000.surplus for number in (90, 91, 92, 93, 201, 202, 203)},
    **{f"{JPEG_FAMILY}{number}": surplus_of_jpeg_xl for number in (110, 111, 112)},
}


def walker_of(transfer_syntax_uid: str, format: PixelFormat | None) -> Walker | None:
    """What follows a frame of this transfer syntax; None for those that cannot be followed."""
    if transfer_syntax_uid in WALKERS or format is None:
        return WALKERS.get(transfer_syntax_uid)
    if transfer_syntax_uid == RLE:
        count = format.samples_per_pixel * max(1, format.bits_allocated // 8)
        pixels = format.rows * format.columns
        length = (pixels + 7) // 8 if format.bits_allocated == 1 else pixels
        return partial(rle.surplus, segment_length=length, segment_count=count)
    if transfer_syntax_uid == DEFLATED:
        return partial(surplus_of_deflated, length=frame_bytes(format))
    if transfer_syntax_uid == UNCOMPRESSED:
        return partial(surplus_of_uncompressed, length=frame_bytes(format))
    return None
