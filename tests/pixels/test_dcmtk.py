"""dcmtk as an outside witness: dcmj2pnm draws what we draw, to one grey level, but for what is listed here by name."""

import shutil
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv.declared import as_declared
from dicomconv.errors import Undecodable
from dicomconv.part10 import split
from dicomconv.pixels.decode import frames, stored_format
from dicomconv.pixels.read import ImageAttributes
from dicomconv.render import is_colour, parse_window, render, resolve
from tests import make
from tests.pixels.pixel_files import format_of, wheel_files
from tests.pixels.test_reference import assert_equal_pictures
from tests.test_docs import ROOT, first_cells

DCMJ2PNM, DCMDJPLS = shutil.which("dcmj2pnm"), shutil.which("dcmdjpls")
JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
ENHANCED_CT, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.4.1"
EVERY = np.arange(65536, dtype="<u2").reshape(256, 256)
BYTES = np.arange(256, dtype="u1").reshape(8, 32)
COLOURS = np.random.default_rng(4).integers(0, 256, (6, 8, 3), np.uint8)

needs_dcmtk = pytest.mark.skipif(DCMJ2PNM is None, reason="dcmtk's dcmj2pnm is not installed")


def drawn_by_dcmtk(path: Path, options: list[str], folder: Path) -> list[np.ndarray]:
    """The frames as dcmj2pnm draws them, without overlays; none if it refuses the file."""
    command = [DCMJ2PNM, "-O", "+Fa", *options, str(path), str(folder / "out")]
    subprocess.run(command, capture_output=True, timeout=60, check=False)
    numbered = sorted(folder.glob("out*"), key=lambda out: int((out.suffixes or [".0"])[0][1:].replace("png", "0")))
    return [np.asarray(Image.open(out)) for out in numbered]


def without_jpeg_ls(path: Path, syntax: str, folder: Path) -> Path:
    """The same file decompressed by dcmtk, where dcmj2pnm cannot do it by itself."""
    if syntax not in JPEG_LS or DCMDJPLS is None:
        return path
    subprocess.run([DCMDJPLS, str(path), str(folder / "plain.dcm")], capture_output=True, timeout=60, check=False)
    return folder / "plain.dcm"


def drawn_by_us(content: bytes | Path, asked: str, depth: int = 8) -> list[np.ndarray]:
    """Every frame; where the file has no window, and none is asked for, from 0 to 1."""
    parts = as_declared(split(content))
    format = format_of(parts)
    layout, meaning = stored_format(format), ImageAttributes(parts.header(), format)
    choice, pictures = parse_window(asked), []
    for number, raw in enumerate(frames(format, parts.pixels), 1):
        attributes = meaning.frame(number)
        pictures.append(render(raw, layout, attributes, resolve(choice, attributes, layout, None), depth=depth))
    return pictures


def deviation(ours: list[np.ndarray], theirs: list[np.ndarray]) -> int:
    """By how many levels the most different sample differs, over all frames; grey counts as colour."""
    assert len(ours) == len(theirs)
    pairs = [(a, b if a.ndim == b.ndim else b[..., None]) for a, b in zip(ours, theirs, strict=True)]
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in pairs)


def compared(content: bytes, options: list[str], asked: str, folder: Path, depth: int = 8) -> int:
    """The deviation on a file that dcmj2pnm draws; `options`: the same window in its words."""
    (folder / "in.dcm").write_bytes(content)
    theirs = drawn_by_dcmtk(folder / "in.dcm", ["+on2" if depth == 16 else "+on", *options], folder)
    for out in folder.glob("out*"):
        out.unlink()
    assert theirs, "dcmj2pnm refuses the file"
    return deviation(drawn_by_us(content, asked, depth), theirs)


