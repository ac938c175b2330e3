import csv
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from dicomconv.declared import as_declared
from dicomconv.part10 import split
from dicomconv.pipeline.draw import reason_not_to_draw
from dicomconv.pipeline.views import drawing_of
from dicomconv.pixels.attributes import Window
from dicomconv.pixels.decode import frames, stored_format
from dicomconv.pixels.labels import BY_NUMBER, by_number, srgb_of_cielab
from dicomconv.pixels.read import ImageAttributes
from dicomconv.render import needs_range, parse_window, render, resolve
from tests import make
from tests.cli.command import call
from tests.pixels.pixel_files import format_of, parts_of
from tests.test_docs import PAGES, ROOT

SEGMENTATION, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
LABELS = parse_window("labels")
words = st.integers(0, 65535)


def cielab(lightness: float, a: float, b: float) -> list[int]:
    """PS3.3 C.10.7.1.1."""
    return [round(lightness / 100 * 65535), round((a + 128) / 255 * 65535), round((b + 128) / 255 * 65535)]


RED, GREEN = cielab(54.29, 80.81, 69.89), cielab(87.82, -79.27, 80.99)  # of sRGB's red and green under D50


def segmentation(kind: str, pixels: np.ndarray, *segments: int, colours: dict[int, list[int]], **more: Any) -> bytes:
    """Frames of these segments, whose colours are the ones given, or not said."""
    numbers = sorted({*segments, *colours})
    items = [{"SegmentNumber": n, "RecommendedDisplayCIELabValue": colours.get(n)} for n in numbers]
    groups = [{"SegmentIdentificationSequence": [{"ReferencedSegmentNumber": number}]} for number in segments]
    sop_class = LABEL_MAP if kind == "LABELMAP" else SEGMENTATION
    return make.instance(sop_class, pixels, SegmentationType=kind, SegmentSequence=items,
        PerFrameFunctionalGroupsSequence=groups, Modality="SEG", BurnedInAnnotation="NO", **more)  # fmt: skip


def drawn(content: bytes, asked: str = "labels") -> list[list]:
    parts = as_declared(split(content))
    format = format_of(parts)
    layout, meaning = stored_format(format), ImageAttributes(parts.header(), format)
    pictures = []
    for number, raw in enumerate(frames(format, parts.pixels), 1):
        attributes = meaning.frame(number)
        voi = resolve(parse_window(asked), attributes, layout, (0, 1))
        pictures.append(render(raw, layout, attributes, voi).tolist())
    return pictures


def binary(*segments: int, colours: dict[int, list[int]]) -> bytes:
    """Frames of 2 x 4 single bits, the last column set."""
    bits = np.array([[0, 0, 0, 1] * 2] * len(segments), "u1")
    packed = np.packbits(bits.ravel(), bitorder="little").reshape(1, -1)
    return segmentation("BINARY", packed, *segments, colours=colours, Rows=2, Columns=4, BitsAllocated=1, BitsStored=1,
        NumberOfFrames=len(segments))  # fmt: skip


def test_each_frame_of_a_binary_segmentation_has_the_colour_of_its_segment():
    row = [[0, 0, 0]] * 3
    expected = [[[*row, colour]] * 2 for colour in ([0, 255, 0], [255, 0, 0], [230, 159, 0])]
    pictures = drawn(binary(7, 2, 1, colours={2: RED, 7: GREEN}))
    assert np.abs(np.array(pictures) - expected).max() <= 1


def test_a_fraction_is_that_part_of_the_colour():
    pixels = np.array([[[0, 50, 100]]], "u1")
    content = segmentation("FRACTIONAL", pixels, 1, colours={1: RED}, MaximumFractionalValue=100)
    assert np.abs(np.array(drawn(content)[0]) - [[[0, 0, 0], [128, 0, 0], [255, 0, 0]]]).max() <= 1


def test_a_largest_fraction_that_cannot_be_takes_no_memory():
    pixels = np.array([[0, 128, 255]], "u1")
    dataset = pydicom.dcmread(BytesIO(segmentation("FRACTIONAL", pixels, 1, colours={1: RED})))
    dataset.add_new("MaximumFractionalValue", "UL", 4_000_000_000)
    parts = parts_of(dataset)
    assert len(ImageAttributes(parts.header(), format_of(parts)).frame(1).labels.red.entries) <= 65536


@pytest.mark.parametrize(("background", "first"), [(None, [0, 0, 0]), (9, [0, 255, 0])])
def test_the_values_of_a_label_map_are_numbers_of_segments(background, first):
    content = segmentation("LABELMAP", np.array([[[0, 1, 2, 9]]], "u1"), 1, colours={0: GREEN, 2: RED},
        PixelPaddingValue=background)  # fmt: skip
    ninth = [0, 0, 0] if background else [161, 111, 0]  # 70 % of the first
    assert np.abs(np.array(drawn(content)[0]) - [[first, [230, 159, 0], [255, 0, 0], ninth]]).max() <= 1


