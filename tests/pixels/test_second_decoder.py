"""Transfer syntax x photometric interpretation x bits x frames against a second decoder.

Lossless: what was compressed comes out, here and there. Lossy: at most one apart, but for HTJ2K of 16 bits, where OpenJPEG
and OpenJPH round in single precision, each in its own order.
"""

import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from dicomconv.declared import as_declared
from dicomconv.part10 import Parts, join, split
from dicomconv.pixels.codecs import CODEC_OF_SYNTAX, is_lossy
from tests.pixels import second_decoders as second
from tests.pixels.pixel_files import image_file, rle
from tests.pixels.streams import FAMILY, cjpeg, deflated, picture

RLE, DEFLATED, UNCOMPRESSED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98"
SPECTRAL = b"0 1 2: 0-0, 0, 0;\n0: 1-5, 0, 0;\n2: 1-63, 0, 0;\n1: 1-63, 0, 0;\n0: 6-63, 0, 0;\n"
SPECTRAL_GREY = b"0: 0-0, 0, 0;\n0: 1-5, 0, 0;\n0: 6-63, 0, 0;\n"
JPEG_PROCESS = {"51": "+ee", "53": "+es", "55": "+ep", "57": "+el", "70": "+e1"}
JPEG_2000_COLOUR = {"RGB": {"mct": False}, "YBR_RCT": {"mct": True}, "YBR_ICT": {"mct": True}, "MONOCHROME2": {}}


@dataclass(frozen=True)
class Case:
    """One kind of pixels; `program`: what the second decoder needs to be installed."""

    syntax: str
    photometric: str
    bits: int
    signed: bool
    count: int
    witness: str

    def __str__(self) -> str:
        sign = "signed" if self.signed else "unsigned"
        return f"{self.syntax.removeprefix('1.2.840.10008.1.2.')} {self.photometric} {self.bits} {sign} x{self.count}"

    @property
    def samples(self) -> int:
        return 3 if self.photometric.startswith(("RGB", "YBR")) else 1

    def pictures(self) -> list[second.Array]:
        return [picture(self.bits, self.samples, signed=self.signed, number=number) for number in range(self.count)]


DECODERS: dict[str, tuple[str, second.Decoder]] = {
    "dcmdjpeg": ("dcmdjpeg", second.by_dcmtk("dcmdjpeg")),
    "dcmdjpls": ("dcmdjpls", second.by_dcmtk("dcmdjpls")),
    "djpeg": ("djpeg", second.by_djpeg),
    "djxl": ("djxl", second.by_djxl),
    "ffmpeg": ("ffmpeg", second.by_ffmpeg("jpeg2000")),
    "OpenJPH": ("", second.by_openjph),
    "pydicom": ("", second.by_plain_python),
    "libdeflate": ("", second.by_libdeflate),
    "the fragments": ("", second.by_fragments),
}
JPEG_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422")
# syntax: (second decoder, photometric interpretations, (bits, signed) for grey)
UNSIGNED, EITHER = ((8, False),), ((8, False), (10, False), (12, True), (16, False), (16, True))
TABLE: dict[str, tuple[str, tuple[str, ...], tuple[tuple[int, bool], ...]]] = {
    f"{FAMILY}50": ("dcmdjpeg", JPEG_COLOURS, UNSIGNED),
    f"{FAMILY}51": ("dcmdjpeg", ("YBR_FULL_422",), ((8, False), (12, False))),
    f"{FAMILY}52": ("djpeg", ("YBR_FULL_422",), UNSIGNED),
    f"{FAMILY}53": ("dcmdjpeg", ("YBR_FULL_422",), ((8, False), (12, False))),
    f"{FAMILY}54": ("djpeg", ("YBR_FULL_422",), UNSIGNED),
    f"{FAMILY}55": ("dcmdjpeg", ("YBR_FULL_422",), ((8, False), (12, False))),
    f"{FAMILY}56": ("djpeg", ("YBR_FULL_422",), UNSIGNED),
    f"{FAMILY}57": ("dcmdjpeg", ("RGB",), EITHER),
    f"{FAMILY}70": ("dcmdjpeg", ("RGB",), EITHER),
    f"{FAMILY}80": ("dcmdjpls", ("RGB",), EITHER),
    f"{FAMILY}81": ("dcmdjpls", ("RGB",), ((8, False), (12, False), (16, False))),
    **{f"{FAMILY}{last}": ("ffmpeg", ("RGB", "YBR_RCT"), EITHER) for last in (90, 92)},
    **{f"{FAMILY}{last}": ("ffmpeg", ("YBR_ICT",), EITHER) for last in (91, 93)},
    **{f"{FAMILY}{last}": ("OpenJPH", ("YBR_RCT",), ((8, False), (8, True), (16, False), (16, True))) for last in (201, 202)},
    f"{FAMILY}203": ("OpenJPH", ("YBR_ICT",), ((8, False), (16, False))),
    **{f"{FAMILY}{last}": ("djxl", ("RGB",), ((8, False), (12, False), (16, False))) for last in (110, 112)},
    f"{FAMILY}111": ("djxl", ("YBR_FULL_422",), UNSIGNED),
    RLE: ("pydicom", ("RGB",), ((1, False), (8, False), (16, True), (16, False), (32, False))),
    DEFLATED: ("libdeflate", ("RGB",), ((1, False), (8, False), (16, True), (32, False))),
    UNCOMPRESSED: ("the fragments", ("RGB",), ((1, False), (8, False), (16, True), (32, False))),
}  # fmt: skip