@needs_dcmtk
@pytest.mark.parametrize("asked", ["file", "300,600", "40,80"])
@pytest.mark.parametrize("path", wheel_files(), ids=lambda path: path.name)
def test_dcmtk_draws_the_same_of_every_frame_of_every_real_image_it_reads(path, asked, tmp_path):
    parts = as_declared(split(path))
    try:
        format = format_of(parts)
        ours = drawn_by_us(path, asked)
    except Undecodable:
        pytest.skip("we do not read it either")
    attributes = ImageAttributes(parts.header(), format).frame(1)
    options = ["+Ww", *asked.split(",")]
    if is_colour(format):
        options = []
    elif asked == "file":
        if "PerFrameFunctionalGroupsSequence" in parts.header() or not (attributes.windows or attributes.voi_lut):
            pytest.skip("dcmj2pnm finds no window in the file")
        options = ["+Wi", "1"] if attributes.windows else ["+Wl", "1"]
    theirs = drawn_by_dcmtk(without_jpeg_ls(path, parts.transfer_syntax_uid, tmp_path), ["+on", *options], tmp_path)
    if not theirs:
        pytest.skip("dcmj2pnm does not read it")
    assert deviation(ours, theirs) <= (2 if format.photometric_interpretation == "YBR_FULL" else 1)


@needs_dcmtk
@pytest.mark.parametrize("slope", [1, 2, -1, 3])
@pytest.mark.parametrize("signed", [0, 1])
def test_dcmtk_draws_the_same_of_every_stored_value_under_whole_slopes(signed, slope, tmp_path):
    windows = (("LINEAR", 40, 400), ("LINEAR", 2048, 4096), ("LINEAR", 7, 1), ("SIGMOID", 300, 600))
    depths = {(16, 15): 8, (12, 11): 16, (12, 13): 8, (10, 15): 16}
    for (bits, high), (function, center, width) in product(depths, windows):
        photometric = "MONOCHROME1" if (width + high) % 2 else "MONOCHROME2"
        content = make.instance("CT", EVERY, BitsStored=bits, HighBit=high, PixelRepresentation=signed,
            RescaleSlope=slope, RescaleIntercept=-1024, WindowCenter=[center, 1], WindowWidth=[width, 2],
            VOILUTFunction=function, PhotometricInterpretation=photometric)  # fmt: skip
        depth = depths[bits, high]
        assert compared(content, ["+Wi", "1"], "file", tmp_path, depth) <= 1, (bits, high, function, width, depth)


@needs_dcmtk
@pytest.mark.parametrize("shape", ["IDENTITY", "INVERSE", None])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_dcmtk_gives_presentation_lut_shape_the_last_word_too(photometric, shape, tmp_path):
    content = make.instance("CT", BYTES, PhotometricInterpretation=photometric, PresentationLUTShape=shape,
        RescaleIntercept=0, WindowCenter=128, WindowWidth=256)  # fmt: skip
    assert compared(content, ["+Wi", "1"], "file", tmp_path) == 0


def lut(entries: np.ndarray, first: int = 0, bits: int = 16) -> dict[str, Any]:
    return {"LUTDescriptor": [len(entries) % 65536, first, bits], "LUTData": entries.tobytes(), "ModalityLUTType": "US"}


