"""Against the reference renderer: no pixel differs, over every stored value, made-up headers, and real files."""

import warnings
from functools import cache
from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.declared import as_declared
from dicomconv.errors import Undecodable
from dicomconv.part10 import split
from dicomconv.pixels.attributes import FrameAttributes, Rescale, Window
from dicomconv.pixels.decode import frames, stored_format
from dicomconv.pixels.grey import grey
from dicomconv.pixels.read import ImageAttributes
from dicomconv.render import is_colour, parse_window, render, resolve, value_range
from tests import make
from tests.pixels import reference
from tests.pixels.pixel_files import format_of, grey_format, wheel_files

EVERY = np.arange(65536, dtype="<u2").reshape(256, 256)
SLOPES = (1.0, 0.5, 2.0, -1.0, 0.0137, 1e-6, 1e6)
INTERCEPTS = (0.0, -1024.0, 0.25)
WINDOWS = ((40, 400), (2048, 4096), (0.5, 1), (300.25, 2), (128, 256), (-600, 1500.5), (1e-3, 1.5), (0, 1e9))
FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
NATIVE = (make.IMPLICIT, make.EXPLICIT, make.BIG_ENDIAN, make.DEFLATED)
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
UNREADABLE = {"JPEG2000-embedded-sequence-delimiter.dcm", "nested_priv_SQ.dcm"}
COLOURS = ("Red", "Green", "Blue")


def header(photometric: str, signed: int, slope: float, intercept: float) -> pydicom.Dataset:
    return make.dataset({
        "PhotometricInterpretation": photometric, "PixelRepresentation": signed, "BitsAllocated": 16, "BitsStored": 16,
        "HighBit": 15, "RescaleSlope": repr(slope), "RescaleIntercept": repr(intercept),
    })  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("signed", [0, 1])
def test_no_stored_value_of_16_bits_differs_under_any_window(signed, slope, function):
    for intercept in INTERCEPTS:
        attributes = FrameAttributes(rescale=Rescale(slope, intercept))
        for (center, width), depth, photometric in product(WINDOWS, (8, 16), ("MONOCHROME1", "MONOCHROME2")):
            dataset = header(photometric, signed, slope, intercept)
            format = grey_format(pixel_representation=signed, photometric_interpretation=photometric)
            ours = grey(EVERY, format, attributes, Window(center, width, function), depth=depth)
            theirs = reference.drawn(dataset, 0, EVERY, window=(center, width, function), depth=depth)
            assert np.array_equal(ours, theirs), (intercept, center, width, depth, photometric)