def cases() -> Iterator[Case]:
    for syntax, (witness, colours, greys) in TABLE.items():
        for count in (1, 3):
            for bits, signed in greys:
                yield Case(syntax, "MONOCHROME2", bits, signed, count, witness)
            yield from (Case(syntax, colour, 8, False, count, witness) for colour in colours)


def compressed_file(case: Case, folder: Path) -> Parts:
    """The pictures of a case in its transfer syntax."""
    last = case.syntax.removeprefix(FAMILY)
    if last in ("80", "81"):
        return by_program(["dcmcjpls", "+el" if last == "80" else "+en", "+il"], case, folder)
    if last in JPEG_PROCESS and case.samples == 1:
        return by_program(["dcmcjpeg", JPEG_PROCESS[last], "+un"], case, folder)
    if program := {"54": "cjpeg", "111": "cjxl"}.get(last):
        frames = [BY_FILE[program](pixels, case, folder) for pixels in case.pictures()]
    else:
        frames = [ENCODERS[last](pixels, case) for pixels in case.pictures()]
    return image_file(frames, case.syntax, **attributes(case))


def attributes(case: Case) -> dict[str, Any]:
    rows, columns = case.pictures()[0].shape[:2]
    allocated = case.pictures()[0].dtype.itemsize * 8 if case.bits > 1 else 1
    found = {"Rows": rows, "Columns": columns, "SamplesPerPixel": case.samples, "BitsAllocated": allocated}
    found |= {"BitsStored": case.bits, "HighBit": case.bits - 1, "PixelRepresentation": int(case.signed)}
    found |= {"PhotometricInterpretation": case.photometric, "NumberOfFrames": case.count}
    return found | ({"PlanarConfiguration": 0} if case.samples == 3 else {})


def by_program(command: list[str], case: Case, folder: Path) -> Parts:
    """Compressed by a program of dcmtk."""
    pixels = np.stack(case.pictures())
    extra = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": "1.2.3.4"}
    native = image_file(pixels.tobytes() + bytes(pixels.nbytes % 2), **attributes(case), **extra)
    (folder / "native.dcm").write_bytes(b"".join(join(native)))
    paths = [str(folder / "native.dcm"), str(folder / "made.dcm")]
    if not second.has_program(command[0]):
        pytest.skip(f"dcmtk's {command[0]} is not installed")
    subprocess.run([*command, *paths], capture_output=True, check=True, timeout=60)
    made = as_declared(split(folder / "made.dcm"))
    assert made.transfer_syntax_uid == case.syntax
    return made


def jpeg(pixels: second.Array, case: Case, **options: Any) -> bytes:
    if case.samples == 1:
        return bytes(imagecodecs.jpeg8_encode(pixels, 90, **options))
    space = "RGB" if case.photometric == "RGB" else "YCBCR"
    sampling = "422" if case.photometric.endswith("422") else "444"
    return bytes(imagecodecs.jpeg8_encode(pixels, 90, colorspace="RGB", outcolorspace=space, subsampling=sampling, **options))


def arithmetic(*options: str) -> Callable[[second.Array, Case], bytes]:
    return lambda pixels, case: cjpeg(pixels, "-arithmetic", *options)


