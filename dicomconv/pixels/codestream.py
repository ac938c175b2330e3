"""What the header of a compressed frame says, whichever format it is of, and how a frame begins."""

from dataclasses import dataclass
from typing import Literal

SOI = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"
JP2_SIGNATURE = b"\0\0\0\x0cjP  "
JXL_START, JXL_SIGNATURE = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
Colour = Literal["", "RGB", "YBR"]
Codec = Literal["jpeg8", "jpegls", "jpeg2k", "jpegxl"]


@dataclass(frozen=True, slots=True)
class Codestream:
    """One compressed frame: what decodes it, its size, its sample format, and where in the frame's bytes it stands.

    `colour`: what the codestream itself says, "" if nothing. `rows` is 0 where a JPEG tells it behind its first scan;
    `rows_at`: where they would stand.
    """

    codec: Codec
    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool = False
    colour: Colour = ""
    is_lossless_jpeg: bool = False
    rows_at: int = 0
    start: int = 0
    stop: int | None = None


def starts_frame(data: bytes) -> bool:
    """Whether a fragment begins a compressed frame; a naked JPEG XL has too short a mark to tell it from other bytes."""
    return data.startswith((SOI, J2K_START, JP2_SIGNATURE, JXL_SIGNATURE))