@cache
def parsed(content: bytes) -> tuple[pydicom.Dataset, bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(BytesIO(content), force=True)
    return dataset, dataset.original_encoding[1] is False


def assert_equal_pictures(content: bytes, asked: str = "file", *, depth: int = 8, decoded: bool = False) -> None:
    """Every frame of a file through the package and through the reference; `decoded`: with the package's samples."""
    parts = as_declared(split(content))
    format = format_of(parts)
    layout, meaning = stored_format(format), ImageAttributes(parts.header(), format)
    raws = list(frames(format, parts.pixels))
    dataset, big = parsed(content)
    if decoded:
        samples = [np.moveaxis(raw, 0, -1) if layout.planar_configuration else raw for raw in raws]
        dataset.PhotometricInterpretation = layout.photometric_interpretation
    else:
        samples = reference.shaped(dataset, reference.cells(dataset, big))
    ranges = [value_range(raw, layout, meaning.frame(n)) for n, raw in enumerate(raws, 1)]
    if not is_colour(layout):
        expected = [reference.value_range(dataset, n, samples[n], big_endian=big) for n in range(len(raws))]
        assert ranges == expected
    known = [one for one in ranges if one]
    series = (min(low for low, _ in known), max(high for _, high in known)) if known else None
    for number, raw in enumerate(raws):
        attributes = meaning.frame(number + 1)
        voi = resolve(parse_window(asked), attributes, layout, series)
        in_file = asked == "file" and (attributes.windows or attributes.voi_lut)
        window = None if in_file or is_colour(layout) else (voi.center, voi.width, voi.function)
        ours = render(raw, layout, attributes, voi, depth=depth)
        theirs = reference.drawn(dataset, number, samples[number], window=window, depth=depth, big_endian=big)
        assert np.array_equal(ours, theirs), f"frame {number + 1}: {np.count_nonzero(ours != theirs)} samples differ"


def is_native(content: bytes) -> bool:
    return as_declared(split(content)).transfer_syntax_uid in NATIVE


@pytest.mark.parametrize("asked", ["file", "auto", "40,400"])
@pytest.mark.parametrize("path", wheel_files(), ids=lambda path: path.name)
def test_no_pixel_of_a_real_image_differs(path, asked):
    content = path.read_bytes()
    if path.name in UNREADABLE:
        with pytest.raises(Undecodable):
            assert_equal_pictures(content, asked, decoded=True)
        return
    for depth in (8, 16):
        assert_equal_pictures(content, asked, depth=depth, decoded=not is_native(content))


@st.composite
def tables(draw: st.DrawFn, syntax: str, *, signed: bool, prefix: str = "LUT") -> dict[str, Any]:
    """A look-up table of any size, depth and packing, with a descriptor as Agfa writes it now and then."""
    count, bits = draw(st.integers(2, 300)), draw(st.integers(8, 16))
    entries = np.array(draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=count, max_size=count)))
    declared = draw(st.sampled_from([bits, 16]))
    order, packed = ">" if syntax == make.BIG_ENDIAN else "<", bits == declared == 8 and draw(st.booleans())
    data = entries.astype("u1").tobytes() + b"\0" * (count % 2)
    if not packed:
        data = entries.astype(order + "u2").tobytes()
    elif order == ">":
        data = np.frombuffer(data, "<u2").astype(">u2").tobytes()
    first = draw(st.integers(-300, 300) if signed else st.integers(0, 65535 - 300))
    return {f"{prefix}Descriptor": [count, first, declared], f"{prefix}Data": data}


@st.composite
def grey_images(draw: st.DrawFn) -> bytes:
    """A monochrome image: bits anywhere in its words, padding, rescale or tables, windows, shapes, several frames.

    52 bits stored at most, which is what float64 holds.
    """
    syntax, size, sign = (
        draw(st.sampled_from(NATIVE[:3])),
        draw(st.sampled_from([1, 2, 4, 8])),
        draw(st.sampled_from("iu")),
    )
    stored = draw(st.integers(1, min(52, 8 * size)))
    high = draw(st.integers(stored - 1, 8 * size - 1))
    frames, rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    length = frames * rows * columns * size
    raw = np.frombuffer(draw(st.binary(min_size=length, max_size=length)), f"<{sign}{size}")
    signed, low = sign == "i", -(1 << min(stored, 16) - 1)
    padding = st.integers(low, -low - 1) if signed else st.integers(0, (1 << min(stored, 16)) - 1)
    attributes: dict[str, Any] = {"BitsStored": stored, "HighBit": high, "NumberOfFrames": frames}
    attributes["PhotometricInterpretation"] = draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"]))
    attributes["PresentationLUTShape"] = draw(st.sampled_from([None, "IDENTITY", "INVERSE"]))
    attributes["PixelPaddingValue"] = draw(st.none() | padding)
    attributes["PixelPaddingRangeLimit"] = (
        None if attributes["PixelPaddingValue"] is None else draw(st.none() | padding)
    )
    slope, intercept = draw(st.sampled_from(SLOPES)), draw(st.sampled_from([0.0, -1024.0, 0.25, 7.0]))
    if draw(st.booleans()):
        attributes |= {"RescaleSlope": repr(slope), "RescaleIntercept": repr(intercept)}
    elif draw(st.booleans()):
        attributes["ModalityLUTSequence"] = [draw(tables(syntax, signed=signed))]
    if draw(st.booleans()):
        function = draw(st.sampled_from([None, *FUNCTIONS]))
        width = draw(st.floats(1, 5000) | st.sampled_from([1.0, 2.0, 400.0]))
        attributes |= {"WindowCenter": f"{draw(st.floats(-3000, 3000)):.9g}", "WindowWidth": f"{width:.9g}"}
        attributes["VOILUTFunction"] = function
    elif draw(st.booleans()):
        attributes["VOILUTSequence"] = [draw(tables(syntax, signed=signed))]
    return make.instance("MR", raw.reshape(frames, rows, columns), syntax=syntax, **attributes)


