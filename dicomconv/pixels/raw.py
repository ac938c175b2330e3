"""Stored values as samples of a PNG, without loss: 8 bits where they fit, else 16."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomconv.errors import Undecodable
from dicomconv.pixels.attributes import PixelFormat
from dicomconv.pixels.modality import stored_values

MOST_BITS = 16


def sample_bits(format: PixelFormat) -> int:
    """Bits of the samples that hold all that Bits Stored can, as far as a PNG goes: 8 or 16."""
    return 8 if format.bits_stored <= 8 else MOST_BITS


def sample_offset(format: PixelFormat) -> int:
    """What is added to a stored value to make a sample of it: half the range if values are signed, else 0."""
    return 1 << sample_bits(format) - 1 if format.pixel_representation else 0


def raw_samples(raw: NDArray[Any], format: PixelFormat) -> NDArray[Any]:
    """The stored values of a frame plus `sample_offset`: (rows, columns) or (rows, columns, 3), uint8 or uint16.

    `raw`: as `frames` gives it, with its `stored_format`. Undecodable where a PNG cannot hold them: floats, other
    numbers of samples than 1 and 3, a value that does not fit in 16 bits.
    """
    if format.float_kind:
        raise Undecodable("stored values are floats, which a PNG cannot hold")
    if format.samples_per_pixel not in (1, 3):
        raise Undecodable("a PNG holds 1 or 3 samples per pixel as they are, no others")
    by_pixel = np.moveaxis(raw, 0, -1) if format.planar_configuration == 1 and format.samples_per_pixel > 1 else raw
    values, offset = stored_values(by_pixel, format), sample_offset(format)
    if format.bits_stored > MOST_BITS and not -offset <= int(values.min()) <= int(values.max()) < (1 << 16) - offset:
        raise Undecodable("stored values do not fit in the 16 bits of a PNG")
    unsigned = values.view(f"u{values.dtype.itemsize}")
    # modulo 2**bits, where an unsigned sum is what the signed one would be
    samples: NDArray[Any] = unsigned + unsigned.dtype.type(offset)
    return samples.astype(np.uint8 if sample_bits(format) == 8 else np.uint16)