def spectral_selection(pixels: second.Array, case: Case, folder: Path) -> bytes:
    script = folder / "scans"
    script.write_bytes(SPECTRAL if case.samples == 3 else SPECTRAL_GREY)
    return cjpeg(pixels, "-arithmetic", "-scans", str(script))


def jpeg_2000(pixels: second.Array, case: Case) -> bytes:
    lossless = case.syntax.endswith(("90", "92"))
    options = {"reversible": lossless, "level": 0 if lossless else 45} | JPEG_2000_COLOUR[case.photometric]
    return bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="J2K", bitspersample=case.bits, **options))


def htj2k(pixels: second.Array, case: Case) -> bytes:
    return bytes(imagecodecs.htj2k_encode(pixels, reversible=not case.syntax.endswith("203")))


def jpeg_xl(pixels: second.Array, case: Case) -> bytes:
    depth = {"bitspersample": case.bits} if case.bits % 8 else {}
    if case.syntax.endswith("110"):
        return bytes(imagecodecs.jpegxl_encode(pixels, lossless=True, **depth))
    return bytes(imagecodecs.jpegxl_encode(pixels, level=85, **depth))


def jpeg_in_jpeg_xl(pixels: second.Array, case: Case, folder: Path) -> bytes:
    if not second.has_program("cjxl"):
        pytest.skip("libjxl's cjxl is not installed")
    (folder / "frame.jpg").write_bytes(jpeg(pixels, case))
    second.run(["cjxl", str(folder / "frame.jpg"), str(folder / "frame.jxl"), "--lossless_jpeg=1"])
    return (folder / "frame.jxl").read_bytes()


def run_lengths(pixels: second.Array, case: Case) -> bytes:
    """Segments of PackBits, the highest byte of the first sample first (PS3.5 G)."""
    if case.bits == 1:
        return rle(np.packbits(pixels.ravel(), bitorder="little").tobytes())
    planes = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(-1, case.samples, 1).view(np.uint8)
    planes = planes.reshape(-1, case.samples * pixels.dtype.itemsize)
    found = [rle(planes[:, number].tobytes())[64:] for number in range(planes.shape[1])]
    starts = [64 + sum(map(len, found[:number])) for number in range(len(found))]
    return struct.pack("<16I", len(found), *starts, *[0] * (15 - len(found))) + b"".join(found)


def plain(pixels: second.Array, case: Case) -> bytes:
    return np.packbits(pixels.ravel(), bitorder="little").tobytes() if case.bits == 1 else pixels.tobytes()


ENCODERS: dict[str, Callable[[second.Array, Case], bytes]] = {
    "50": jpeg,
    "51": jpeg,
    "52": arithmetic(),
    "53": lambda pixels, case: cjpeg(pixels, "-progressive"),
    "55": lambda pixels, case: cjpeg(pixels, "-progressive"),
    "56": arithmetic("-progressive"),
    "57": lambda pixels, case: jpeg(pixels, case, lossless=True, predictor=6),
    "70": lambda pixels, case: jpeg(pixels, case, lossless=True, predictor=1),
    **dict.fromkeys(("90", "91", "92", "93"), jpeg_2000),
    **dict.fromkeys(("201", "202", "203"), htj2k),
    **dict.fromkeys(("110", "112"), jpeg_xl),
    RLE: run_lengths,
    DEFLATED: lambda pixels, case: deflated(plain(pixels, case)),
    UNCOMPRESSED: plain,
}


BY_FILE = {"cjpeg": spectral_selection, "cjxl": jpeg_in_jpeg_xl}


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_a_second_decoder_finds_the_same_pixels(case: Case, tmp_path: Path) -> None:
    program, decoder = DECODERS[case.witness]
    if program and not second.has_program(program):
        pytest.skip(f"{program} is not installed")
    parts = compressed_file(case, tmp_path)
    ours = second.meant(parts)
    theirs = decoder(parts, tmp_path)
    assert ours.shape == (case.count, *case.pictures()[0].shape)
    assert theirs.size == ours.size
    difference = np.abs(ours.astype(np.int64) - theirs.reshape(ours.shape)).max()
    if is_lossy(case.syntax):
        assert difference <= (2 if case.bits == 16 and case.witness == "OpenJPH" else 1)
    else:
        assert difference == 0
        assert np.array_equal(ours, np.stack(case.pictures()))


def test_every_transfer_syntax_that_is_read_has_a_second_decoder() -> None:
    assert set(TABLE) == set(CODEC_OF_SYNTAX)
