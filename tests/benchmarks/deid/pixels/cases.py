"""Which files the corpus has: every storage in every syntax that carries it, with one frame and several."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.benchmarks.deid.pixels import encoding as e
from tests.benchmarks.deid.pixels import storing as s
from tests.benchmarks.deid.pixels.encoding import Syntax
from tests.benchmarks.deid.pixels.storing import Storage

Kind = Literal["US", "SC", "CT", "MR", "XA"]
Where = Literal["all frames", "middle frame", "nowhere"]
Regions = Literal["none", "valid", "invalid"]
CINE = 5  # frames of a cine, slices of a series


@dataclass(frozen=True, slots=True)
class Case:
    """What kind of file: of CT and MR `frames` are slices, each in a file of its own."""

    kind: Kind
    storage: Storage
    syntax: Syntax
    frames: int = 1
    where: Where = "all frames"
    regions: Regions = "none"
    large: bool = False

    @property
    def name(self) -> str:
        """For tables and file names."""
        parts = [
            self.kind,
            self.storage.name,
            self.syntax.name,
            f"{self.frames} frames" if self.frames > 1 else "1 frame",
        ]
        parts += ["text-free"] * (self.where == "nowhere") + ["text in the middle"] * (self.where == "middle frame")
        parts += [f"{self.regions} regions"] * (self.regions != "none") + ["large"] * self.large
        return ", ".join(parts)


GREY = (e.RLE, e.JPEG_LOSSLESS, e.JPEG_LS, e.JPEG_2000, e.HTJ2K, e.JPEG_XL)
SYNTAXES: dict[Storage, tuple[Syntax, ...]] = {
    s.MONOCHROME_2: (*e.NATIVE, *GREY, e.JPEG, e.JPEG_2000_LOSSY),
    s.MONOCHROME_1: (*e.NATIVE, *GREY, e.JPEG),
    s.WORDS_2: (*e.NATIVE, *GREY, e.JPEG_LS_NEAR, e.JPEG_2000_LOSSY),
    s.WORDS_1: (*e.NATIVE, *GREY),
    s.SIGNED: (*e.NATIVE, e.RLE, e.JPEG_LOSSLESS, e.JPEG_LS, e.JPEG_2000, e.HTJ2K),
    s.FULL_WORDS: (e.EXPLICIT, e.BIG, e.RLE, e.JPEG_2000),
    s.SIGNED_BYTES: (e.EXPLICIT, e.RLE),
    s.RGB: (*e.NATIVE, e.RLE, e.JPEG, e.JPEG_LOSSLESS, e.JPEG_LS, e.JPEG_2000, e.JPEG_XL),
    s.RGB_PLANAR: (*e.NATIVE, e.RLE),
    s.YBR: (e.EXPLICIT, e.IMPLICIT, e.RLE, e.JPEG),
    s.YBR_PLANAR: (e.EXPLICIT, e.BIG),
    s.YBR_422: (e.EXPLICIT, e.IMPLICIT, e.DEFLATED, e.JPEG),
    s.YBR_RCT: (e.JPEG_2000, e.HTJ2K),
    s.PALETTE: (*e.NATIVE, e.RLE, e.JPEG_LOSSLESS, e.JPEG_LS, e.JPEG_2000),
}


def cases() -> tuple[Case, ...]:
    """Every case: all storages and syntaxes with one frame and several, then what is asked apart."""
    matrix = list(_matrix())
    middle = [Case(one.kind, one.storage, one.syntax, one.frames, "middle frame") for one in matrix if _has_middle(one)]
    return (*matrix, *middle, *_text_free(), *_regions(), *_large())


def _matrix() -> Iterator[Case]:
    number = 0
    for storage, syntaxes in SYNTAXES.items():
        for syntax in syntaxes:
            yield Case(_kind(storage, number), storage, syntax)
            yield Case(_kind(storage, number, CINE), storage, syntax, CINE)
            number += 1


def _kind(storage: Storage, number: int, frames: int = 1) -> Kind:
    """The modality that stores such pixels."""
    if storage.signed and storage.bits_allocated == 16:
        return "CT" if number % 2 else "MR"
    if storage.bits_allocated == 16:
        return "XA" if frames > 1 else "SC"
    return "SC" if number % 4 == 3 else "US"


def _has_middle(case: Case) -> bool:
    compressed = case.syntax in (e.RLE, e.JPEG, e.JPEG_2000)
    return case.frames > 1 and case.kind in ("US", "XA") and (case.syntax == e.EXPLICIT or compressed)


def _text_free() -> Iterator[Case]:
    for number, (storage, syntaxes) in enumerate(SYNTAXES.items()):
        yield Case(_kind(storage, number), storage, syntaxes[0], where="nowhere")
        yield Case(_kind(storage, number, CINE), storage, syntaxes[-1], CINE, "nowhere")


def _regions() -> Iterator[Case]:
    for storage, syntax in ((s.MONOCHROME_2, e.EXPLICIT), (s.RGB, e.RLE), (s.YBR_422, e.JPEG)):
        yield Case("US", storage, syntax, regions="valid")
        yield Case("US", storage, syntax, regions="invalid")


def _large() -> Iterator[Case]:
    for storage in (s.MONOCHROME_2, s.RGB, s.PALETTE, s.YBR):
        yield Case("US", storage, e.EXPLICIT, large=True)
        yield Case("US", storage, e.EXPLICIT, where="nowhere", large=True)


def chosen(count: int | None, seed: int) -> tuple[int, ...]:
    """The numbers of all cases, or of so many of them spread over the list."""
    every = len(cases())
    if count is None or count >= every:
        return tuple(range(every))
    start = Random(f"cases {seed}").randrange(every)
    return tuple(sorted({(start + number * every // count) % every for number in range(count)}))
