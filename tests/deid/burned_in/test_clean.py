"""Text is found in every kind of frames, blanked, and looked for again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dicomconv.deid.burned_in.clean import Cleaned, PixelCleaner, Target
from dicomconv.deid.burned_in.detector import Line
from dicomconv.deid.burned_in.find import is_single_sign, merged, text_boxes
from dicomconv.deid.burned_in.pictures import GROUP, Look, pictures
from dicomconv.deid.burned_in.rules import RegionRule, RegionRules, our_rules
from dicomconv.deid.pixel_value import exact_pixel_value
from dicomconv.errors import Refused
from dicomconv.model import Box
from dicomconv.part10 import Parts
from dicomconv.pixels.decode import frames
from dicomconv.pixels.read import ImageAttributes
from tests.deid.burned_in.stub import Blind, SeesGhosts, WhiteIsText
from tests.pixels.pixel_files import format_of, image_file

ROWS, COLUMNS = 40, 60
TEXT = Box(10, 5, 30, 9)
NO_RULES = RegionRules(())


def speckle(count: int = 1, dtype: str = "u1") -> np.ndarray:
    """Frames of grey noise, nothing of it white, one dark and one bright pixel in each: (count, rows, columns)."""
    noise = np.random.default_rng(3).integers(20, 120, (count, ROWS, COLUMNS)).astype(dtype)
    noise[:, -1, -1] = 0
    return noise


def written(noise: np.ndarray, *which: int) -> np.ndarray:
    """With a white bar, a text as the stub sees it, in some frames."""
    noise = noise.copy()
    for index in which:
        noise[index, TEXT.top : TEXT.bottom, TEXT.left : TEXT.right] = 255
    return noise


def image(pixels: np.ndarray, **attributes) -> Parts:
    """A native grey image of several frames."""
    return image_file(pixels.tobytes(), Rows=ROWS, Columns=COLUMNS, NumberOfFrames=len(pixels), **attributes)


def cleaned(parts: Parts, detector, rules: RegionRules = NO_RULES, reviewed=None, *, sampled=False) -> Cleaned:
    header = parts.header()
    attributes = ImageAttributes(header, format_of(parts))
    cleaner = PixelCleaner(rules, detector, reviewed or {})
    return cleaner(exact_pixel_value(parts, header), header, attributes, "PixelData", Target("1.2.3", "1.2", sampled))


def after(result: Cleaned) -> np.ndarray:
    return np.stack(list(frames(result.redacted.format, result.redacted.value.span)))


def test_text_is_blanked_in_all_frames_and_nothing_else_changes():
    pixels = written(speckle(3), 0, 1, 2)
    result = cleaned(image(pixels), WhiteIsText())
    now = after(result)
    inside = np.zeros((ROWS, COLUMNS), bool)
    for box in result.boxes:
        inside[box.top : box.bottom, box.left : box.right] = True
    assert inside[TEXT.top : TEXT.bottom, TEXT.left : TEXT.right].all()
    assert (now[:, inside] == 0).all()
    assert np.array_equal(now[:, ~inside], pixels[:, ~inside])
    assert {box.by for box in result.boxes} == {"stub 1"}


@pytest.mark.parametrize("frame", [0, 3, 8, 11, 19])
def test_text_in_one_frame_of_a_cine_is_blanked_in_all(frame):
    result = cleaned(image(written(speckle(20), frame)), WhiteIsText())
    assert (after(result)[:, TEXT.top : TEXT.bottom, TEXT.left : TEXT.right] == 0).all()


def test_where_there_is_no_text_the_pixels_are_not_touched():
    assert cleaned(image(speckle(2)), Blind()) == Cleaned(None, ())


def test_measurements_are_spared():
    assert cleaned(image(written(speckle(), 0)), WhiteIsText("Depth 8 cm")) == Cleaned(None, ())


def test_text_that_is_found_whatever_is_blanked_refuses_the_instance():
    with pytest.raises(Refused, match="still found"):
        cleaned(image(speckle()), SeesGhosts())


def test_reviewed_boxes_take_the_place_of_all_finding():
    detector, box = WhiteIsText(), Box(0, 0, 5, 5, "reviewed")
    result = cleaned(image(written(speckle(), 0)), detector, our_rules(), {"1.2.3": (box,)})
    assert (result.boxes, detector.pictures) == ((box,), 0)
    assert (after(result)[0, :5, :5] == 0).all()
    assert (after(result)[0, TEXT.top : TEXT.bottom, TEXT.left : TEXT.right] == 255).all()
    assert cleaned(image(written(speckle(), 0)), detector, reviewed={"1.2.3": ()}) == Cleaned(None, ())


def test_rules_blank_without_any_text():
    rule = RegionRule("banner", blank=((0, 0, 0, 4),))
    result = cleaned(image(speckle()), Blind(), RegionRules((rule,)))
    assert result.boxes == (Box(0, 0, COLUMNS, 4, "rule banner"),)
    assert (after(result)[0, :4] == 0).all()


def region(left: int, top: int, right: int, bottom: int) -> Dataset:
    item = Dataset()
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


ULTRASOUND = RegionRules((RegionRule("us", ultrasound_regions=True),))


def test_all_outside_of_ultrasound_regions_is_blanked_but_measurements():
    parts = image(written(speckle(), 0), SequenceOfUltrasoundRegions=[region(20, 15, 55, 38)])
    now = after(cleaned(parts, WhiteIsText(), ULTRASOUND))[0]
    spared = after(cleaned(parts, WhiteIsText("MI 1.2"), ULTRASOUND))[0]
    before = written(speckle(), 0)[0]
    assert np.array_equal(now[15:39, 20:56], before[15:39, 20:56])
    assert not now[:15].any()
    assert not now[:, :20].any()
    assert (spared[TEXT.top : TEXT.bottom, TEXT.left : TEXT.right] == 255).all()
    assert not spared[:5].any()


def test_faint_text_on_16_bits_shows_beside_a_few_very_bright_pixels():
    pixels = speckle(dtype="u2")
    pixels[0, TEXT.top : TEXT.bottom, TEXT.left : TEXT.right] = 300
    pixels[0, 20, 20] = 60000
    parts = image(pixels, BitsAllocated=16, BitsStored=16, HighBit=15)
    shown = [one.picture for same in looks(parts) for one in same]
    contrast = [int(one[6, 15]) - int(one[30, 15]) for one in shown]
    assert max(contrast) > 100


def looks(parts: Parts) -> list[list[Look]]:
    return list(pictures(parts.pixels, attributes_of(parts), sampled=False, closely=True))


def attributes_of(parts: Parts) -> ImageAttributes:
    return ImageAttributes(parts.header(), format_of(parts))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3 * GROUP), st.data())
def test_a_white_bar_in_any_frame_is_in_some_picture(count, data):
    frame = data.draw(st.integers(0, count - 1))
    parts = image(written(speckle(count), frame))
    boxes = text_boxes(parts.pixels, attributes_of(parts), WhiteIsText(), sampled=False)
    assert any(box.meets(TEXT) for box in boxes)


def test_padding_does_not_hide_text():
    pixels = speckle(dtype="i2") * 2
    pixels[0, TEXT.top : TEXT.bottom, TEXT.left : TEXT.right] = 600
    pixels[0, :, 50:] = -32768
    parts = image(pixels, BitsAllocated=16, BitsStored=16, HighBit=15, PixelRepresentation=1, PixelPaddingValue=-32768)
    [(plain, _), *_] = looks(parts)[0]
    assert plain[6, 15] == 255
    assert int(plain[30, 15]) > 5


boxes = st.lists(
    st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h, "a"), *[st.integers(0, 30)] * 2, *[st.integers(1, 9)] * 2),
    max_size=8,
)


@given(boxes)
def test_merging_boxes_uncovers_nothing_and_covers_little_more(found):
    def mask(several):
        covered = np.zeros((50, 50), bool)
        for box in several:
            covered[box.top : box.bottom, box.left : box.right] = True
        return covered

    before, after_ = mask(found), mask(merged(found))
    assert not (before & ~after_).any()
    assert after_.sum() <= 1.6 * before.sum()


def line(left: int, text: str, width: int = 8) -> Line:
    return Line(Box(left, 0, left + width, 10), text, 0.9)


def test_a_sign_that_stands_alone_says_nothing_and_one_of_several_does():
    alone = line(0, "A")
    assert is_single_sign(alone, [alone])
    near, far = [line(0, "D"), line(20, "O"), line(40, "E")], [line(0, "D"), line(200, "Depth", 60)]
    assert not any(is_single_sign(one, near) for one in near)
    assert is_single_sign(far[0], far)
    assert not is_single_sign(line(0, "", 40), [])