@st.composite
def float_images(draw: st.DrawFn) -> bytes:
    """Float or double pixels, what is no number among them, with padding."""
    width, syntax = draw(st.sampled_from([32, 64])), draw(st.sampled_from(NATIVE[:2]))
    some = st.sampled_from([0.25, -1.5, 7.0, 2.0**90]) | st.floats(width=width)
    pixels = np.array(draw(st.lists(some, min_size=15, max_size=15)), f"<f{width // 8}")
    keyword, prefix = ("FloatPixelData", "Float") if width == 32 else ("DoubleFloatPixelData", "DoubleFloat")
    padding = {
        f"{prefix}PixelPadding{end}": draw(st.sampled_from([None, 0.25, 7.0])) for end in ("Value", "RangeLimit")
    }
    content = make.dataset({
        "SOPClassUID": ENHANCED_MR, "SOPInstanceUID": "1.2.3", "Rows": 3, "Columns": 5, "SamplesPerPixel": 1,
        "PhotometricInterpretation": draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"])), "BitsAllocated": width,
        "PixelPaddingValue": 7, **padding, keyword: pixels.tobytes(),
    })  # fmt: skip
    return make.encoded(content, syntax)


@st.composite
def bit_images(draw: st.DrawFn) -> bytes:
    """Frames of single bits that need not begin with a byte."""
    frames, rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 7))
    count = frames * rows * columns
    bits = np.array(draw(st.lists(st.integers(0, 1), min_size=count, max_size=count)), "u1")
    packed = np.packbits(bits, bitorder="little").reshape(1, -1)
    shape = {"NumberOfFrames": frames, "Rows": rows, "Columns": columns, "BitsAllocated": 1, "BitsStored": 1}
    return make.instance("MR", packed, **shape, HighBit=0)


@st.composite
def enhanced_images(draw: st.DrawFn) -> bytes:
    """Two frames whose window, VOI LUT and rescale are their own, shared, at the top level, or nowhere."""
    syntax = draw(st.sampled_from(NATIVE[:3]))
    windows = st.builds(
        lambda c, w, f: {"WindowCenter": [str(c), "1"], "WindowWidth": [str(w), "2"], "VOILUTFunction": f},
        st.integers(-200, 400), st.integers(1, 500), st.sampled_from(FUNCTIONS),
    )  # fmt: skip
    luts = st.builds(lambda one: {"VOILUTSequence": [one]}, tables(syntax, signed=False))
    rescales = st.builds(
        lambda m, b: {"RescaleSlope": repr(m), "RescaleIntercept": repr(b), "RescaleType": "US"},
        st.sampled_from([1.0, 0.5, 2.0]), st.sampled_from([0.0, 40.0]),
    )  # fmt: skip
    voi = draw(st.sampled_from([windows, luts]))

    def group() -> dict[str, Any]:
        chosen = {"FrameVOILUTSequence": voi, "PixelValueTransformationSequence": rescales}
        return {macro: [draw(one)] for macro, one in chosen.items() if draw(st.booleans())}

    pixels = np.frombuffer(draw(st.binary(min_size=30, max_size=30)), "u1").reshape(2, 3, 5).astype("<u2")
    top = {key: value for one in (voi, rescales) if draw(st.booleans()) for key, value in draw(one).items()}
    return make.instance(ENHANCED_MR, pixels, syntax=syntax, SharedFunctionalGroupsSequence=[group()],
        PerFrameFunctionalGroupsSequence=[group(), group()], **top)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(float_images() | bit_images() | enhanced_images(), st.sampled_from(["file", "auto", "40,400"]))