def test_a_label_map_of_16_bits_has_a_colour_for_every_number():
    content = segmentation("LABELMAP", np.array([[[300, 65535]]], "<u2"), 1, colours={300: RED})
    last = [np.floor(255 * part + 0.5) for part in by_number(65535)]
    assert np.abs(np.array(drawn(content)[0]) - [[[255, 0, 0], last]]).max() <= 1


def test_a_label_map_with_a_palette_has_its_colours():
    tables = {
        f"{colour}PaletteColorLookupTable{part}": value
        for number, colour in enumerate(("Red", "Green", "Blue"))
        for part, value in (("Descriptor", [2, 0, 8]), ("Data", bytes([number, 9 + number])))
    }
    content = segmentation("LABELMAP", np.array([[[0, 1]]], "u1"), 1, colours={1: RED}, **tables,
        PhotometricInterpretation="PALETTE COLOR")  # fmt: skip
    assert drawn(content) == [[[[0, 1, 2], [9, 10, 11]]]]


def test_other_windows_draw_segmentations_in_grey_and_labels_draws_other_images_as_the_file_says():
    assert drawn(binary(1, colours={}), "auto") == [[[0, 0, 0, 255]] * 2]
    content = make.ct_slice()
    assert drawn(content) == drawn(content, "file")


def test_the_colours_of_segments_do_not_wait_for_the_series():
    parts = as_declared(split(binary(1, colours={})))
    attributes = ImageAttributes(parts.header(), format_of(parts)).frame(1)
    assert [needs_range(parse_window(asked), attributes) for asked in ("labels", "file")] == [False, True]
    assert not isinstance(resolve(LABELS, attributes, format_of(parts), None), Window)


@pytest.mark.parametrize(("sop_class", "asked", "why"), [
    (SEGMENTATION, "file", "--window labels"), (SEGMENTATION, "labels", ""), (LABEL_MAP, "labels", ""),
    (LABEL_MAP, "auto", ""), ("1.2.840.10008.5.1.4.1.1.30", "labels", "--window auto"),
    ("1.2.840.10008.5.1.4.1.1.481.2", "labels", "--window auto"), ("1.2.840.10008.5.1.4.1.1.2", "labels", ""),
])  # fmt: skip
def test_what_is_no_picture_says_which_window_draws_it(sop_class, asked, why):
    [view] = drawing_of(asked).views
    reason = reason_not_to_draw(sop_class, view)
    assert why in reason
    assert bool(why) == bool(reason)


@given(words, words, words)
def test_every_cielab_value_is_a_colour(lightness, a, b):
    assert all(0 <= part <= 1 for part in srgb_of_cielab((lightness, a, b)))


def test_grey_has_no_colour_and_white_is_white():
    for lightness in (0, 20000, 65535):
        assert np.ptp(srgb_of_cielab((lightness, 0x8080, 0x8080))) < 2e-3
    assert srgb_of_cielab((65535, 0x8080, 0x8080)) == pytest.approx((1, 1, 1), abs=1e-3)


def test_little_cms_turns_cielab_into_the_same_srgb():
    encoded = np.array(np.meshgrid([20, 50, 80], [-40, 0, 40], [-40, 0, 40])).reshape(3, -1).T  # L*, a*, b*
    samples = np.stack([encoded[:, 0] * 255 / 100, encoded[:, 1] % 256, encoded[:, 2] % 256], -1).astype(np.uint8)
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
    theirs = np.asarray(
        ImageCms.applyTransform(Image.frombytes("LAB", (len(samples), 1), samples.tobytes()), transform)
    )
    ours = [255 * np.array(srgb_of_cielab(tuple(cielab(*one)))) for one in encoded]
    inside = np.all((theirs[0] > 0) & (theirs[0] < 255), axis=1)  # what is outside is clipped in different ways
    assert inside.sum() >= 15
    assert np.abs(theirs[0] - ours)[inside].max() <= 3


def test_the_colours_by_number_are_those_of_the_documentation():
    assert tuple(name for name in BY_NUMBER) == tuple(
        PAGES[ROOT / "docs/pixels.md"].split("| colour | `")[1].split("` |\n")[0].split("` | `")
    )
    assert by_number(9) == pytest.approx([0.7 * part for part in by_number(1)])
    assert by_number(25) == by_number(1)


def test_convert_and_render_draw_segmentations_in_colour(tmp_path):
    make.write(tmp_path / "in", {"seg.dcm": binary(1, 2, colours={2: RED})})
    done = call("convert", tmp_path / "in", "-o", tmp_path / "out", "--window", "labels")
    assert done.exit_code == 0, done.output
    assert call("render", tmp_path / "out", "-o", tmp_path / "again", "--window", "labels").exit_code == 0
    for folder in (tmp_path / "out", tmp_path / "again"):
        [table], pictures = list(folder.rglob("slices.csv")), sorted(folder.rglob("*.png"))
        found = [Image.open(path).getpixel((3, 1)) for path in pictures]
        assert np.abs(np.array(found) - [[230, 159, 0], [255, 0, 0]]).max() <= 1
        rows = list(csv.DictReader(table.open(encoding="utf-8")))
        assert {(row["window_center"], row["window_function"]) for row in rows} == {("", "LABELS")}
