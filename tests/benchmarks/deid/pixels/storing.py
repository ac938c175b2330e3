"""From what is shown, greys or colours from 0 to 255, to stored values, and how they are stored."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.generic]
GREY_ENTRIES = 192  # of the palette; behind them the colours of a cube of 4 x 4 x 4
FULL = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])  # PS3.3 C.7.6.3.1.2


@dataclass(frozen=True, slots=True)
class Storage:
    """How pixels are stored: the attributes of the Image Pixel Module that say so."""

    photometric: str
    bits_stored: int = 8
    signed: bool = False
    planar: int = 0

    @property
    def name(self) -> str:
        """For tables and file names."""
        sign, planar = "s" if self.signed else "", f" planar {self.planar}" if self.samples == 3 else ""
        return f"{self.photometric} {sign}{self.bits_stored}{planar}"

    @property
    def bits_allocated(self) -> int:
        """8 or 16."""
        return 8 if self.bits_stored <= 8 else 16

    @property
    def samples(self) -> int:
        """Samples per Pixel."""
        return 1 if self.photometric in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR") else 3

    @property
    def colour(self) -> bool:
        """Whether it shows colours."""
        return not self.photometric.startswith("MONOCHROME")

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Of the stored values."""
        return np.dtype(f"{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    @property
    def rescale_intercept(self) -> int:
        """What has to be added for the darkest to be 0, in signed images."""
        return 2 ** (self.bits_stored - 1) if self.signed else 0


MONOCHROME_2, MONOCHROME_1 = Storage("MONOCHROME2"), Storage("MONOCHROME1")
WORDS_2, WORDS_1 = Storage("MONOCHROME2", 12), Storage("MONOCHROME1", 12)
SIGNED, SIGNED_BYTES = Storage("MONOCHROME2", 16, signed=True), Storage("MONOCHROME2", 8, signed=True)
FULL_WORDS = Storage("MONOCHROME2", 16)
RGB, RGB_PLANAR = Storage("RGB"), Storage("RGB", planar=1)
YBR, YBR_PLANAR, YBR_422, YBR_RCT = (
    Storage("YBR_FULL"),
    Storage("YBR_FULL", planar=1),
    Storage("YBR_FULL_422"),
    Storage("YBR_RCT"),
)
PALETTE = Storage("PALETTE COLOR")


@cache
def palette() -> NDArray[np.uint8]:
    """The colours of the palette: (256, 3)."""
    greys = np.rint(np.linspace(0, 255, GREY_ENTRIES)).astype(np.uint8)
    steps = np.array([0, 85, 170, 255], np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    return np.concatenate([np.repeat(greys[:, None], 3, 1), cube])


def indices(shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The entries of the palette that are nearest to colours."""
    colours, places = np.unique(shown.reshape(-1, 3), axis=0, return_inverse=True)
    nearest = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), 4096):
        part = colours[start : start + 4096, None].astype(np.int32) - palette()[None].astype(np.int32)
        nearest[start : start + 4096] = (part**2).sum(-1).argmin(-1)
    return nearest[places.reshape(-1)].reshape(shown.shape[:-1])


def ybr(shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luminance and two colour differences, of full range."""
    values = shown @ FULL.T + np.array([0, 128, 128])
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def halved(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour differences as two neighbours share them; shapes end in (columns, 3), columns are even."""
    result = values.copy()
    pairs = values[..., 1:].reshape(*values.shape[:-2], -1, 2, 2).astype(np.uint16)
    result[..., 1:] = np.repeat((pairs.sum(-2) // 2).astype(np.uint8), 2, axis=-2)
    return result


def stored(shown: NDArray[np.uint8], storage: Storage) -> Values:
    """What is shown as stored values; (rows, columns), in colour (rows, columns, 3), also with frames in front."""
    match storage.photometric:
        case "RGB" | "YBR_RCT":
            return shown
        case "YBR_FULL":
            return ybr(shown)
        case "YBR_FULL_422":
            return halved(ybr(shown))
        case "PALETTE COLOR":
            return indices(shown)
    grey = shown.astype(np.int32)
    if storage.photometric == "MONOCHROME1":
        grey = 255 - grey
    used = min(storage.bits_stored, 12)  # 16 bits are used as modalities do: 12 of them
    values = grey * 2 ** (used - 8) - (2 ** (used - 1) if storage.signed else 0)
    return values.astype(storage.dtype)