def test_no_pixel_of_a_made_up_float_bit_or_enhanced_image_differs(content, asked):
    assert_equal_pictures(content, asked)


@settings(max_examples=150, deadline=None)
@given(grey_images(), st.sampled_from(["file", "auto", "full", "40,400"]), st.sampled_from([8, 16]))
def test_no_pixel_of_a_made_up_grey_image_differs(content, asked, depth):
    assert_equal_pictures(content, asked, depth=depth)


@st.composite
def palette_images(draw: st.DrawFn) -> bytes:
    """An image of indices, or a monochrome one whose upper values have the colours of a supplemental palette."""
    syntax, dtype = draw(st.sampled_from(NATIVE[:3])), draw(st.sampled_from(["<u1", "<u2", "<i2"]))
    attributes: dict[str, Any] = {"PixelPaddingValue": draw(st.none() | st.integers(0, 255))}
    if draw(st.booleans()):
        attributes["PhotometricInterpretation"] = "PALETTE COLOR"
    else:
        attributes["PixelPresentation"] = draw(st.sampled_from(["COLOR", "MIXED", "MONOCHROME", None]))
    first = draw(st.integers(0, 250))
    for colour in COLOURS:
        found = draw(tables(syntax, signed=False, prefix=f"{colour}PaletteColorLookupTable"))
        found[f"{colour}PaletteColorLookupTableDescriptor"][1] = first
        attributes |= found
    pixels = np.array(draw(st.lists(st.integers(0, 255), min_size=15, max_size=15))).reshape(3, 5).astype(dtype)
    return make.instance("MR", pixels, syntax=syntax, **attributes)


@settings(max_examples=100, deadline=None)
@given(palette_images(), st.sampled_from(["auto", "40,400"]), st.sampled_from([8, 16]))
def test_no_pixel_of_a_made_up_palette_image_differs(content, asked, depth):
    assert_equal_pictures(content, asked, depth=depth)


@st.composite
def colour_images(draw: st.DrawFn) -> bytes:
    """RGB and YBR by pixel and by plane, subsampled or not, of 8 or 16 bits, with bits anywhere, signed by mistake."""
    size, columns = draw(st.sampled_from([1, 2])), draw(st.sampled_from([2, 4]))
    stored = draw(st.integers(1, 8 * size))
    kind = draw(st.sampled_from(["RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_RCT", "YBR_ICT"]))
    halved = kind.endswith("422") and draw(st.booleans())
    raw = draw(st.binary(min_size=3 * columns * 3 * size, max_size=3 * columns * 3 * size))
    pixels = np.frombuffer(raw, f"<u{size}").reshape(3, columns, 3)
    attributes = {
        "BitsStored": stored, "HighBit": draw(st.integers(stored - 1, 8 * size - 1)), "PhotometricInterpretation": kind,
        "PlanarConfiguration": 0 if halved else draw(st.sampled_from([0, 1])),
        "PixelRepresentation": draw(st.sampled_from([0, 1])),
    }  # fmt: skip
    if not halved:
        return make.instance("SC", pixels, syntax=draw(st.sampled_from(NATIVE[:3])), **attributes)
    shape = {"Rows": 3, "Columns": columns, "SamplesPerPixel": 3, "NumberOfFrames": 1}
    return make.instance(
        "SC", pixels.reshape(-1)[: 3 * columns * 2].reshape(1, 3, columns * 2, 1), **shape, **attributes
    )


@settings(max_examples=150, deadline=None)
@given(colour_images(), st.sampled_from([8, 16]))
def test_no_sample_of_a_made_up_colour_image_differs(content, depth):
    assert_equal_pictures(content, depth=depth)


def test_no_colour_of_the_whole_of_ybr_differs():
    cb, cr = np.meshgrid(np.arange(256), np.arange(256))
    for y in (0, 1, 77, 128, 254, 255):
        pixels = np.stack([np.full_like(cb, y), cb, cr], -1).astype("<u1")
        for kind in ("YBR_FULL", "YBR_PARTIAL_422"):
            assert_equal_pictures(make.instance("SC", pixels, PhotometricInterpretation=kind))