def palette(entries: np.ndarray, first: int = 0, bits: int = 16) -> dict[str, Any]:
    """Three tables that differ."""
    found: dict[str, Any] = {}
    for divisor, colour in enumerate(("Red", "Green", "Blue"), 1):
        name = f"{colour}PaletteColorLookupTable"
        table = (entries // divisor).astype(entries.dtype).tobytes()
        found |= {f"{name}Descriptor": [len(entries) % 65536, first, bits], f"{name}Data": table}
    return found


def grey(pixels: np.ndarray, **attributes: Any) -> bytes:
    """A file without rescale and window."""
    nothing = dict.fromkeys(("RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth"))
    return make.instance("CT", pixels, **nothing | attributes)


STEPS = np.arange(0, 4096, 16, dtype="<u2")
DOWN = np.arange(255, -1, -1)
INDICES = {"PhotometricInterpretation": "PALETTE COLOR"}
TABLES: dict[str, Callable[[], bytes]] = {
    "VOI LUT of 12 bits": lambda: grey(BYTES, VOILUTSequence=[lut(STEPS, bits=12)]),
    "VOI LUT of 8 bits, packed": lambda: grey(BYTES, VOILUTSequence=[lut(DOWN.astype("u1"), bits=8)]),
    "VOI LUT of 8 bits in words": lambda: grey(BYTES, VOILUTSequence=[lut(DOWN.astype("<u2"), bits=8)]),
    "VOI LUT of 65536 entries": lambda: grey(EVERY, VOILUTSequence=[lut(EVERY[::-1, ::-1].ravel())]),
    "VOI LUT behind a Modality LUT": lambda: grey(
        BYTES, ModalityLUTSequence=[lut(STEPS, bits=12)], VOILUTSequence=[lut(STEPS[::-1], 1000, 12)]
    ),
    "VOI LUT of negative values": lambda: grey(
        BYTES, RescaleSlope=1, RescaleIntercept=-100, VOILUTSequence=[lut(STEPS, -100 % 65536, 12)]
    ),
}
COLOURED: dict[str, Callable[[], bytes]] = {
    "palette of 16 bits": lambda: grey(BYTES, **INDICES, **palette(np.arange(256, dtype="<u2") * 257)),
    "palette from 10 on": lambda: grey(BYTES, **INDICES, **palette(np.arange(200, dtype="<u2") * 300, 10)),
    "palette of 8 bits, packed": lambda: grey(BYTES, **INDICES, **palette(DOWN.astype("u1"), bits=8)),
    "palette of 8 bits in words": lambda: grey(BYTES, **INDICES, **palette(DOWN.astype("<u2"), bits=8)),
    "palette of 65536 entries": lambda: grey(EVERY, **INDICES, **palette(EVERY.ravel())),
    "RGB by pixel": lambda: make.instance("SC", COLOURS, PhotometricInterpretation="RGB"),
    "RGB by plane": lambda: make.instance("SC", COLOURS, PhotometricInterpretation="RGB", PlanarConfiguration=1),
    "RGB frames": lambda: make.instance("SC", np.stack([COLOURS, ~COLOURS]), PhotometricInterpretation="RGB"),
    "RGB of 16 bits": lambda: make.instance("SC", COLOURS * np.uint16(251), PhotometricInterpretation="RGB"),
    "RGB of 12 bits on top of 16": lambda: make.instance(
        "SC", COLOURS * np.uint16(256), PhotometricInterpretation="RGB", BitsStored=12, HighBit=15
    ),
}  # fmt: skip


@needs_dcmtk
@pytest.mark.parametrize("name", TABLES)
def test_dcmtk_reads_look_up_tables_as_we_do(name, tmp_path):
    assert compared(TABLES[name](), ["+Wl", "1"], "file", tmp_path) <= 1


@needs_dcmtk
@pytest.mark.parametrize("name", COLOURED)
def test_dcmtk_makes_the_same_colours(name, tmp_path):
    assert compared(COLOURED[name](), [], "file", tmp_path) <= 1


def ybr(kind: str, *, halved: bool = False, **attributes: Any) -> bytes:
    if not halved:
        return make.instance("SC", COLOURS, PhotometricInterpretation=kind, **attributes)
    shape = {"Rows": 6, "Columns": 8, "NumberOfFrames": 1, "SamplesPerPixel": 3}
    pixels = COLOURS.reshape(-1)[:96].reshape(1, 6, 16, 1)
    return make.instance("SC", pixels, PhotometricInterpretation=kind, **shape, **attributes)


@needs_dcmtk
@pytest.mark.parametrize(("kind", "halved"), [("YBR_FULL", 0), ("YBR_FULL_422", 1), ("YBR_PARTIAL_422", 1)])
def test_dcmtk_makes_rgb_of_ybr_to_two_levels(kind, halved, tmp_path):
    assert compared(ybr(kind, halved=bool(halved)), [], "file", tmp_path) <= 2


def enhanced(sop_class: str, **attributes: Any) -> bytes:
    return make.instance(sop_class, EVERY[:4].reshape(2, 2, 256), **attributes)


FILE, SHIFTED = ["+Wi", "1"], {"RescaleSlope": 1, "RescaleIntercept": -50, "RescaleType": "HU"}
ZERO = {"RescaleIntercept": 0}
# Name in docs/pixels.md: a file, dcmj2pnm's options for its window, ours
EXCEPTIONS: dict[str, tuple[Callable[[], bytes], list[str], str]] = {
    "slope that is no whole number": (
        lambda: make.instance("CT", EVERY, RescaleSlope="0.0137", WindowCenter=-500, WindowWidth=2), FILE, "file"),
    "LINEAR_EXACT": (
        lambda: make.instance("CT", BYTES, **ZERO, WindowCenter=9, WindowWidth=4, VOILUTFunction="LINEAR_EXACT"),
        FILE, "file"),
    "width below 1": (
        lambda: make.instance("CT", BYTES, **ZERO, WindowCenter=9, WindowWidth="0.5", VOILUTFunction="LINEAR_EXACT"),
        FILE, "file"),
    "padding": (
        lambda: make.instance("CT", BYTES, **ZERO, WindowCenter=99, WindowWidth=200, PixelPaddingValue=0,
                              PhotometricInterpretation="MONOCHROME1"), FILE, "file"),
    "Agfa's descriptor": (lambda: grey(BYTES, VOILUTSequence=[lut(STEPS, bits=16)]), ["+Wl", "1"], "file"),
    "palette of 8 bits that says 16": (
        lambda: grey(BYTES, **INDICES, **palette(np.arange(256, dtype="<u2"))), [], "file"),
    "functional groups": (
        lambda: enhanced(ENHANCED_CT, PerFrameFunctionalGroupsSequence=[
            {"PixelValueTransformationSequence": [SHIFTED | {"RescaleIntercept": shift}]} for shift in (-50, -90)]),
        ["+Ww", "100", "200"], "100,200"),
    "supplemental palette": (
        lambda: enhanced(ENHANCED_MR, PixelPresentation="COLOR", **palette(np.arange(50, dtype="<u2") * 999, 100)),
        ["+Ww", "100", "200"], "100,200"),
    "32 bits in big endian": (
        lambda: make.instance("RT", EVERY.astype("<u4") << 16, syntax=make.BIG_ENDIAN),
        ["+Ww", "2147483648", "4294967296"], "2147483648,4294967296"),
    "signed colour": (lambda: ybr("RGB", PixelRepresentation=1), [], "file"),
    "YBR_FULL_422 that is whole": (lambda: ybr("YBR_FULL_422"), [], "file"),
    "halves of YBR": (lambda: ybr("YBR_FULL_422", halved=True), [], "file"),
    "no window": (lambda: make.instance("MR", 500 + EVERY[:2] % 1000, BitsStored=12), [], "auto"),
}  # fmt: skip


@needs_dcmtk
@pytest.mark.parametrize("name", EXCEPTIONS)
def test_where_dcmtk_differs_we_draw_what_the_reference_draws(name, tmp_path):
    build, options, asked = EXCEPTIONS[name]
    assert compared(build(), options, asked, tmp_path) > 1, f"{name} is no exception any more"
    assert_equal_pictures(build(), asked)


def test_the_exceptions_are_those_of_the_documentation():
    page = (ROOT / "docs/pixels.md").read_text(encoding="utf-8")
    section = page.split("\n### dcmtk\n")[1].split("\n### ")[0]
    assert first_cells("| what | why ours is right |", section) == set(EXCEPTIONS)
